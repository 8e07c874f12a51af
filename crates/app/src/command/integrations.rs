//! `tieline integrations`.

use std::{
    collections::BTreeMap,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Subcommand;
use tieline_domain::{provider::ProviderId, usecase::NewIntegration};

use crate::{
    command::{InEnvironment, broker},
    config::Settings,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Integrations {
    /// Make an integration
    ///
    /// Reads its credentials as one JSON object, so that no secret stands on a command line:
    /// {"clientId": "…", "secretKey": "…"}; optional are "redirectUrl", where the person is sent
    /// in the end, and, for msteams, "tenantId", if the app is for one tenant only.
    Create {
        #[command(flatten)]
        environment: InEnvironment,
        /// The provider: slack or msteams
        #[arg(long)]
        provider: ProviderId,
        /// The identifier under which requests will name it; without it, the provider's id
        #[arg(long)]
        identifier: Option<String>,
        /// What you call it; without it, the provider's name
        #[arg(long)]
        name: Option<String>,
        /// The file with the credentials; - for standard input
        #[arg(long, value_name = "FILE", default_value = "-")]
        credentials: PathBuf,
        /// Make it without letting it be used
        #[arg(long)]
        inactive: bool,
    },
    /// List the integrations, oldest first
    List {
        #[command(flatten)]
        environment: InEnvironment,
    },
}

impl Integrations {
    pub(crate) async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let broker = broker(settings).await?;
        match self {
            Self::Create {
                environment,
                provider,
                identifier,
                name,
                credentials,
                inactive,
            } => {
                let environment = environment.find(&broker).await?;
                let new = NewIntegration {
                    identifier: Some(identifier.unwrap_or_else(|| provider.to_string())),
                    provider,
                    name,
                    credentials: read_credentials(&credentials)?.into_iter().collect(),
                    active: !inactive,
                };
                let made = broker.create_integration(environment.id, new).await?;
                println!(
                    "{} ({}) is made in {}",
                    made.identifier, made.provider, environment.name
                );
                let policy = broker.providers.find(&made.provider).map(|p| &p.policy);
                if policy.is_some_and(|policy| policy.connect.is_some()) {
                    println!(
                        "Register this callback with the app: {}",
                        broker.redirect_uri
                    );
                }
            }
            Self::List { environment } => {
                let environment = environment.find(&broker).await?;
                for integration in broker.stores.integrations.list(environment.id).await? {
                    let state = if integration.active {
                        "active"
                    } else {
                        "inactive"
                    };
                    println!(
                        "{}  {:8}  {:8}  {}  {}",
                        integration.id,
                        integration.provider,
                        state,
                        integration.identifier,
                        integration.name
                    );
                }
            }
        }
        Ok(())
    }
}

fn read_credentials(path: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut text = String::new();
    if path.as_os_str() == "-" {
        std::io::stdin()
            .read_to_string(&mut text)
            .context("standard input cannot be read")?;
    } else {
        text = std::fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
    }
    // The parser's own error could quote a secret.
    serde_json::from_str(&text).map_err(|_| {
        anyhow::anyhow!(
            "the credentials must be one JSON object of texts: \
             {{\"clientId\": \"…\", \"secretKey\": \"…\"}}"
        )
    })
}
