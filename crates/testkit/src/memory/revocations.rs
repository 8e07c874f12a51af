//! Revocations.

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    id::{EnvironmentId, RevocationId},
    page::{Page, PageRequest, Position},
    ports::{RevocationStore, StoreError},
    revocation::Revocation,
};

use super::{MemoryStorage, dangling, page_of};

#[async_trait]
impl RevocationStore for MemoryStorage {
    async fn insert(&self, revocation: &Revocation) -> Result<(), StoreError> {
        let mut tables = self.tables().await?;
        if !tables.has_environment(revocation.environment_id) {
            return Err(dangling("environment"));
        }
        if tables.revocations.iter().any(|r| r.id == revocation.id) {
            return Err(StoreError::Unavailable("the id is taken".into()));
        }
        tables.revocations.push(revocation.clone());
        Ok(())
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        id: RevocationId,
    ) -> Result<Option<Revocation>, StoreError> {
        let own = |r: &&Revocation| r.environment_id == environment && r.id == id;
        Ok(self.tables().await?.revocations.iter().find(own).cloned())
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        page: &PageRequest,
    ) -> Result<Page<Revocation>, StoreError> {
        let tables = self.tables().await?;
        let own = tables.revocations.iter();
        let own = own.filter(|r| r.environment_id == environment);
        Ok(page_of(own.cloned().collect(), page, |revocation| {
            Position {
                created_at: revocation.created_at,
                id: revocation.id.0,
            }
        }))
    }

    async fn claim_due(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Revocation>, StoreError> {
        let mut tables = self.tables().await?;
        let due = |r: &&mut Revocation| r.due_at.is_some_and(|due_at| due_at <= now);
        let mut due: Vec<_> = tables.revocations.iter_mut().filter(due).collect();
        due.sort_by_key(|r| (r.due_at, r.id));
        let claimed = due.into_iter().take(limit as usize).map(|stored| {
            stored.tries += 1;
            let claimed = stored.clone();
            stored.due_at = Some(until);
            claimed
        });
        Ok(claimed.collect())
    }

    async fn update(&self, revocation: &Revocation) -> Result<bool, StoreError> {
        let mut tables = self.tables().await?;
        let as_read = |stored: &&mut Revocation| {
            stored.environment_id == revocation.environment_id
                && stored.id == revocation.id
                && stored.tries == revocation.tries
        };
        let Some(stored) = tables.revocations.iter_mut().find(as_read) else {
            return Ok(false);
        };
        stored.items.clone_from(&revocation.items);
        stored.secrets.clone_from(&revocation.secrets);
        stored.due_at = revocation.due_at;
        stored.updated_at = revocation.updated_at;
        Ok(true)
    }

    async fn delete_ended(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let revocations = &mut self.tables().await?.revocations;
        let mut deleted = 0;
        revocations.retain(|r| {
            let ended = r.due_at.is_none() && r.updated_at < before;
            let goes = ended && deleted < u64::from(limit);
            deleted += u64::from(goes);
            !goes
        });
        Ok(deleted)
    }
}
