//! Answers under idempotency keys, and the key check.

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    idempotency::{IdempotencyRecord, IdempotencyScope},
    ports::{IdempotencyClaim, IdempotencyStore, KeyCheckStore, StoreError},
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
        let records = &mut self.tables().await?.idempotency;
        records.retain(|stored| stored.scope != record.scope || stored.expires_at > now);
        if let Some(stored) = records.iter().find(|stored| stored.scope == record.scope) {
            return Ok(IdempotencyClaim::Taken(Box::new(stored.clone())));
        }
        records.push(record.clone());
        Ok(IdempotencyClaim::New)
    }

    async fn answer(
        &self,
        scope: &IdempotencyScope,
        response: &Sealed,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables().await?;
        let mut records = tables.idempotency.iter_mut();
        let Some(record) = records.find(|stored| stored.scope == *scope) else {
            return Ok(false);
        };
        record.response = response.clone();
        Ok(true)
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let records = &mut self.tables().await?.idempotency;
        let mut deleted = 0;
        records.retain(|stored| {
            let goes = stored.expires_at <= now && deleted < u64::from(limit);
            deleted += u64::from(goes);
            !goes
        });
        Ok(deleted)
    }
}

#[async_trait]
impl KeyCheckStore for MemoryStorage {
    async fn find(&self) -> Result<Option<Sealed>, StoreError> {
        Ok(self.tables().await?.key_check.clone())
    }

    async fn insert(&self, check: &Sealed) -> Result<Sealed, StoreError> {
        Ok(self
            .tables()
            .await?
            .key_check
            .get_or_insert_with(|| check.clone())
            .clone())
    }
}
