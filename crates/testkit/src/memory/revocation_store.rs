//! Revocations.

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    id::{EnvironmentId, RevocationId},
    page::{Page, PageRequest},
    ports::{RevocationStore, StoreError},
    revocation::Revocation,
};

use super::{MemoryStorage, paging::page, tables::id_taken};

#[async_trait]
impl RevocationStore for MemoryStorage {
    async fn insert(&self, revocation: &Revocation) -> Result<(), StoreError> {
        self.write(|tables| {
            tables.check_environment(revocation.environment_id)?;
            if tables.revocations.get(&revocation.id).is_some() {
                return Err(id_taken());
            }
            tables.revocations.put(revocation.id, revocation.clone());
            Ok(())
        })
        .await
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        id: RevocationId,
    ) -> Result<Option<Revocation>, StoreError> {
        self.read(|tables| {
            tables
                .revocations
                .get(&id)
                .filter(|r| r.environment_id == environment)
                .cloned()
        })
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        request: &PageRequest,
    ) -> Result<Page<Revocation>, StoreError> {
        self.read(|tables| {
            let rows = tables
                .revocations
                .rows()
                .filter(|r| r.environment_id == environment);
            page(rows, request)
        })
    }

    async fn claim_due(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Revocation>, StoreError> {
        self.write(|tables| {
            let due = tables.revocations.rows();
            let due = due.filter(|r| r.due_at.is_some_and(|due_at| due_at <= now));
            let mut due: Vec<_> = due.cloned().collect();
            due.sort_unstable_by_key(|r| (r.due_at, r.id));
            due.truncate(limit as usize);
            for claimed in &mut due {
                claimed.tries += 1;
                let taken = Revocation {
                    due_at: Some(until),
                    ..claimed.clone()
                };
                tables.revocations.put(taken.id, taken);
            }
            Ok(due)
        })
        .await
    }

    async fn update(&self, revocation: &Revocation) -> Result<bool, StoreError> {
        self.write(|tables| {
            let row = tables.revocations.get_mut(&revocation.id).filter(|r| {
                r.environment_id == revocation.environment_id && r.tries == revocation.tries
            });
            let Some(row) = row else { return Ok(false) };
            row.items.clone_from(&revocation.items);
            row.secrets.clone_from(&revocation.secrets);
            row.due_at = revocation.due_at;
            row.updated_at = revocation.updated_at;
            Ok(true)
        })
        .await
    }

    async fn delete_ended(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(|tables| {
            let ended = tables.revocations.rows();
            let ended = ended.filter(|r| r.due_at.is_none() && r.updated_at < before);
            let mut ended: Vec<_> = ended.map(|r| (r.updated_at, r.id)).collect();
            ended.sort_unstable();
            ended.truncate(limit as usize);
            for (_, id) in &ended {
                tables.revocations.remove(id);
            }
            Ok(ended.len() as u64)
        })
        .await
    }
}
