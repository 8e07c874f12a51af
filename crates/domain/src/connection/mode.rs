//! Connection modes: to whom a connection will belong, decided when its URL is minted.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::text::InvalidText;

/// How a connection is scoped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionMode {
    /// It belongs to a subscriber.
    Subscriber,
    /// It belongs to a context, and to no subscriber.
    Shared,
}

/// Why no mode could be settled on. The texts are the wire's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModeError {
    /// `shared` was asked for, and no context given.
    #[error("context is required when connectionMode is \"shared\"")]
    ContextRequired,
    /// `subscriber` was asked for, and no subscriber given.
    #[error("subscriberId is required when connectionMode is \"subscriber\"")]
    SubscriberRequired,
    /// Neither was given.
    #[error("Either subscriberId or context must be provided")]
    OwnerRequired,
}

impl ConnectionMode {
    /// Settles the mode of a request. Where none was asked for, a subscriber decides for
    /// `subscriber`, else a context for `shared`.
    pub fn settle(
        asked: Option<Self>,
        has_subscriber: bool,
        has_context: bool,
    ) -> Result<Self, ModeError> {
        match (asked, has_subscriber, has_context) {
            (Some(Self::Shared), _, false) => Err(ModeError::ContextRequired),
            (Some(Self::Subscriber), false, _) => Err(ModeError::SubscriberRequired),
            (Some(mode), _, _) => Ok(mode),
            (None, true, _) => Ok(Self::Subscriber),
            (None, false, true) => Ok(Self::Shared),
            (None, false, false) => Err(ModeError::OwnerRequired),
        }
    }

    /// Whether the person who connects is linked when the request does not say.
    #[must_use]
    pub fn links_user_by_default(self) -> bool {
        self == Self::Subscriber
    }

    /// The mode's name on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Subscriber => "subscriber",
            Self::Shared => "shared",
        }
    }
}

impl fmt::Display for ConnectionMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ConnectionMode {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "subscriber" => Ok(Self::Subscriber),
            "shared" => Ok(Self::Shared),
            _ => Err(InvalidText("must be subscriber or shared".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ConnectionMode::*, *};

    #[test]
    fn the_asked_mode_needs_its_owner() {
        assert_eq!(
            ConnectionMode::settle(Some(Shared), true, false),
            Err(ModeError::ContextRequired)
        );
        assert_eq!(
            ConnectionMode::settle(Some(Subscriber), false, true),
            Err(ModeError::SubscriberRequired)
        );
        assert_eq!(ConnectionMode::settle(Some(Shared), true, true), Ok(Shared));
        assert_eq!(
            ConnectionMode::settle(Some(Subscriber), true, true),
            Ok(Subscriber)
        );
    }

    #[test]
    fn without_a_mode_the_subscriber_decides_then_the_context() {
        assert_eq!(ConnectionMode::settle(None, true, true), Ok(Subscriber));
        assert_eq!(ConnectionMode::settle(None, true, false), Ok(Subscriber));
        assert_eq!(ConnectionMode::settle(None, false, true), Ok(Shared));
        assert_eq!(
            ConnectionMode::settle(None, false, false),
            Err(ModeError::OwnerRequired)
        );
    }

    #[test]
    fn only_subscriber_mode_links_by_default() {
        assert!(Subscriber.links_user_by_default());
        assert!(!Shared.links_user_by_default());
    }
}
