//! `tieline migrate`.

use crate::{config::Settings, logging, wiring};

pub(crate) async fn run(settings: &Settings) -> anyhow::Result<()> {
    logging::start(settings)?;
    let database = wiring::open(settings).await?;
    let report = database.migrate().await?;
    if report.applied.is_empty() {
        println!("The tables are up to date.");
    }
    for migration in &report.applied {
        println!("{} {}", migration.version, migration.description);
    }
    database.close().await;
    Ok(())
}
