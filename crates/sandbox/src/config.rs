//! What a sandbox is started with.

use std::net::{Ipv4Addr, SocketAddr};

use serde::Deserialize;
use url::Url;

use crate::botframework::Bot;
use crate::directory::{Tenant, Workspace, fictional_tenants, fictional_workspaces};
use crate::slack::SlackEvents;

/// What a sandbox is started with. The default listens on a free loopback
/// port, knows no app, and has a small fictional cast.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The address under which browsers and Tieline reach the sandbox, when it
    /// differs from `listen` (a container, a published port).
    pub public_url: Option<Url>,
    /// Slack apps that exist.
    pub slack_apps: Vec<SlackApp>,
    /// Where Slack apps receive events; an app that is not in it gets none.
    pub slack_events: Vec<SlackEvents>,
    /// Entra app registrations that exist.
    pub entra_apps: Vec<EntraApp>,
    /// Bots that receive activities.
    pub bots: Vec<Bot>,
    /// Slack workspaces one can install to.
    pub workspaces: Vec<Workspace>,
    /// Entra tenants one can consent for.
    pub tenants: Vec<Tenant>,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            public_url: None,
            slack_apps: Vec::new(),
            slack_events: Vec::new(),
            entra_apps: Vec::new(),
            bots: Vec::new(),
            workspaces: fictional_workspaces(),
            tenants: fictional_tenants(),
        }
    }
}

/// An app as registered at Slack ("Installing with OAuth", docs.slack.dev).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlackApp {
    /// `digits.digits` at the real Slack.
    pub client_id: String,
    /// The client secret.
    pub client_secret: String,
    /// Redirect URLs; a sub-directory of one is accepted too.
    pub redirect_uris: Vec<String>,
    /// Whether token rotation is on ("Using token rotation", docs.slack.dev).
    #[serde(default)]
    pub rotation: bool,
}

/// An app registration at Entra ("Admin consent on the Microsoft identity
/// platform", learn.microsoft.com).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntraApp {
    /// The application id, a GUID at the real Entra.
    pub client_id: String,
    /// The client secret.
    pub client_secret: String,
    /// Redirect URIs; they match exactly, case included.
    pub redirect_uris: Vec<String>,
}
