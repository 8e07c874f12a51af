//! `tieline import`.

use std::process::ExitCode;

use clap::Subcommand;

use crate::config::Settings;

mod novu;
mod report;

#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Import connections, endpoints, contexts and subscribers out of Novu's answers
    ///
    /// Each file holds what Novu's API answered to GET /v1/channel-connections,
    /// /v1/channel-endpoints, /v2/contexts and /v2/subscribers: pages, arrays or single objects,
    /// one after the other, in any order. What each object is shows in its members. The
    /// integrations have to be here already.
    ///
    /// What is here and the same is left alone, so that an import can be repeated. Ends with 2 if
    /// something was refused, or, in a dry run, would be. docs/migrate-from-novu.md has the
    /// commands that export.
    Novu(novu::ImportNovu),
}

impl Import {
    pub(crate) async fn run(self, settings: &Settings) -> anyhow::Result<ExitCode> {
        match self {
            Self::Novu(import) => import.run(settings).await,
        }
    }
}
