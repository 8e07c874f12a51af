//! Answers under idempotency keys.

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    id::EnvironmentId,
    idempotency::{IdempotencyRecord, IdempotencyScope},
    ports::{Deletion, IdempotencyClaim, IdempotencyStore, StoreError},
    sealed::Sealed,
};

use super::MemoryStorage;

#[async_trait]
impl IdempotencyStore for MemoryStorage {
    async fn claim_all(
        &self,
        records: &[IdempotencyRecord],
        now: Timestamp,
    ) -> Result<Vec<Result<IdempotencyClaim, StoreError>>, StoreError> {
        self.write(|tables| {
            let claim = |record: &IdempotencyRecord| {
                let stored = tables.idempotency.get(&record.scope);
                if let Some(taken) = stored.filter(|r| now < r.expires_at) {
                    return Ok(IdempotencyClaim::Taken(Box::new(taken.clone())));
                }
                tables.idempotency.put(record.scope.clone(), record.clone());
                Ok(IdempotencyClaim::New)
            };
            Ok(records.iter().map(claim).collect())
        })
        .await
    }

    async fn answer(
        &self,
        scope: &IdempotencyScope,
        response: &Sealed,
    ) -> Result<bool, StoreError> {
        self.write(|tables| {
            let Some(record) = tables.idempotency.get_mut(scope) else {
                return Ok(false);
            };
            record.response = response.clone();
            Ok(true)
        })
        .await
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        after: Option<&IdempotencyRecord>,
        limit: u32,
    ) -> Result<Vec<IdempotencyRecord>, StoreError> {
        self.read(|tables| {
            let rows = tables.idempotency.rows();
            let mut rows: Vec<_> = rows
                .filter(|r| r.scope.environment_id == environment)
                .filter(|r| after.is_none_or(|after| place(r) > place(after)))
                .collect();
            rows.sort_unstable_by(|a, b| place(a).cmp(&place(b)));
            rows.into_iter().take(limit as usize).cloned().collect()
        })
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<Deletion, StoreError> {
        self.write(|tables| {
            let mut expired: Vec<_> = tables
                .idempotency
                .rows()
                .filter(|r| r.expires_at <= now)
                .cloned()
                .collect();
            expired.sort_unstable_by(|a, b| place(a).cmp(&place(b)));
            expired.truncate(limit as usize);
            for record in &expired {
                tables.idempotency.remove(&record.scope);
            }
            Ok(Deletion::of(expired.len() as u64, limit))
        })
        .await
    }
}

/// Where it stands in a list.
fn place(record: &IdempotencyRecord) -> impl Ord {
    let IdempotencyScope {
        key_hash, route, ..
    } = &record.scope;
    (record.expires_at, key_hash, route)
}
