//! `tieline serve`.

use clap::Args;

use crate::{
    config::Settings,
    logging,
    server::{Server, termination},
};

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Bring the tables of a Postgres database up to date first; of many nodes that do it, one does.
    /// Those of a SQLite file always are
    #[arg(long)]
    migrate: bool,
}

impl Serve {
    pub(crate) async fn run(self, mut settings: Settings) -> anyhow::Result<()> {
        settings.migrate = self.migrate;
        logging::start(&settings)?;
        Server::start(&settings).await?.serve(termination()).await
    }
}
