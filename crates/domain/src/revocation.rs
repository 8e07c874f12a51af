//! Revocations: taking back at the provider what a deleted connection had there.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    attempt::Failure,
    connection::{ConnectionIdentifier, Workspace},
    id::{EnvironmentId, IntegrationId, RevocationId},
    provider::ProviderId,
    sealed::{Sealed, SealedColumn, SealedPlace},
};

/// The record of what became, at the provider, of a connection that was deleted here: its receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Its id.
    pub id: RevocationId,
    /// The environment of the connection.
    pub environment_id: EnvironmentId,
    /// The connection's identifier. Another connection may bear it by now.
    pub connection_identifier: ConnectionIdentifier,
    /// The integration through which it was made; it may be gone as well.
    pub integration_id: IntegrationId,
    /// That integration's identifier.
    pub integration_identifier: String,
    /// The provider.
    pub provider: ProviderId,
    /// The account there.
    pub workspace: Workspace,
    /// What was to be taken back, and what became of each.
    pub items: Vec<RevocationItem>,
    /// What it takes to try: the tokens and the app's credentials, sealed. None where they could
    /// not be opened, and from the end on.
    pub secrets: Option<Sealed>,
    /// How often it was tried.
    pub tries: u32,
    /// When it will be tried next; none from the end on.
    pub due_at: Option<Timestamp>,
    /// When the connection was deleted.
    pub created_at: Timestamp,
    /// When it last moved.
    pub updated_at: Timestamp,
}

/// Something that the provider gave and that is to be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevocationItem {
    /// What it is.
    pub subject: RevocationSubject,
    /// What became of it.
    pub outcome: RevocationOutcome,
    /// Why it was not taken back, or not yet.
    pub failure: Option<Failure>,
}

/// What a provider gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationSubject {
    /// The app's place in the workspace: its installation, or the consent to it.
    App,
    /// The app's own token.
    BotToken,
    /// The installing person's token.
    UserToken,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationOutcome {
    /// It is tried, or will be tried again.
    Pending,
    /// The provider took it back.
    Revoked,
    /// It was gone there already.
    AlreadyGone,
    /// Another connection leads to the same account and lives on it.
    Kept,
    /// The provider has no way to do it from outside: somebody there has to.
    Impossible,
    /// It was tried as often as it is tried.
    Failed,
}

/// How far a revocation came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationStatus {
    /// Something will be tried again.
    Pending,
    /// Nothing is left at the provider, or what is left is another connection's.
    Completed,
    /// Something is left that somebody else has to take back.
    Incomplete,
}

impl Revocation {
    /// How far it came.
    #[must_use]
    pub fn status(&self) -> RevocationStatus {
        let any = |outcomes: &[RevocationOutcome]| {
            self.items
                .iter()
                .any(|item| outcomes.contains(&item.outcome))
        };
        if self.due_at.is_some() {
            RevocationStatus::Pending
        } else if any(&[
            RevocationOutcome::Pending,
            RevocationOutcome::Impossible,
            RevocationOutcome::Failed,
        ]) {
            RevocationStatus::Incomplete
        } else {
            RevocationStatus::Completed
        }
    }

    /// Where its sealed secrets belong.
    #[must_use]
    pub fn secrets_place(&self) -> SealedPlace {
        SealedPlace {
            environment_id: self.environment_id,
            row: self.id.0,
            column: SealedColumn::RevocationSecrets,
            generation: 1,
        }
    }
}

impl RevocationStatus {
    /// Its name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Completed => "completed",
            Self::Incomplete => "incomplete",
        }
    }
}
