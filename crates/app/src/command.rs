//! The commands, one file each.

pub(crate) mod api_keys;
pub(crate) mod audit;
pub(crate) mod copy;
pub(crate) mod doctor;
pub(crate) mod environments;
pub(crate) mod import;
pub(crate) mod integrations;
pub(crate) mod migrate;
#[cfg(feature = "sandbox")]
pub(crate) mod quickstart;
pub(crate) mod reference;
#[cfg(feature = "sandbox")]
pub(crate) mod sandbox;
pub(crate) mod sealing_keys;
pub(crate) mod serve;
pub(crate) mod subscribers;

use anyhow::bail;
use tieline_domain::{audit::Actor, broker::Broker, environment::Environment};

use crate::{config::Settings, logging, wiring::wire};

/// Which environment a command is about.
#[derive(Debug, clap::Args)]
pub(crate) struct InEnvironment {
    /// The environment, by name or id; without it, the oldest one
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
}

impl InEnvironment {
    async fn find(&self, broker: &Broker) -> anyhow::Result<Environment> {
        let first = broker.first_environment().await?;
        let Some(wanted) = &self.environment else {
            return Ok(first);
        };
        let all = broker.stores.environments.list().await?;
        let named = |e: &&Environment| e.name == *wanted || e.id.to_string() == *wanted;
        match all.iter().filter(named).collect::<Vec<_>>()[..] {
            [one] => Ok(one.clone()),
            [] => {
                bail!("there is no environment {wanted:?}; `tieline environments list` shows all")
            }
            _ => bail!("several environments are called {wanted:?}: name one by its id"),
        }
    }
}

/// The use cases, for a command that ends at once. What it does, the operator does.
async fn broker(settings: &Settings) -> anyhow::Result<Broker> {
    logging::start(settings)?;
    let wired = wire(settings).await?;
    Ok(wired.api.broker.acting_as(Actor::Operator))
}
