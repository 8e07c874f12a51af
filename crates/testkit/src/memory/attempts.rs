//! Connect attempts.

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    attempt::{AttemptStatus, ConnectAttempt, Failure},
    id::{EnvironmentId, FlowId},
    page::{Page, PageRequest, Position},
    ports::{AttemptFilter, AttemptStore, Claim, StoreError},
    reason::Reason,
};

use super::{MemoryStorage, dangling, page_of, passes};

#[async_trait]
impl AttemptStore for MemoryStorage {
    async fn claim(&self, attempt: &ConnectAttempt) -> Result<Claim, StoreError> {
        let attempts = &mut self.tables().await?.attempts;
        if let Some(stored) = attempts.get(&attempt.id) {
            return Ok(Claim::Lost(Box::new(stored.clone())));
        }
        attempts.insert(attempt.id, attempt.clone());
        Ok(Claim::Won)
    }

    async fn advance(
        &self,
        from: AttemptStatus,
        attempt: &ConnectAttempt,
    ) -> Result<Claim, StoreError> {
        let mut tables = self.tables().await?;
        let own = |stored: &&mut ConnectAttempt| stored.environment_id == attempt.environment_id;
        let Some(stored) = tables.attempts.get_mut(&attempt.id).filter(own) else {
            return Err(dangling("attempt"));
        };
        if stored.status != from {
            return Ok(Claim::Lost(Box::new(stored.clone())));
        }
        *stored = attempt.clone();
        Ok(Claim::Won)
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        id: FlowId,
    ) -> Result<Option<ConnectAttempt>, StoreError> {
        let own = |attempt: &&ConnectAttempt| attempt.environment_id == environment;
        Ok(self.tables().await?.attempts.get(&id).filter(own).cloned())
    }

    async fn find_anywhere(&self, id: FlowId) -> Result<Option<ConnectAttempt>, StoreError> {
        Ok(self.tables().await?.attempts.get(&id).cloned())
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &AttemptFilter,
        page: &PageRequest,
    ) -> Result<Page<ConnectAttempt>, StoreError> {
        let tables = self.tables().await?;
        let matching = tables.attempts.values().filter(|attempt| {
            let connection = attempt.connection_identifier.clone().map(String::from);
            attempt.environment_id == environment
                && passes(filter.status.as_ref(), Some(&attempt.status))
                && passes(
                    filter.integration_identifier.as_ref(),
                    Some(&attempt.integration_identifier),
                )
                && passes(
                    filter.subscriber_id.as_ref(),
                    attempt.subscriber_id.as_ref(),
                )
                && passes(filter.connection_identifier.as_ref(), connection.as_ref())
                && passes(filter.reason.as_ref(), attempt.reason.as_ref())
        });
        Ok(page_of(matching.cloned().collect(), page, |attempt| {
            Position {
                created_at: attempt.created_at,
                id: attempt.id.0,
            }
        }))
    }

    async fn fail_stale(
        &self,
        status: AttemptStatus,
        before: Timestamp,
        reason: Reason,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut tables = self.tables().await?;
        let stale = |a: &&mut ConnectAttempt| a.status == status && a.updated_at < before;
        let mut failed = 0;
        for attempt in tables.attempts.values_mut().filter(stale) {
            *attempt = attempt.clone().failed(&Failure::from(reason), now);
            failed += 1;
        }
        Ok(failed)
    }
}
