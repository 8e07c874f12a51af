//! `tieline migrate`.

use crate::{config::Settings, logging, wiring::Database};

pub(crate) async fn run(settings: &Settings) -> anyhow::Result<()> {
    logging::start(settings)?;
    let database = Database::open(settings).await?;
    let applied = database.migrate().await?;
    if applied.is_empty() {
        println!("The tables are up to date.");
    }
    for (version, description) in &applied {
        println!("{version} {description}");
    }
    database.close().await;
    Ok(())
}
