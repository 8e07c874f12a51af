//! `tieline subscribers`.

use clap::Subcommand;
use tieline_domain::{
    subscriber::{ProfilePatch, SubscriberId},
    usecase::IfExists,
};

use crate::{
    command::{InEnvironment, broker},
    config::Settings,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Subscribers {
    /// Make a subscriber; harmless if it is there
    Create {
        #[command(flatten)]
        environment: InEnvironment,
        /// Your product's own id of the user
        #[arg(value_name = "SUBSCRIBER_ID")]
        subscriber_id: SubscriberId,
    },
}

impl Subscribers {
    pub(crate) async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let broker = broker(settings).await?;
        let Self::Create {
            environment,
            subscriber_id,
        } = self;
        let environment = environment.find(&broker).await?;
        let (_, new) = broker
            .create_subscriber(
                environment.id,
                subscriber_id.clone(),
                ProfilePatch::default(),
                IfExists::Keep,
            )
            .await?;
        println!(
            "{subscriber_id} {}",
            if new { "is made" } else { "was there already" }
        );
        Ok(())
    }
}
