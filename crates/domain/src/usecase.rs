//! The use cases: what Tieline does, one file each, as methods of [`crate::broker::Broker`].

use crate::{
    ports::{OpenError, ProviderError, StoreError},
    reason::Reason,
};

mod administer;
mod api_keys;
mod audit;
mod authenticate;
mod channel_connections;
mod channel_endpoints;
mod check_context;
mod check_credentials;
mod check_keys;
mod compare_scopes;
mod complete_connect;
mod contexts;
mod copy_storage;
mod delete_old;
mod disconnect;
mod import_connections;
mod integrations;
mod look_after;
mod mint_connect_url;
mod mint_link_url;
mod mint_reconnect_url;
mod plan_upkeep;
mod receive_event;
mod record_grant;
mod record_link;
mod retire_sealing_key;
mod rotate_sealing_key;
mod show_progress;
mod subscribers;
mod sweep_attempts;
mod vend_token;
mod verify_connection;

pub use api_keys::{MAX_OVERLAP, NewApiKey};
pub use audit::AuditCheck;
pub use channel_connections::{APP_ONLY, ImportedAuth, NewConnection};
pub use channel_endpoints::NewEndpoint;
pub use check_keys::check_keys;
pub use complete_connect::{Callback, Progress};
pub use contexts::ContextChange;
pub use copy_storage::{CopyError, CopyStep, CopyStorage, Moved};
pub use delete_old::Pace;
pub use import_connections::{Exported, ExportedKind, Implied, ImportOptions, ImportOutcome};
pub use integrations::{IntegrationChange, NewIntegration};
pub use mint_connect_url::{MintConnectUrl, MintedUrl};
pub use mint_link_url::MintLinkUrl;
pub use retire_sealing_key::{RetireError, SETTLING, StillNeeded, count_uses, still_needed};
pub use rotate_sealing_key::{RotateError, RotateSealingKey, Rotation, RotationStep};
pub use show_progress::Shown;
pub use subscribers::IfExists;
pub use vend_token::{DEFAULT_MIN_VALID_FOR, MAX_MIN_VALID_FOR, TokenRequest};

/// A request was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// Which reason of the catalogue.
    pub reason: Reason,
    /// The case at hand, naming the field or object.
    pub message: String,
    /// What is wrong with which field, where fields are to blame.
    pub fields: Vec<(String, String)>,
}

impl Refusal {
    /// A refusal with words of its own.
    #[must_use]
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            fields: Vec::new(),
        }
    }

    /// A refusal that names the fields that are to be mended.
    #[must_use]
    pub fn of_fields(fields: Vec<(String, String)>) -> Self {
        let told: Vec<_> = fields
            .iter()
            .map(|(name, told)| format!("{name} {told}"))
            .collect();
        Self {
            reason: Reason::ValidationFailed,
            message: told.join("; "),
            fields,
        }
    }

    /// The same for the members of one field.
    #[must_use]
    pub fn of_members(parent: &str, problems: Vec<(String, String)>) -> Self {
        let within = |(name, told)| (format!("{parent}.{name}"), told);
        Self::of_fields(problems.into_iter().map(within).collect())
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
    /// A provider refused what it was asked, or gave no answer.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// A connection's tokens are of no use any more: only a new consent, or other tokens, help.
    #[error("{0}")]
    Ended(Refusal),
    /// A stored secret did not open.
    #[error("a stored secret does not open")]
    Open(#[from] OpenError),
}

impl UseCaseError {
    /// The reason of the catalogue.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Refused(refusal) | Self::Ended(refusal) => refusal.reason,
            Self::Provider(error) => error.reason,
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
