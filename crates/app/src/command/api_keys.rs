//! `tieline api-keys`.

use clap::Subcommand;
use jiff::{SignedDuration, Timestamp};
use tieline_domain::{
    api_key::{ApiKey, ApiKeyRight, ApiKeyRole},
    environment::Environment,
    id::ApiKeyId,
    usecase::NewApiKey,
};

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
        /// What it may do besides; `tokens:read` gets tokens, and sees them where others see a mask
        #[arg(long = "right", value_name = "RIGHT")]
        rights: Vec<ApiKeyRight>,
    },
    /// List the API keys, oldest first
    List {
        #[command(flatten)]
        environment: InEnvironment,
    },
    /// Make a key in another one's place: both work until the overlap ends
    Rotate {
        #[command(flatten)]
        environment: InEnvironment,
        /// The key's id, as `list` shows it
        id: ApiKeyId,
        /// For how many seconds the old key lives on
        #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
        overlap: u32,
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
                rights,
            } => {
                let environment = environment.find(&broker).await?;
                let rights = rights.into_iter().collect();
                let new = NewApiKey { name, role, rights };
                let made = broker.create_api_key(environment.id, new, None).await?;
                show_once(&environment, made);
            }
            Self::Rotate {
                environment,
                id,
                overlap,
            } => {
                let environment = environment.find(&broker).await?;
                let overlap = SignedDuration::from_secs(overlap.into());
                let made = broker
                    .rotate_api_key(environment.id, id, overlap, None)
                    .await?;
                show_once(&environment, made);
            }
            Self::List { environment } => {
                let environment = environment.find(&broker).await?;
                let now = broker.clock.now();
                for key in broker.list_api_keys(environment.id).await? {
                    println!("{}", line(&key, now));
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

fn show_once(environment: &Environment, (key, text): (ApiKey, String)) {
    eprintln!(
        "{} key {} of {}, shown this once:",
        key.role, key.id, environment.name
    );
    println!("{text}");
}

fn line(key: &ApiKey, now: Timestamp) -> String {
    let state = match key.expires_at {
        _ if key.revoked_at.is_some() => "revoked".to_owned(),
        Some(_) if !key.is_live(now) => "expired".to_owned(),
        Some(at) => format!("live until {at:.0}"),
        None => "live".to_owned(),
    };
    let used = key.last_used_at;
    let used = used.map_or("never used".to_owned(), |at| format!("used {at:.0}"));
    let rights: Vec<_> = key.rights.iter().map(|right| right.as_str()).collect();
    format!(
        "{}  {:7}  {:11}  {state:7}  {used}  {}  {}",
        key.id,
        key.role,
        rights.join(" "),
        key.hint,
        key.name
    )
}
