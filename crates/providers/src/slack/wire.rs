//! Slack's replies ("oauth.v2.access method", docs.slack.dev). What is not named here is ignored.

use serde::Deserialize;

use crate::{http::Object, oauth2::Issued};

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

/// A token in another's place: a successful reply of `oauth.v2.access` to a refresh token, or of
/// `oauth.v2.exchange`. A person's token stands at the top as a bot's does.
#[derive(Deserialize)]
pub(super) struct Replaced {
    #[serde(flatten)]
    pub(super) issued: Issued,
    team: Option<Object<Account>>,
    enterprise: Option<Object<Account>>,
    is_enterprise_install: Option<bool>,
}

impl Replaced {
    /// The workspace or organization that it is for, if it says so.
    pub(super) fn owner(&self) -> Option<&str> {
        let (team, enterprise) = (self.team.as_ref(), self.enterprise.as_ref());
        let account = match self.is_enterprise_install {
            Some(true) => enterprise,
            _ => team.or(enterprise),
        };
        account.and_then(|Object(account)| account.id.as_deref())
    }
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
