//! Connect attempts: the record of a flow from the moment its callback arrived.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    connection::{ConnectionIdentifier, ConnectionMode, Workspace},
    context::ContextKeys,
    flow::{Flow, Purpose},
    id::{EnvironmentId, FlowId, IntegrationId},
    integration::Integration,
    provider::ProviderId,
    reason::Reason,
    subscriber::SubscriberId,
    text::InvalidText,
};

/// The record of a flow whose callback arrived. Its existence is what makes a state one-use, so it
/// outlives the state, see [`crate::flow::STATE_LIFETIME`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectAttempt {
    /// The flow's id; the reference code that the person sees.
    pub id: FlowId,
    /// The environment it belongs to.
    pub environment_id: EnvironmentId,
    /// The integration through which it runs.
    pub integration_id: IntegrationId,
    /// That integration's identifier.
    pub integration_identifier: String,
    /// The provider.
    pub provider: ProviderId,
    /// What was to come of it.
    pub purpose: Purpose,
    /// The subscriber it was minted for.
    pub subscriber_id: Option<SubscriberId>,
    /// The contexts it was minted for.
    pub context_keys: ContextKeys,
    /// To whom the connection was to belong.
    pub mode: ConnectionMode,
    /// How far it came.
    pub status: AttemptStatus,
    /// Why it ended without a connection.
    pub reason: Option<Reason>,
    /// The provider's own word for it, made safe to show to the product.
    pub provider_error: Option<String>,
    /// The connection that came of it; until then, the identifier that was asked for.
    pub connection_identifier: Option<ConnectionIdentifier>,
    /// The name (else the id) of the workspace or tenant that was connected.
    pub workspace_name: Option<String>,
    /// What happened, in order.
    pub steps: Vec<Step>,
    /// When its callback arrived.
    pub created_at: Timestamp,
    /// When it last moved.
    pub updated_at: Timestamp,
}

impl ConnectAttempt {
    /// The record of a flow whose callback arrived `now`, claimed `by` it for the code's exchange.
    #[must_use]
    pub fn claimed(flow: &Flow, integration: &Integration, now: Timestamp, by: Uuid) -> Self {
        Self {
            id: flow.id,
            environment_id: flow.environment_id,
            integration_id: flow.integration_id,
            integration_identifier: integration.identifier.clone(),
            provider: integration.provider.clone(),
            purpose: flow.purpose,
            subscriber_id: flow.subscriber_id.clone(),
            context_keys: flow.context_keys.clone(),
            mode: flow.mode,
            status: AttemptStatus::Exchanging,
            reason: None,
            provider_error: None,
            connection_identifier: flow.connection_identifier.clone(),
            workspace_name: None,
            steps: vec![
                Step {
                    kind: StepKind::Minted,
                    at: flow.issued_at,
                    by: None,
                },
                Step {
                    kind: StepKind::Returned,
                    at: now,
                    by: Some(by),
                },
            ],
            created_at: now,
            updated_at: now,
        }
    }

    /// The attempt after it consented and was sent on to sign in.
    #[must_use]
    pub fn awaiting_sign_in(mut self, now: Timestamp) -> Self {
        self.step(StepKind::ConsentGranted, now);
        self.status = AttemptStatus::AwaitingSignIn;
        self
    }

    /// The attempt after the person came back from signing in, claimed `by` that callback.
    #[must_use]
    pub fn signed_in(mut self, now: Timestamp, by: Uuid) -> Self {
        self.steps.push(Step {
            kind: StepKind::SignedIn,
            at: now,
            by: Some(by),
        });
        self.updated_at = now;
        self.status = AttemptStatus::Exchanging;
        self
    }

    /// The attempt after its connection, or its link, was stored.
    #[must_use]
    pub fn completed(
        mut self,
        identifier: Option<ConnectionIdentifier>,
        workspace: &Workspace,
        now: Timestamp,
    ) -> Self {
        self.step(StepKind::Exchanged, now);
        self.step(
            match self.purpose {
                Purpose::Connect => StepKind::Connected,
                Purpose::LinkUser => StepKind::Linked,
            },
            now,
        );
        self.status = AttemptStatus::Completed;
        self.connection_identifier = identifier;
        self.workspace_name = Some(
            workspace
                .name
                .clone()
                .unwrap_or_else(|| workspace.id.clone()),
        );
        self
    }

    /// The attempt after it ended without a connection.
    #[must_use]
    pub fn failed(mut self, failure: &Failure, now: Timestamp) -> Self {
        self.step(StepKind::Ended, now);
        self.status = match failure.reason {
            Reason::AccessDenied => AttemptStatus::Denied,
            _ => AttemptStatus::Failed,
        };
        self.reason = Some(failure.reason);
        self.provider_error.clone_from(&failure.provider_error);
        self
    }

    fn step(&mut self, kind: StepKind, at: Timestamp) {
        let by = None;
        self.steps.push(Step { kind, at, by });
        self.updated_at = at;
    }
}

/// Why a flow ended without a connection, or a connection is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Our reason.
    pub reason: Reason,
    /// The provider's own word for it, made safe to show.
    pub provider_error: Option<String>,
}

impl From<Reason> for Failure {
    fn from(reason: Reason) -> Self {
        Self {
            reason,
            provider_error: None,
        }
    }
}

/// How far an attempt came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptStatus {
    /// Its callback was claimed, and the provider is being asked.
    Exchanging,
    /// Consent was given; the person is at the sign-in page.
    AwaitingSignIn,
    /// A connection came of it.
    Completed,
    /// The person declined.
    Denied,
    /// It failed.
    Failed,
}

impl AttemptStatus {
    /// All statuses.
    pub const ALL: [Self; 5] = [
        Self::Exchanging,
        Self::AwaitingSignIn,
        Self::Completed,
        Self::Denied,
        Self::Failed,
    ];

    /// The status's name on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exchanging => "exchanging",
            Self::AwaitingSignIn => "awaiting_sign_in",
            Self::Completed => "completed",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more will happen.
    #[must_use]
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Completed | Self::Denied | Self::Failed)
    }
}

impl fmt::Display for AttemptStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for AttemptStatus {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::as_str).join(", ");
                InvalidText(format!("must be one of {names}"))
            })
    }
}

/// Something that happened in an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What happened.
    pub kind: StepKind,
    /// When.
    pub at: Timestamp,
    /// The callback that did it, where one claims the flow with it: whoever lost the answer to a
    /// claim recognizes by this that it was theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Uuid>,
}

/// What can happen in an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// The URL was minted.
    Minted,
    /// The person came back from the consent page.
    Returned,
    /// The consent was given, and the person sent on to sign in.
    ConsentGranted,
    /// The person came back from the sign-in page.
    SignedIn,
    /// The provider exchanged the code.
    Exchanged,
    /// The connection was stored.
    Connected,
    /// The person was linked.
    Linked,
    /// It ended without a connection.
    Ended,
}

impl StepKind {
    /// The step's name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minted => "minted",
            Self::Returned => "returned",
            Self::ConsentGranted => "consent_granted",
            Self::SignedIn => "signed_in",
            Self::Exchanged => "exchanged",
            Self::Connected => "connected",
            Self::Linked => "linked",
            Self::Ended => "ended",
        }
    }
}
