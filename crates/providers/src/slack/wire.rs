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
