//! `tieline environments`.

use clap::Subcommand;

use crate::{command::broker, config::Settings};

#[derive(Debug, Subcommand)]
pub(crate) enum Environments {
    /// Make an environment
    Create {
        /// What people call it; the person who connects sees it
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// List the environments, oldest first
    List,
}

impl Environments {
    pub(crate) async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let broker = broker(settings).await?;
        match self {
            Self::Create { name } => {
                let environment = broker.create_environment(&name).await?;
                println!("{}  {}", environment.id, environment.name);
            }
            Self::List => {
                for environment in broker.stores.environments.list().await? {
                    println!("{}  {}", environment.id, environment.name);
                }
            }
        }
        Ok(())
    }
}
