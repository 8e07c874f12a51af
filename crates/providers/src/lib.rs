//! How each provider is really talked to: one module a provider, with what it demands and allows
//! (`policy`), how it is called (`client`) and what it answers (`wire`). What they share of OAuth
//! is in [`oauth2`], what they share of HTTP in [`http`].
#![deny(missing_docs)]

pub mod http;
pub mod msteams;
pub mod oauth2;
pub mod slack;
pub mod without_oauth;

use std::sync::Arc;

use tieline_domain::{
    ports::{Clock, ProviderClient, Timer},
    provider::{Provider, ProviderId, ProviderPolicy, Providers},
};
use url::Url;

pub use http::{Egress, EgressPolicy, EgressSetupError};

/// Where the providers are. Elsewhere than usual: the sandbox, and clouds of their own kind
/// (`slack-gov.com`, `login.microsoftonline.us` with `graph.microsoft.us`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderEndpoints {
    /// Slack's pages and its Web API.
    pub slack: Url,
    /// Microsoft Entra ID.
    pub entra: Url,
    /// Microsoft Graph.
    pub graph: Url,
}

impl Default for ProviderEndpoints {
    fn default() -> Self {
        Self {
            slack: constant("https://slack.com"),
            entra: constant("https://login.microsoftonline.com"),
            graph: constant("https://graph.microsoft.com"),
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
    } = endpoints;
    let slack_client = slack::SlackClient::new(egress.clone(), Arc::clone(&clock), slack.clone());
    let teams_client =
        msteams::MsTeamsClient::new(egress, clock, timer, entra.clone(), graph.clone());
    let others = without_oauth::policies().into_iter().map(without_client);
    [
        with_client(slack::policy(slack), slack_client),
        with_client(msteams::policy(entra, graph), teams_client),
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
