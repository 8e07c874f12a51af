//! `tieline serve`.

use crate::{
    config::Settings,
    logging,
    server::{Server, termination},
};

pub(crate) async fn run(settings: &Settings) -> anyhow::Result<()> {
    logging::start(settings)?;
    Server::start(settings).await?.serve(termination()).await
}
