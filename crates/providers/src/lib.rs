//! How each provider is really talked to: one module a provider, with what it demands and allows
//! (`policy`), how it is called (`client`) and what it answers (`wire`). What they share of OAuth
//! is in [`oauth2`], what they share of HTTP in [`http`]. [`vault`] is no provider, and called with
//! the same client.
#![deny(missing_docs)]

pub mod http;
pub mod msteams;
pub mod oauth2;
pub mod slack;
pub mod vault;
pub mod without_oauth;

use std::sync::Arc;

use tieline_domain::{
    ports::{Clock, EventReader, ProviderClient, Timer},
    provider::{Provider, ProviderId, ProviderPolicy, Providers},
};
use url::Url;

pub use http::{Egress, EgressPolicy, EgressSetupError};
pub use vault::{TransitKey, VaultKeyWrapper};

/// Where the providers are. Elsewhere than usual: the sandbox, and clouds of their own kind
/// (`slack-gov.com`, `login.microsoftonline.us` with `graph.microsoft.us` and
/// `login.botframework.azure.us`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderEndpoints {
    /// Slack's pages and its Web API.
    pub slack: Url,
    /// Microsoft Entra ID.
    pub entra: Url,
    /// Microsoft Graph.
    pub graph: Url,
    /// The OpenID metadata of Microsoft's Bot Framework.
    pub bot_framework: Url,
}

impl Default for ProviderEndpoints {
    fn default() -> Self {
        Self {
            slack: constant("https://slack.com"),
            entra: constant("https://login.microsoftonline.com"),
            graph: constant("https://graph.microsoft.com"),
            bot_framework: constant("https://login.botframework.com"),
        }
    }
}

/// All providers, each with whoever talks to it. This is the one place that names them.
#[must_use]
pub fn providers(
    endpoints: &ProviderEndpoints,
    egress: Egress,
    clock: Arc<dyn Clock>,
    timer: Arc<dyn Timer>,
) -> Providers {
    let ProviderEndpoints {
        slack,
        entra,
        graph,
        bot_framework,
    } = endpoints;
    let slack_client = slack::SlackClient::new(egress.clone(), Arc::clone(&clock), slack.clone());
    let bot_framework = msteams::BotFramework::at(bot_framework);
    let activities =
        msteams::TeamsActivities::new(egress.clone(), Arc::clone(&clock), bot_framework);
    let teams_client =
        msteams::MsTeamsClient::new(egress, clock, timer, entra.clone(), graph.clone());
    let others = without_oauth::policies().into_iter().map(without_client);
    [
        with_events(
            with_client(slack::policy(slack), slack_client),
            slack::SlackEvents,
        ),
        with_events(
            with_client(msteams::policy(entra, graph), teams_client),
            activities,
        ),
    ]
    .into_iter()
    .chain(others)
    .collect()
}

fn with_client(policy: ProviderPolicy, client: impl ProviderClient + 'static) -> Provider {
    Provider {
        policy: Arc::new(policy),
        client: Some(Arc::new(client)),
        events: None,
    }
}

fn with_events(provider: Provider, reader: impl EventReader + 'static) -> Provider {
    Provider {
        events: Some(Arc::new(reader)),
        ..provider
    }
}

fn without_client(policy: ProviderPolicy) -> Provider {
    Provider {
        policy: Arc::new(policy),
        client: None,
        events: None,
    }
}

fn constant(url: &'static str) -> Url {
    Url::parse(url).expect("a URL of ours is one")
}

fn provider_id(id: &'static str) -> ProviderId {
    ProviderId::parse(id).expect("a provider id of ours keeps the rule")
}
