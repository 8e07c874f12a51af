//! Where integrations are kept.

use async_trait::async_trait;

use crate::{
    id::{EnvironmentId, IntegrationId},
    integration::Integration,
    ports::{InsertError, StoreError},
    provider::ProviderId,
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

    /// The integrations of this identifier at this provider, of all environments: a provider that
    /// sends something knows of no environment.
    async fn list_named(
        &self,
        provider: &ProviderId,
        identifier: &str,
    ) -> Result<Vec<Integration>, StoreError>;

    /// The environment's integrations, oldest first.
    async fn list(&self, environment: EnvironmentId) -> Result<Vec<Integration>, StoreError>;

    /// Replaces identifier, name, state and credentials of the integration with this id whose
    /// `generation` is one less than the given one's; its connections and endpoints show the new
    /// identifier from then on. Answers whether there was such a one; [`InsertError::Taken`] if
    /// another has the identifier.
    async fn replace(&self, integration: &Integration) -> Result<bool, InsertError>;

    /// Deletes an integration with its connections and endpoints, all or nothing. Answers whether
    /// there was one.
    async fn delete(
        &self,
        environment: EnvironmentId,
        id: IntegrationId,
    ) -> Result<bool, StoreError>;
}
