//! The audit log.

use async_trait::async_trait;
use tieline_domain::{
    audit::{AuditEntry, AuditEvent},
    id::EnvironmentId,
    page::{Page, PageRequest, Position},
    ports::{AuditFilter, AuditStore, StoreError},
};

use super::{MemoryStorage, Tables, dangling, page_of, passes};

#[async_trait]
impl AuditStore for MemoryStorage {
    async fn append(&self, entry: AuditEntry) -> Result<AuditEvent, StoreError> {
        let mut tables = self.tables().await?;
        if !tables.has_environment(entry.environment_id) {
            return Err(dangling("environment"));
        }
        if tables.audit_events.iter().any(|e| e.entry.id == entry.id) {
            return Err(StoreError::Unavailable("the id is taken".into()));
        }
        let last = tables.log(entry.environment_id).last();
        let event = entry.after(last.map(AuditEvent::head).unwrap_or_default());
        tables.audit_events.push(event.clone());
        Ok(event)
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditEvent>, StoreError> {
        let tables = self.tables().await?;
        let matching = tables.log(environment).filter(|event| {
            passes(filter.actor.as_ref(), Some(&event.entry.actor))
                && passes(filter.action.as_ref(), Some(&event.entry.action))
                && passes(filter.subject.as_ref(), Some(&event.entry.subject))
        });
        Ok(page_of(matching.cloned().collect(), page, |event| {
            Position {
                created_at: event.entry.at,
                id: event.entry.id,
            }
        }))
    }

    async fn list_after(
        &self,
        environment: EnvironmentId,
        sequence: u64,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        let tables = self.tables().await?;
        let later = tables.log(environment).filter(|e| e.sequence > sequence);
        Ok(later.take(limit as usize).cloned().collect())
    }
}

impl Tables {
    /// The log of an environment, in order.
    fn log(&self, environment: EnvironmentId) -> impl Iterator<Item = &AuditEvent> {
        let events = self.audit_events.iter();
        events.filter(move |event| event.entry.environment_id == environment)
    }
}
