//! Slack's replies ("oauth.v2.access method", docs.slack.dev). What is not named here is ignored.

use serde::Deserialize;

use crate::{
    http::Object,
    oauth2::{ExpiresIn, Scopes},
};

/// The members that every method's reply has.
#[derive(Deserialize)]
pub(super) struct Verdict {
    pub(super) ok: bool,
    pub(super) error: Option<String>,
}

/// A successful reply of `oauth.v2.access`.
#[derive(Deserialize)]
pub(super) struct Access {
    #[serde(flatten)]
    pub(super) issued: Issued,
    pub(super) bot_user_id: Option<String>,
    pub(super) team: Option<Object<Account>>,
    pub(super) enterprise: Option<Object<Account>>,
    pub(super) is_enterprise_install: Option<bool>,
    pub(super) authed_user: Option<Object<AuthedUser>>,
    pub(super) incoming_webhook: Option<Object<Webhook>>,
}

/// A successful reply of `auth.test`: for whom the token speaks.
#[derive(Deserialize)]
pub(super) struct Identity {
    team_id: Option<String>,
    enterprise_id: Option<String>,
    is_enterprise_install: Option<bool>,
}

impl Identity {
    /// The workspace, or the organization where the app was installed for a whole one.
    pub(super) fn owner(&self) -> Option<&str> {
        match self.is_enterprise_install {
            Some(true) => self.enterprise_id.as_deref(),
            _ => self.team_id.as_deref(),
        }
    }
}

/// A token with what belongs to it.
#[derive(Deserialize)]
pub(super) struct Issued {
    pub(super) access_token: Option<String>,
    pub(super) token_type: Option<String>,
    pub(super) scope: Option<Scopes>,
    pub(super) refresh_token: Option<String>,
    pub(super) expires_in: Option<ExpiresIn>,
}

/// A workspace, or an organization of workspaces.
#[derive(Deserialize)]
pub(super) struct Account {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
}

/// The person who installed the app, with their own token where user scopes were asked for.
#[derive(Deserialize)]
pub(super) struct AuthedUser {
    pub(super) id: Option<String>,
    #[serde(flatten)]
    pub(super) issued: Issued,
}

/// The incoming webhook of the channel that the person chose.
#[derive(Deserialize)]
pub(super) struct Webhook {
    pub(super) url: String,
    pub(super) channel: Option<String>,
    pub(super) channel_id: Option<String>,
}
