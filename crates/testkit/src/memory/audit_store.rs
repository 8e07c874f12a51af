//! The audit log.

use async_trait::async_trait;
use tieline_domain::{
    audit::{AuditEntry, AuditEvent},
    id::EnvironmentId,
    page::{Page, PageRequest},
    ports::{AuditFilter, AuditStore, StoreError},
};

use super::{
    MemoryStorage,
    paging::page,
    passes,
    tables::{Tables, id_taken},
};

#[async_trait]
impl AuditStore for MemoryStorage {
    async fn append(&self, entry: AuditEntry) -> Result<AuditEvent, StoreError> {
        self.write(|tables| {
            tables.check_environment(entry.environment_id)?;
            if tables.audit_events.get(&entry.id).is_some() {
                return Err(id_taken());
            }
            let last = log(tables, entry.environment_id).max_by_key(|event| event.sequence);
            let event = entry.after(last.map(AuditEvent::head).unwrap_or_default());
            tables.audit_events.put(event.entry.id, event.clone());
            Ok(event)
        })
        .await
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &AuditFilter,
        request: &PageRequest,
    ) -> Result<Page<AuditEvent>, StoreError> {
        self.read(|tables| {
            let rows = log(tables, environment).filter(|event| fits(&event.entry, filter));
            page(rows, request)
        })
    }

    async fn list_after(
        &self,
        environment: EnvironmentId,
        sequence: u64,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        self.read(|tables| {
            let later = log(tables, environment).filter(|event| event.sequence > sequence);
            let mut later: Vec<_> = later.collect();
            later.sort_unstable_by_key(|event| event.sequence);
            later.into_iter().take(limit as usize).cloned().collect()
        })
    }
}

/// The log of an environment, in no order.
fn log(tables: &Tables, environment: EnvironmentId) -> impl Iterator<Item = &AuditEvent> {
    let events = tables.audit_events.rows();
    events.filter(move |event| event.entry.environment_id == environment)
}

fn fits(entry: &AuditEntry, filter: &AuditFilter) -> bool {
    passes(filter.actor.as_ref(), Some(&entry.actor))
        && passes(filter.action.as_ref(), Some(&entry.action))
        && passes(filter.subject.as_ref(), Some(&entry.subject))
}
