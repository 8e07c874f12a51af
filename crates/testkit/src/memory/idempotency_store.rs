//! Answers under idempotency keys.

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    idempotency::{IdempotencyRecord, IdempotencyScope},
    ports::{IdempotencyClaim, IdempotencyStore, StoreError},
    sealed::Sealed,
};

use super::MemoryStorage;

#[async_trait]
impl IdempotencyStore for MemoryStorage {
    async fn claim(
        &self,
        record: &IdempotencyRecord,
        now: Timestamp,
    ) -> Result<IdempotencyClaim, StoreError> {
        self.write(|tables| {
            let stored = tables.idempotency.get(&record.scope);
            if let Some(taken) = stored.filter(|r| now < r.expires_at) {
                return Ok(IdempotencyClaim::Taken(Box::new(taken.clone())));
            }
            tables.idempotency.put(record.scope.clone(), record.clone());
            Ok(IdempotencyClaim::New)
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

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(|tables| {
            let mut expired: Vec<_> = tables
                .idempotency
                .rows()
                .filter(|r| r.expires_at <= now)
                .map(|r| (r.expires_at, r.scope.clone()))
                .collect();
            expired.sort_by_key(|(at, _)| *at);
            expired.truncate(limit as usize);
            for (_, scope) in &expired {
                tables.idempotency.remove(scope);
            }
            Ok(expired.len() as u64)
        })
        .await
    }
}
