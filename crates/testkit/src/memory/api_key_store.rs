//! API keys' records.

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    api_key::{ApiKey, ApiKeyHash},
    id::{ApiKeyId, EnvironmentId},
    ports::{ApiKeyStore, InsertError, StoreError},
};

use super::{MemoryStorage, paging::oldest_first, tables::Tables};

#[async_trait]
impl ApiKeyStore for MemoryStorage {
    async fn insert(&self, key: &ApiKey) -> Result<(), InsertError> {
        self.write(|tables| {
            if tables
                .api_keys
                .any(|k| k.id == key.id || k.hash == key.hash)
            {
                return Err(InsertError::Taken);
            }
            tables.check_environment(key.environment_id)?;
            tables.api_keys.put(key.id, key.clone());
            Ok(())
        })
        .await
    }

    async fn find_by_hash(&self, hash: &ApiKeyHash) -> Result<Option<ApiKey>, StoreError> {
        self.read(|tables| tables.api_keys.find(|k| k.hash == *hash).cloned())
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        id: ApiKeyId,
    ) -> Result<Option<ApiKey>, StoreError> {
        self.read(|tables| {
            tables
                .api_keys
                .get(&id)
                .filter(|k| k.environment_id == environment)
                .cloned()
        })
    }

    async fn list(&self, environment: EnvironmentId) -> Result<Vec<ApiKey>, StoreError> {
        self.read(|tables| {
            let rows = tables
                .api_keys
                .rows()
                .filter(|k| k.environment_id == environment);
            oldest_first(rows)
        })
    }

    async fn revoke(
        &self,
        environment: EnvironmentId,
        id: ApiKeyId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(|tables| {
            let row = find_mut(tables, environment, id);
            Ok(row.map(|key| key.revoked_at.get_or_insert(at)).is_some())
        })
        .await
    }

    async fn expire(
        &self,
        environment: EnvironmentId,
        id: ApiKeyId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(|tables| {
            let row = find_mut(tables, environment, id);
            let Some(key) = row else { return Ok(false) };
            key.expires_at = Some(key.expires_at.map_or(at, |earlier| earlier.min(at)));
            Ok(true)
        })
        .await
    }

    async fn record_uses(&self, uses: &[(ApiKeyId, Timestamp)]) -> Result<(), StoreError> {
        self.write(|tables| {
            for (id, at) in uses {
                if let Some(key) = tables.api_keys.get_mut(id) {
                    key.last_used_at = key.last_used_at.max(Some(*at));
                }
            }
            Ok(())
        })
        .await
    }
}

fn find_mut(tables: &mut Tables, environment: EnvironmentId, id: ApiKeyId) -> Option<&mut ApiKey> {
    tables
        .api_keys
        .get_mut(&id)
        .filter(|key| key.environment_id == environment)
}
