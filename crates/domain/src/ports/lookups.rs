//! What every mint looks up.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    api_key::{ApiKey, ApiKeyHash},
    context::{Context, ContextKey},
    id::EnvironmentId,
    integration::KnownIntegration,
    ports::{StoreError, Stores},
    subscriber::SubscriberId,
};

/// Answers what every request or every mint asks of the stores. An implementation may remember
/// what it found, for a few seconds at the most: a key that was revoked is refused everywhere
/// within five. What it did not find it asks for again each time, so that what was made a moment
/// ago is there.
#[async_trait]
pub trait Lookups: Send + Sync {
    /// As [`crate::ports::ApiKeyStore::find_by_hash`].
    async fn api_key(&self, hash: &ApiKeyHash) -> Result<Option<Arc<ApiKey>>, StoreError>;

    /// As [`crate::ports::ApiKeyStore::list`]. A key that was made a moment ago may be missing:
    /// whoever misses one asks the store.
    async fn api_keys(&self, environment: EnvironmentId) -> Result<Vec<ApiKey>, StoreError>;

    /// As [`crate::ports::IntegrationStore::find`].
    async fn integration(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<Option<Arc<KnownIntegration>>, StoreError>;

    /// Whether the environment has this subscriber.
    async fn has_subscriber(
        &self,
        environment: EnvironmentId,
        id: &SubscriberId,
    ) -> Result<bool, StoreError>;

    /// Whether the environment is known to have this context; false where nobody has looked.
    fn knows_context(&self, _: EnvironmentId, _: &ContextKey) -> bool {
        false
    }

    /// As [`crate::ports::ContextStore::insert_missing`]. Contexts that are known to be there are
    /// not written again.
    async fn keep_contexts(&self, contexts: &[Context]) -> Result<(), StoreError>;
}

/// Without a memory: each look-up asks its store.
#[async_trait]
impl Lookups for Stores {
    async fn api_key(&self, hash: &ApiKeyHash) -> Result<Option<Arc<ApiKey>>, StoreError> {
        Ok(self.api_keys.find_by_hash(hash).await?.map(Arc::new))
    }

    async fn api_keys(&self, environment: EnvironmentId) -> Result<Vec<ApiKey>, StoreError> {
        self.api_keys.list(environment).await
    }

    async fn integration(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<Option<Arc<KnownIntegration>>, StoreError> {
        let found = self.integrations.find(environment, identifier).await?;
        Ok(found.map(|found| Arc::new(found.into())))
    }

    async fn has_subscriber(
        &self,
        environment: EnvironmentId,
        id: &SubscriberId,
    ) -> Result<bool, StoreError> {
        Ok(self.subscribers.find(environment, id).await?.is_some())
    }

    async fn keep_contexts(&self, contexts: &[Context]) -> Result<(), StoreError> {
        self.contexts.insert_missing(contexts).await
    }
}
