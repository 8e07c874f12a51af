//! Where API keys' records are kept.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    api_key::{ApiKey, ApiKeyHash},
    id::{ApiKeyId, EnvironmentId},
    ports::{InsertError, StoreError},
};

/// Keeps the records of API keys.
#[async_trait]
pub trait ApiKeyStore: Send + Sync {
    /// Adds a key; [`InsertError::Taken`] if any environment has one with this hash, revoked or
    /// not.
    async fn insert(&self, key: &ApiKey) -> Result<(), InsertError>;

    /// The key with this hash, revoked or not, in whichever environment.
    async fn find_by_hash(&self, hash: &ApiKeyHash) -> Result<Option<ApiKey>, StoreError>;

    /// The key of this id.
    async fn find(
        &self,
        environment: EnvironmentId,
        id: ApiKeyId,
    ) -> Result<Option<ApiKey>, StoreError>;

    /// The environment's keys, oldest first, revoked ones included.
    async fn list(&self, environment: EnvironmentId) -> Result<Vec<ApiKey>, StoreError>;

    /// Revokes a key `at` that time; a key that is revoked already keeps its time. Answers whether
    /// the environment has such a key.
    async fn revoke(
        &self,
        environment: EnvironmentId,
        id: ApiKeyId,
        at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Lets a key die `at` that time; a key that dies earlier keeps its time. Answers whether the
    /// environment has such a key.
    async fn expire(
        &self,
        environment: EnvironmentId,
        id: ApiKeyId,
        at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Notes when keys were last used. A time that is not later than the one noted changes
    /// nothing, nor does a key that is not there.
    async fn record_uses(&self, uses: &[(ApiKeyId, Timestamp)]) -> Result<(), StoreError>;
}
