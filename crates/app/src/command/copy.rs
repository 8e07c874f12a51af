//! `tieline copy`.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, bail};
use clap::Args;
use tieline_domain::usecase::{CopyStep, CopyStorage, Moved};

use crate::{config::Settings, logging, wiring::Database};

/// After how many rows of a kind the progress is told.
const STEP: u64 = 10_000;

#[derive(Debug, Args)]
pub(crate) struct Copy {
    /// The database to copy, by its URL as in the setting `database_url`
    #[arg(long, value_name = "URL")]
    from: String,
    /// The database to copy it to: empty, or left behind by a copy that stopped
    #[arg(long, value_name = "URL")]
    to: String,
}

impl Copy {
    pub(crate) async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        logging::start(settings)?;
        if self.from == self.to {
            bail!("--from and --to are the same database");
        }
        let from = self.source(settings).await.context("--from")?;
        let to = Database::at(&self.to, settings).await.context("--to")?;
        to.migrate().await.context("--to")?;
        let mut progress = Progress::default();
        let mut tell = |step| progress.tell(step);
        let copied = CopyStorage {
            from: &from.stores(),
            to: &to.stores(),
            transactions: &*to.transactions(),
            tell: &mut tell,
        };
        let copied = copied.run().await;
        from.close().await;
        to.close().await;
        copied.context("the copy stopped; run it again, what is in stays in")?;
        progress.summarize();
        Ok(())
    }

    /// Opens the source, which is not made where it is missing, and not changed.
    async fn source(&self, settings: &Settings) -> anyhow::Result<Database> {
        let path = self.from.strip_prefix("sqlite://");
        if path.is_some_and(|path| !Path::new(path).exists()) {
            bail!("{} is not there", self.from);
        }
        let database = Database::at(&self.from, settings).await?;
        if !database.is_current().await? {
            bail!("its tables are not those of this version: run `tieline migrate` on it first");
        }
        Ok(database)
    }
}

/// How far each kind has come.
#[derive(Default)]
struct Progress(BTreeMap<Moved, Row>);

#[derive(Clone, Copy, Default)]
struct Row {
    seen: u64,
    written: u64,
    verified: u64,
}

impl Progress {
    fn tell(&mut self, step: CopyStep) {
        match step {
            CopyStep::Copied {
                kind,
                seen,
                written,
            } => {
                let row = self.0.entry(kind).or_default();
                row.written += written;
                if advance(&mut row.seen, seen) {
                    eprintln!("{} {} copied", row.seen, kind.as_str());
                }
            }
            CopyStep::Verified { kind, rows } => {
                let row = self.0.entry(kind).or_default();
                if advance(&mut row.verified, rows) {
                    eprintln!("{} {} compared", row.verified, kind.as_str());
                }
            }
        }
    }

    fn summarize(&self) {
        println!("{:18} {:>9} {:>9} {:>9}", "", "here", "new", "the same");
        for (kind, row) in &self.0 {
            let kind = kind.as_str();
            let Row {
                seen,
                written,
                verified,
            } = row;
            println!("{kind:18} {seen:>9} {written:>9} {verified:>9}");
        }
        println!("Every row was compared.");
    }
}

/// Adds to a count; answers whether it has passed another step.
fn advance(count: &mut u64, by: u64) -> bool {
    let before = *count / STEP;
    *count += by;
    *count / STEP > before
}
