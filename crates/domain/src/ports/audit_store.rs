//! Where the audit log is kept.

use async_trait::async_trait;

use crate::{
    audit::{Actor, AuditAction, AuditEntry, AuditEvent},
    id::EnvironmentId,
    page::{Page, PageRequest},
    ports::StoreError,
};

/// Which events to list; what is absent does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Those of this actor.
    pub actor: Option<Actor>,
    /// Those of this action.
    pub action: Option<AuditAction>,
    /// Those of the object with this identifier.
    pub subject: Option<String>,
}

/// Keeps the audit log of each environment. What is in it is neither changed nor deleted: the
/// storage itself refuses to.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Adds an entry at the end of its environment's log ([`AuditEntry::after`]); fails if its id is
    /// in a log already. Those who add at once wait for each other, in a transaction until its end;
    /// the log has no gap and no fork. So a transaction adds last: one that goes on to write what
    /// another holds, which waits to add, would wait for that one, and neither would come to an
    /// end.
    async fn append(&self, entry: AuditEntry) -> Result<AuditEvent, StoreError>;

    /// A page of the environment's events, by the time at which they were made.
    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditEvent>, StoreError>;

    /// At most `limit` events of the environment that come after the place `sequence`, in order.
    async fn list_after(
        &self,
        environment: EnvironmentId,
        sequence: u64,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, StoreError>;
}
