//! Where connect attempts are kept.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    attempt::{AttemptStatus, ConnectAttempt},
    id::{EnvironmentId, FlowId},
    page::{Page, PageRequest},
    ports::StoreError,
    reason::Reason,
    subscriber::SubscriberId,
};

/// The answer to a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The flow is the caller's to finish.
    Won,
    /// Somebody claimed it before; this is what became of it.
    Lost(Box<ConnectAttempt>),
}

/// Which attempts to list; what is absent does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttemptFilter {
    /// Those that came this far.
    pub status: Option<AttemptStatus>,
    /// Those through this integration, by its identifier.
    pub integration_identifier: Option<String>,
    /// Those for this subscriber.
    pub subscriber_id: Option<SubscriberId>,
    /// Those for this connection.
    pub connection_identifier: Option<String>,
    /// Those that ended for this reason.
    pub reason: Option<Reason>,
}

/// Keeps connect attempts, and by their ids sees to it that a flow is finished once.
#[async_trait]
pub trait AttemptStore: Send + Sync {
    /// Inserts an attempt. Of any number of callers with the same id, on any number of nodes,
    /// exactly one wins; its insert is durable when this returns.
    async fn claim(&self, attempt: &ConnectAttempt) -> Result<Claim, StoreError>;

    /// Replaces an attempt whose stored status is `from`. Of any number of callers, exactly one
    /// wins. The environment has the attempt, since none is deleted before it has ended; otherwise
    /// this is [`StoreError::Corrupt`].
    async fn advance(
        &self,
        from: AttemptStatus,
        attempt: &ConnectAttempt,
    ) -> Result<Claim, StoreError>;

    /// The environment's attempt of this id.
    async fn find(
        &self,
        environment: EnvironmentId,
        id: FlowId,
    ) -> Result<Option<ConnectAttempt>, StoreError>;

    /// The attempt of this id in whichever environment: for the page of the person, whose browser
    /// knows nothing but the id.
    async fn find_anywhere(&self, id: FlowId) -> Result<Option<ConnectAttempt>, StoreError>;

    /// A page of the environment's attempts.
    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &AttemptFilter,
        page: &PageRequest,
    ) -> Result<Page<ConnectAttempt>, StoreError>;

    /// Marks as failed, for `reason` and at `now`, every attempt of this status that last moved
    /// before `before`, in whichever environment, with a step
    /// [`crate::attempt::StepKind::Ended`] and without a word of the provider's; answers how many.
    async fn fail_stale(
        &self,
        status: AttemptStatus,
        before: Timestamp,
        reason: Reason,
        now: Timestamp,
    ) -> Result<u64, StoreError>;

    /// Deletes at most `limit` attempts, of whichever environment, that have ended and whose
    /// callback arrived before `before`; answers how many.
    async fn delete_ended(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
