//! Connect attempts.

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    attempt::{AttemptStatus, ConnectAttempt, Failure},
    connection::ConnectionIdentifier,
    id::{EnvironmentId, FlowId},
    page::{Page, PageRequest},
    ports::{AttemptFilter, AttemptStore, Claim, StoreError},
    reason::Reason,
};

use super::{MemoryStorage, paging::page, passes, tables::Tables};

#[async_trait]
impl AttemptStore for MemoryStorage {
    async fn claim(&self, attempt: &ConnectAttempt) -> Result<Claim, StoreError> {
        self.write(|tables| {
            if let Some(stored) = tables.attempts.get(&attempt.id) {
                return Ok(Claim::Lost(Box::new(stored.clone())));
            }
            tables.check_environment(attempt.environment_id)?;
            tables.attempts.put(attempt.id, attempt.clone());
            Ok(Claim::Won)
        })
        .await
    }

    async fn advance(
        &self,
        from: AttemptStatus,
        attempt: &ConnectAttempt,
    ) -> Result<Claim, StoreError> {
        self.write(|tables| {
            let row = find_mut(tables, attempt)?;
            if row.status != from {
                return Ok(Claim::Lost(Box::new(row.clone())));
            }
            row.clone_from(attempt);
            Ok(Claim::Won)
        })
        .await
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        id: FlowId,
    ) -> Result<Option<ConnectAttempt>, StoreError> {
        self.read(|tables| {
            tables
                .attempts
                .get(&id)
                .filter(|a| a.environment_id == environment)
                .cloned()
        })
    }

    async fn find_anywhere(&self, id: FlowId) -> Result<Option<ConnectAttempt>, StoreError> {
        self.read(|tables| tables.attempts.get(&id).cloned())
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &AttemptFilter,
        request: &PageRequest,
    ) -> Result<Page<ConnectAttempt>, StoreError> {
        self.read(|tables| {
            let rows = tables
                .attempts
                .rows()
                .filter(|a| a.environment_id == environment && fits(a, filter));
            page(rows, request)
        })
    }

    async fn fail_stale(
        &self,
        status: AttemptStatus,
        before: Timestamp,
        reason: Reason,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.write(|tables| {
            let stale = tables
                .attempts
                .rows()
                .filter(|a| a.status == status && a.updated_at < before)
                .map(|a| a.id);
            let stale: Vec<_> = stale.collect();
            for id in &stale {
                if let Some(attempt) = tables.attempts.get_mut(id) {
                    *attempt = attempt.clone().failed(&Failure::from(reason), now);
                }
            }
            Ok(stale.len() as u64)
        })
        .await
    }

    async fn delete_ended(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(|tables| {
            let old = tables.attempts.rows();
            let old = old.filter(|a| a.status.has_ended() && a.created_at < before);
            let old: Vec<_> = old.map(|a| a.id).take(limit as usize).collect();
            for id in &old {
                tables.attempts.remove(id);
            }
            Ok(old.len() as u64)
        })
        .await
    }
}

/// No attempt is deleted before it has ended.
pub(super) fn no_such_attempt() -> StoreError {
    StoreError::Corrupt {
        table: "connect_attempts",
        column: "id",
        problem: "has no row for an attempt that was claimed".to_owned(),
    }
}

/// Puts the attempt in the place of the stored one, which exists.
pub(super) fn put(tables: &mut Tables, attempt: &ConnectAttempt) -> Result<(), StoreError> {
    find_mut(tables, attempt)?.clone_from(attempt);
    Ok(())
}

fn find_mut<'a>(
    tables: &'a mut Tables,
    attempt: &ConnectAttempt,
) -> Result<&'a mut ConnectAttempt, StoreError> {
    tables
        .attempts
        .get_mut(&attempt.id)
        .filter(|a| a.environment_id == attempt.environment_id)
        .ok_or_else(no_such_attempt)
}

fn fits(attempt: &ConnectAttempt, filter: &AttemptFilter) -> bool {
    let connection = attempt.connection_identifier.as_ref();
    passes(filter.status.as_ref(), Some(&attempt.status))
        && passes(
            filter.integration_identifier.as_ref(),
            Some(&attempt.integration_identifier),
        )
        && passes(
            filter.subscriber_id.as_ref(),
            attempt.subscriber_id.as_ref(),
        )
        && passes(
            filter.connection_identifier.as_deref(),
            connection.map(ConnectionIdentifier::as_str),
        )
        && passes(filter.reason.as_ref(), attempt.reason.as_ref())
}
