//! `tieline quickstart`: everything in one, on sample data.

use std::{
    collections::{BTreeSet, HashSet},
    path::PathBuf,
    time::Duration,
};

use anyhow::Context;
use clap::Args;
use tieline_domain::{
    attempt::ConnectAttempt,
    audit::Actor,
    broker::Broker,
    environment::Environment,
    id::{EnvironmentId, FlowId},
    page::{From, Order, PageRequest},
    ports::AttemptFilter,
    provider::ProviderId,
    subscriber::{ProfilePatch, SubscriberId},
    usecase::{IfExists, MintConnectUrl, NewApiKey, NewIntegration},
};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    command::sandbox::{self, PROVIDERS},
    config::{DEFAULT_LOG, Settings},
    keys::write_private,
    logging,
    server::{Server, termination},
};

mod show;
mod walk;

use walk::Walk;

/// The sample subscriber.
const SUBSCRIBER: &str = "subscriber-123";

/// Where the sample API key is kept, for the curl commands that are printed at later starts.
const KEY_FILE: &str = "quickstart-api-key";

#[derive(Debug, Args)]
pub(crate) struct Quickstart {
    /// Click through the flows without a browser, print every step, and end
    #[arg(long)]
    walk: bool,
}

impl Quickstart {
    pub(crate) async fn run(self, mut settings: Settings) -> anyhow::Result<()> {
        if settings.log == DEFAULT_LOG {
            // The steps are what one wants to see here; the log would stand between them.
            "warn".clone_into(&mut settings.log);
        }
        logging::start(&settings)?;
        let sandbox = sandbox::start(&settings, false).await?;
        settings.slack_base_url = sandbox.slack_base_url();
        settings.entra_base_url = sandbox.entra_base_url();
        settings.graph_base_url = sandbox.graph_base_url();
        settings.bot_framework_base_url = sandbox.bot_framework_base_url();
        settings.allow_private_addresses = true;
        settings.migrate = true;

        let server = Server::start(&settings).await?;
        let broker = server.api.broker.acting_as(Actor::Operator);
        let installed_page = sandbox.url().join("installed")?;
        let sample = Sample::prepare(&broker, settings, installed_page).await?;
        let ended = CancellationToken::new();
        let mut serving = tokio::spawn(server.serve(ended.clone().cancelled_owned()));
        let guided = async {
            if self.walk {
                Walk::new(&sample)?.run().await
            } else {
                sample.accompany(&broker).await
            }
        };
        let outcome = tokio::select! {
            outcome = guided => outcome,
            served = &mut serving => return served?,
        };
        ended.cancel();
        serving.await??;
        sandbox.stop().await;
        outcome
    }
}

/// The sample data that a quickstart works on.
struct Sample {
    settings: Settings,
    environment: Environment,
    key: String,
    key_file: PathBuf,
    is_new: bool,
    /// Where apps are removed at the sandbox.
    installed_page: Url,
}

impl Sample {
    /// Makes what is missing.
    async fn prepare(
        broker: &Broker,
        settings: Settings,
        installed_page: Url,
    ) -> anyhow::Result<Self> {
        let environment = broker.first_environment().await?;
        for provider in PROVIDERS {
            make_integration(broker, environment.id, provider).await?;
        }
        let subscriber = SubscriberId::parse(SUBSCRIBER)?;
        let (profile, if_exists) = (ProfilePatch::default(), IfExists::Keep);
        broker
            .create_subscriber(environment.id, subscriber, profile, if_exists)
            .await?;
        let key_file = settings.data_dir.join(KEY_FILE);
        let is_new = !key_file.exists();
        if is_new {
            let new = NewApiKey {
                name: "quickstart".to_owned(),
                role: tieline_domain::api_key::ApiKeyRole::Admin,
                rights: BTreeSet::new(),
            };
            let (_, key) = broker.create_api_key(environment.id, new, None).await?;
            write_private(&key_file, key.as_bytes())
                .with_context(|| format!("{} cannot be written", key_file.display()))?;
        }
        let key = std::fs::read_to_string(&key_file)
            .with_context(|| format!("{} cannot be read", key_file.display()))?;
        Ok(Self {
            settings,
            environment,
            key: key.trim().to_owned(),
            key_file,
            is_new,
            installed_page,
        })
    }

    /// Prints what to do, and each connection as it comes, until the process is asked to end.
    async fn accompany(&self, broker: &Broker) -> anyhow::Result<()> {
        let ended = ended_attempts(broker, self.environment.id).await?;
        let told = ended.into_iter().map(|attempt| attempt.id).collect();
        let url = self.mint(broker, "slack").await?;
        self.print_welcome(&url);
        let watch = watch(broker, self.environment.id, told);
        tokio::select! {
            watched = watch => watched,
            () = termination() => Ok(()),
        }
    }

    async fn mint(&self, broker: &Broker, integration: &str) -> anyhow::Result<String> {
        let request = MintConnectUrl {
            integration_identifier: integration.to_owned(),
            subscriber_id: Some(SubscriberId::parse(SUBSCRIBER)?),
            ..MintConnectUrl::default()
        };
        let minted = broker
            .mint_connect_url(self.environment.id, request)
            .await?;
        Ok(minted.url)
    }

    fn print_welcome(&self, url: &str) {
        let api = self.settings.public_url();
        let api = api.as_str().trim_end_matches('/');
        let key = if self.is_new {
            println!(
                "Made a sample environment in {}.",
                self.settings.data_dir.display()
            );
            println!(
                "Its API key, shown this once (kept in {}):",
                self.key_file.display()
            );
            println!("\n  {}\n", self.key);
            self.key.clone()
        } else {
            println!(
                "Going on with the sample environment in {}.",
                self.settings.data_dir.display()
            );
            format!("$(cat {})", self.key_file.display())
        };
        println!("Ask for a connect URL, as your back end would:\n");
        println!("  curl -X POST {api}/v1/integrations/channel-connections/oauth \\");
        println!("    -H \"Authorization: ApiKey {key}\" \\");
        println!("    -H \"Content-Type: application/json\" \\");
        println!(
            "    -d '{{\"subscriberId\": \"{SUBSCRIBER}\", \"integrationIdentifier\": \"slack\"}}'\n"
        );
        println!(
            "(or \"msteams\"). Or open this one, as your customer would, within five minutes:\n"
        );
        println!("  {url}\n");
        println!(
            "Where the app is installed then, you remove it again, as your customer would, at\n"
        );
        println!("  {}\n", self.installed_page);
        println!(
            "and its connection is revoked. The API is described at {api}/docs. Ctrl-C ends.\n"
        );
    }
}

async fn make_integration(
    broker: &Broker,
    environment: EnvironmentId,
    provider: &str,
) -> anyhow::Result<()> {
    if broker
        .stores
        .integrations
        .find(environment, provider)
        .await?
        .is_some()
    {
        return Ok(());
    }
    let credentials = sandbox::credentials(provider).into_iter();
    let new = NewIntegration {
        provider: ProviderId::parse(provider)?,
        identifier: Some(provider.to_owned()),
        name: None,
        credentials: credentials
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .collect(),
        active: true,
    };
    broker.create_integration(environment, new).await?;
    Ok(())
}

/// How often the attempts are looked at.
const WATCH_INTERVAL: Duration = Duration::from_millis(300);

/// How many of the newest attempts are looked at.
const WATCHED: u32 = 50;

/// Prints each attempt that ends from now on.
async fn watch(
    broker: &Broker,
    environment: EnvironmentId,
    mut told: HashSet<FlowId>,
) -> anyhow::Result<()> {
    let mut interval = tokio::time::interval(WATCH_INTERVAL);
    loop {
        interval.tick().await;
        for attempt in ended_attempts(broker, environment).await? {
            if told.insert(attempt.id) {
                show::attempt(broker, &attempt).await?;
            }
        }
    }
}

/// The newest attempts that have ended, oldest first.
async fn ended_attempts(
    broker: &Broker,
    environment: EnvironmentId,
) -> anyhow::Result<Vec<ConnectAttempt>> {
    let request = PageRequest {
        limit: WATCHED,
        from: From::Start,
        order: Order::Descending,
        total: None,
    };
    let page = broker
        .stores
        .attempts
        .list(environment, &AttemptFilter::default(), &request)
        .await?;
    let ended = page
        .items
        .into_iter()
        .filter(|attempt| attempt.status.has_ended());
    Ok(ended.rev().collect())
}
