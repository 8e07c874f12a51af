//! Where organizations and environments are kept.

use async_trait::async_trait;

use crate::{
    environment::{Environment, Organization},
    id::EnvironmentId,
    ports::{InsertError, StoreError},
};

/// Keeps organizations and their environments.
#[async_trait]
pub trait EnvironmentStore: Send + Sync {
    /// Adds an organization; one of that id that is there stays as it is.
    async fn insert_organization(&self, organization: &Organization) -> Result<(), StoreError>;

    /// All organizations, oldest first.
    async fn list_organizations(&self) -> Result<Vec<Organization>, StoreError>;

    /// Adds an environment; [`InsertError::Taken`] if its organization has one of that name.
    async fn insert(&self, environment: &Environment) -> Result<(), InsertError>;

    /// The environment with this id.
    async fn find(&self, id: EnvironmentId) -> Result<Option<Environment>, StoreError>;

    /// All environments, oldest first.
    async fn list(&self) -> Result<Vec<Environment>, StoreError>;
}
