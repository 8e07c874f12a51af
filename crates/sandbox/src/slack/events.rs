//! The Events API: what Slack tells an app about its installations ("The Events
//! API" and "Verifying requests from Slack", docs.slack.dev).

mod envelope;
mod event;
mod lifecycle;
mod signature;

use serde::Deserialize;
use url::Url;

pub use event::{SlackEvent, SlackEventKind};
pub(crate) use event::{again, letter};
pub(crate) use lifecycle::{end_authorization, end_authorizations, uninstall};
pub use signature::EventFlaw;

/// Where an app receives its events, and how they are signed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlackEvents {
    /// The app.
    pub client_id: String,
    /// Its request URL; only a loopback address is ever called.
    pub url: Url,
    /// The signing secret.
    pub signing_secret: String,
    /// Which event comes first when the app is uninstalled; Slack promises
    /// neither.
    #[serde(default)]
    pub order: EventOrder,
}

/// Which of the two events of an uninstallation comes first. The second one
/// leaves when the first one has been answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventOrder {
    /// `app_uninstalled`, then `tokens_revoked`.
    #[default]
    UninstalledFirst,
    /// `tokens_revoked`, then `app_uninstalled`.
    TokensRevokedFirst,
}
