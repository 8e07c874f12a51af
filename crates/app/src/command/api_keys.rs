//! `tieline api-keys`.

use clap::Subcommand;
use tieline_domain::{api_key::ApiKeyRole, id::ApiKeyId, usecase::NewApiKey};

use crate::{
    command::{InEnvironment, broker},
    config::Settings,
};

#[derive(Debug, Subcommand)]
pub(crate) enum ApiKeys {
    /// Make an API key; it is shown this once
    Create {
        #[command(flatten)]
        environment: InEnvironment,
        /// What you call it
        #[arg(long, default_value = "default")]
        name: String,
        /// What it may do: read, connect or admin
        #[arg(long, default_value = "admin")]
        role: ApiKeyRole,
    },
    /// List the API keys, oldest first
    List {
        #[command(flatten)]
        environment: InEnvironment,
    },
    /// Revoke an API key, at once and for good
    Revoke {
        #[command(flatten)]
        environment: InEnvironment,
        /// The key's id, as `list` shows it
        id: ApiKeyId,
    },
}

impl ApiKeys {
    pub(crate) async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let broker = broker(settings).await?;
        match self {
            Self::Create {
                environment,
                name,
                role,
            } => {
                let environment = environment.find(&broker).await?;
                let new = NewApiKey { name, role };
                let (key, text) = broker.create_api_key(environment.id, new).await?;
                eprintln!(
                    "{} key {} of {}, shown this once:",
                    key.role, key.id, environment.name
                );
                println!("{text}");
            }
            Self::List { environment } => {
                let environment = environment.find(&broker).await?;
                for key in broker.api_keys.list(environment.id).await? {
                    let state = if key.revoked_at.is_some() {
                        "revoked"
                    } else {
                        "live"
                    };
                    println!(
                        "{}  {:7}  {state:7}  {}  {}",
                        key.id, key.role, key.hint, key.name
                    );
                }
            }
            Self::Revoke { environment, id } => {
                let environment = environment.find(&broker).await?;
                broker.revoke_api_key(environment.id, id).await?;
                println!("{id} is revoked");
            }
        }
        Ok(())
    }
}
