//! The use cases: what Tieline does, one file each, as methods of [`crate::broker::Broker`].

use crate::{
    ports::{OpenError, StoreError},
    reason::Reason,
};

mod administer;
mod authenticate;
mod complete_connect;
mod mint_connect_url;
mod record_grant;
mod show_progress;
mod sweep_attempts;

pub use administer::{NewApiKey, NewIntegration};
pub use complete_connect::{Callback, Progress};
pub use mint_connect_url::{MintConnectUrl, MintedUrl};
pub use show_progress::Shown;

/// A request was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// Which reason of the catalogue.
    pub reason: Reason,
    /// The case at hand, naming the field or object.
    pub message: String,
}

impl Refusal {
    /// A refusal with words of its own.
    #[must_use]
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
        }
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self::new(reason, reason.what())
    }
}

/// Why a use case did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum UseCaseError {
    /// The request was refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored secret did not open.
    #[error("a stored secret does not open")]
    Open(#[from] OpenError),
}

impl UseCaseError {
    /// The reason of the catalogue.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Refused(refusal) => refusal.reason,
            Self::Store(StoreError::Unavailable(_)) => Reason::Unavailable,
            Self::Store(StoreError::Corrupt { .. }) | Self::Open(_) => Reason::Internal,
        }
    }
}

impl From<Reason> for UseCaseError {
    fn from(reason: Reason) -> Self {
        Self::Refused(reason.into())
    }
}
