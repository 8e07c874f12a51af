//! A token and whom it speaks for.

use crate::random;

/// Bot or user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Bot,
    User,
}

/// Whom a token speaks for: one app, in one place, as one (bot) user.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Holder {
    pub(crate) client_id: String,
    pub(crate) owner: String,
    pub(crate) kind: Kind,
    pub(crate) user: String,
}

impl Holder {
    /// Whether it belongs to this installation.
    pub(crate) fn is_of(&self, client_id: &str, owner: &str) -> bool {
        self.client_id == client_id && self.owner == owner
    }
}

/// A token as it is handed out.
#[derive(Debug, Clone)]
pub(crate) struct Issued {
    pub(crate) access_token: String,
    pub(crate) kind: Kind,
    pub(crate) scope: String,
    /// The refresh token and the seconds until the access token expires.
    pub(crate) rotation: Option<(String, i64)>,
}

/// An access token as Slack remembers it.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) holder: Holder,
    pub(crate) scope: String,
    pub(super) refresh: Option<String>,
    pub(super) expires_at: Option<i64>,
    /// Whether it was exchanged for a pair that rotates.
    pub(super) exchanged: bool,
    pub(super) number: usize,
    pub(super) standing: Standing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Live,
    Revoked,
    Uninstalled,
}

impl Token {
    /// Whether it is one of those that expire.
    pub(crate) fn is_rotating(&self) -> bool {
        self.expires_at.is_some()
    }

    pub(super) fn has_expired(&self, now: i64) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    /// Whether nobody ended it; it may have expired.
    pub(super) fn is_live(&self) -> bool {
        self.standing == Standing::Live
    }
}

pub(super) fn token_value(kind: Kind, rotation: bool) -> String {
    let kind = match kind {
        Kind::Bot => "xoxb",
        Kind::User => "xoxp",
    };
    let tail = random::alphanumeric(40);
    if rotation {
        format!("xoxe.{kind}-1-{tail}")
    } else {
        format!("{kind}-{tail}")
    }
}
