//! How a connection fares, as far as is known.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};

use crate::{attempt::Failure, connection::ChannelConnection, reason::Reason, text::InvalidText};

/// For how long it is believed that a provider still takes what it took.
pub const PROOF_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// How a connection fares: what is stored of it. What is told of it is its
/// [`ConnectionStatus`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// What is known.
    pub standing: Standing,
    /// What went wrong last; none while nothing did.
    pub failure: Option<Failure>,
    /// Since when it stands like that.
    pub since: Timestamp,
    /// When the provider last issued its tokens or took them; none for one that came about
    /// elsewhere and was never asked about.
    pub proved_at: Option<Timestamp>,
}

/// What is known of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing speaks against it.
    Good,
    /// A refresh ended without our learning how: the refresh token may be spent.
    InDoubt,
    /// Its tokens are dead, and the person has to consent again.
    ReauthRequired,
    /// The provider, or somebody there, ended it.
    Revoked,
}

/// How a connection is, at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionStatus {
    /// Its provider took it less than a day ago, or its token is to live on.
    Active,
    /// Nothing speaks against it, and nothing recent for it.
    Unverified,
    /// Its tokens are being replaced.
    Refreshing,
    /// A refresh ended without our learning how.
    InDoubt,
    /// The person has to consent again.
    ReauthRequired,
    /// It was ended at the provider.
    Revoked,
}

impl Health {
    /// Of a connection whose provider just issued its tokens.
    #[must_use]
    pub fn issued(now: Timestamp) -> Self {
        Self {
            proved_at: Some(now),
            ..Self::unproved(now)
        }
    }

    /// Of a connection that came about elsewhere.
    #[must_use]
    pub fn unproved(now: Timestamp) -> Self {
        Self {
            standing: Standing::Good,
            failure: None,
            since: now,
            proved_at: None,
        }
    }

    /// The same after the provider took the tokens.
    #[must_use]
    pub fn proved(self, now: Timestamp) -> Self {
        Self {
            proved_at: Some(now),
            failure: None,
            ..self.standing(Standing::Good, now)
        }
    }

    /// The same after something went wrong with it.
    #[must_use]
    pub fn failed(self, standing: Standing, failure: Failure, now: Timestamp) -> Self {
        Self {
            failure: Some(failure),
            ..self.standing(standing, now)
        }
    }

    fn standing(self, standing: Standing, now: Timestamp) -> Self {
        let since = if self.standing == standing {
            self.since
        } else {
            now
        };
        Self {
            standing,
            since,
            ..self
        }
    }

    /// Whether nothing but a new consent helps.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self.standing, Standing::ReauthRequired | Standing::Revoked)
    }
}

/// What a provider's answer to a token says of the connection; none where it says nothing that
/// lasts, or nothing of the connection.
#[must_use]
pub fn verdict(reason: Reason) -> Option<Standing> {
    match reason {
        Reason::TokenRevoked
        | Reason::AppRemoved
        | Reason::ConsentNotGranted
        | Reason::TenantNotFound => Some(Standing::Revoked),
        Reason::TokenInvalid | Reason::TokenExpired | Reason::WorkspaceMismatch => {
            Some(Standing::ReauthRequired)
        }
        _ => None,
    }
}

impl ChannelConnection {
    /// How the connection is at `now`. A lease that ran out without being given back is a refresh
    /// of which nobody knows how it ended.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> ConnectionStatus {
        match (self.health.standing, self.upkeep.leased_until) {
            (Standing::Revoked, _) => ConnectionStatus::Revoked,
            (Standing::ReauthRequired, _) => ConnectionStatus::ReauthRequired,
            (_, Some(until)) if until > now => ConnectionStatus::Refreshing,
            (Standing::InDoubt, _) | (_, Some(_)) => ConnectionStatus::InDoubt,
            (Standing::Good, None) if self.is_believed(now) => ConnectionStatus::Active,
            (Standing::Good, None) => ConnectionStatus::Unverified,
        }
    }

    fn is_believed(&self, now: Timestamp) -> bool {
        let lives_on = |at: Option<Timestamp>| at.is_some_and(|at| at > now);
        let proof_ends = self.health.proved_at.map(|at| at + PROOF_LIFETIME);
        let expiries = self.credentials.iter().map(|c| c.expires_at);
        let dead = expiries.clone().flatten().any(|at| at <= now);
        !dead && (lives_on(proof_ends) || (expiries.len() > 0 && expiries.clone().all(lives_on)))
    }
}

impl Standing {
    /// Its name in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::InDoubt => "in_doubt",
            Self::ReauthRequired => "reauth_required",
            Self::Revoked => "revoked",
        }
    }
}

impl FromStr for Standing {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [
            Self::Good,
            Self::InDoubt,
            Self::ReauthRequired,
            Self::Revoked,
        ]
        .into_iter()
        .find(|standing| standing.as_str() == text)
        .ok_or_else(|| InvalidText("must be the name of a standing".to_owned()))
    }
}

impl ConnectionStatus {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Active,
        Self::Unverified,
        Self::Refreshing,
        Self::InDoubt,
        Self::ReauthRequired,
        Self::Revoked,
    ];

    /// Its name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Unverified => "unverified",
            Self::Refreshing => "refreshing",
            Self::InDoubt => "in_doubt",
            Self::ReauthRequired => "reauth_required",
            Self::Revoked => "revoked",
        }
    }
}

impl fmt::Display for ConnectionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
