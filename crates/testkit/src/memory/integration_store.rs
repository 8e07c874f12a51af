//! Integrations.

use async_trait::async_trait;
use tieline_domain::{
    id::{EnvironmentId, IntegrationId},
    integration::Integration,
    ports::{InsertError, IntegrationStore, StoreError},
    provider::ProviderId,
};

use super::{MemoryStorage, paging::oldest_first};

#[async_trait]
impl IntegrationStore for MemoryStorage {
    async fn insert(&self, integration: &Integration) -> Result<(), InsertError> {
        self.write(|tables| {
            let taken = tables.integrations.any(|i| {
                i.id == integration.id
                    || (i.environment_id == integration.environment_id
                        && i.identifier == integration.identifier)
            });
            if taken {
                return Err(InsertError::Taken);
            }
            tables.check_environment(integration.environment_id)?;
            tables.integrations.put(integration.id, integration.clone());
            Ok(())
        })
        .await
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<Option<Integration>, StoreError> {
        self.read(|tables| {
            tables
                .integrations
                .find(|i| i.environment_id == environment && i.identifier == identifier)
                .cloned()
        })
    }

    async fn find_by_id(
        &self,
        environment: EnvironmentId,
        id: IntegrationId,
    ) -> Result<Option<Integration>, StoreError> {
        self.read(|tables| {
            tables
                .integrations
                .get(&id)
                .filter(|i| i.environment_id == environment)
                .cloned()
        })
    }

    async fn list_named(
        &self,
        provider: &ProviderId,
        identifier: &str,
    ) -> Result<Vec<Integration>, StoreError> {
        self.read(|tables| {
            let rows = tables
                .integrations
                .rows()
                .filter(|i| i.provider == *provider && i.identifier == identifier);
            oldest_first(rows)
        })
    }

    async fn list(&self, environment: EnvironmentId) -> Result<Vec<Integration>, StoreError> {
        self.read(|tables| {
            let rows = tables
                .integrations
                .rows()
                .filter(|i| i.environment_id == environment);
            oldest_first(rows)
        })
    }

    async fn replace(&self, integration: &Integration) -> Result<bool, InsertError> {
        self.write(|tables| {
            let taken = tables.integrations.any(|i| {
                i.id != integration.id
                    && i.environment_id == integration.environment_id
                    && i.identifier == integration.identifier
            });
            let row = tables.integrations.get_mut(&integration.id).filter(|i| {
                i.environment_id == integration.environment_id
                    && i.generation + 1 == integration.generation
            });
            let Some(row) = row else { return Ok(false) };
            if taken {
                return Err(InsertError::Taken);
            }
            row.identifier.clone_from(&integration.identifier);
            row.name.clone_from(&integration.name);
            row.active = integration.active;
            row.credentials.clone_from(&integration.credentials);
            row.generation = integration.generation;
            row.updated_at = integration.updated_at;
            Ok(true)
        })
        .await
    }

    async fn delete(
        &self,
        environment: EnvironmentId,
        id: IntegrationId,
    ) -> Result<bool, StoreError> {
        self.write(|tables| {
            let gone = tables
                .integrations
                .delete(|i| i.environment_id == environment && i.id == id);
            if gone == 0 {
                return Ok(false);
            }
            tables.delete_connections(|c| c.integration_id == id);
            tables.endpoints.delete(|e| e.integration_id == id);
            Ok(true)
        })
        .await
    }
}
