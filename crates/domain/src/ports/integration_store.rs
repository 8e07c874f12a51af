//! Where integrations are kept.

use async_trait::async_trait;

use crate::{
    id::{EnvironmentId, IntegrationId},
    integration::Integration,
    ports::{InsertError, StoreError},
};

/// Keeps integrations.
#[async_trait]
pub trait IntegrationStore: Send + Sync {
    /// Adds an integration; [`InsertError::Taken`] if its environment has one of that identifier.
    async fn insert(&self, integration: &Integration) -> Result<(), InsertError>;

    /// The environment's integration of this identifier, active or not.
    async fn find(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<Option<Integration>, StoreError>;

    /// The environment's integration of this id, active or not.
    async fn find_by_id(
        &self,
        environment: EnvironmentId,
        id: IntegrationId,
    ) -> Result<Option<Integration>, StoreError>;

    /// The environment's integrations, oldest first.
    async fn list(&self, environment: EnvironmentId) -> Result<Vec<Integration>, StoreError>;

    /// Replaces name, activity, credentials, generation and time of change of the integration of
    /// this id, if its `generation` is one less than the given one's. Answers whether it was.
    async fn replace(&self, integration: &Integration) -> Result<bool, StoreError>;
}
