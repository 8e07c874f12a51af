//! Integrations.

use async_trait::async_trait;
use tieline_domain::{
    id::{EnvironmentId, IntegrationId},
    integration::Integration,
    ports::{InsertError, IntegrationStore, StoreError},
    provider::ProviderId,
};

use super::{MemoryStorage, Tables};

#[async_trait]
impl IntegrationStore for MemoryStorage {
    async fn insert(&self, integration: &Integration) -> Result<(), InsertError> {
        let integrations = &mut self.tables().await?.integrations;
        if integrations
            .iter()
            .any(|other| same_identifier(other, integration))
        {
            return Err(InsertError::Taken);
        }
        integrations.push(integration.clone());
        Ok(())
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<Option<Integration>, StoreError> {
        let own = |i: &&Integration| i.environment_id == environment && i.identifier == identifier;
        Ok(self.tables().await?.integrations.iter().find(own).cloned())
    }

    async fn find_by_id(
        &self,
        environment: EnvironmentId,
        id: IntegrationId,
    ) -> Result<Option<Integration>, StoreError> {
        let own = |i: &&Integration| i.environment_id == environment && i.id == id;
        Ok(self.tables().await?.integrations.iter().find(own).cloned())
    }

    async fn list_named(
        &self,
        provider: &ProviderId,
        identifier: &str,
    ) -> Result<Vec<Integration>, StoreError> {
        let named = |i: &&Integration| i.provider == *provider && i.identifier == identifier;
        let tables = self.tables().await?;
        Ok(tables.integrations.iter().filter(named).cloned().collect())
    }

    async fn list(&self, environment: EnvironmentId) -> Result<Vec<Integration>, StoreError> {
        let tables = self.tables().await?;
        let own = tables
            .integrations
            .iter()
            .filter(|i| i.environment_id == environment);
        let mut own: Vec<_> = own.cloned().collect();
        own.sort_by_key(|integration| (integration.created_at, integration.id));
        Ok(own)
    }

    async fn replace(&self, integration: &Integration) -> Result<bool, InsertError> {
        let mut tables = self.tables().await?;
        let in_turn = |stored: &Integration| {
            stored.environment_id == integration.environment_id
                && stored.id == integration.id
                && stored.generation + 1 == integration.generation
        };
        let Some(place) = tables.integrations.iter().position(in_turn) else {
            return Ok(false);
        };
        let mut others = tables
            .integrations
            .iter()
            .filter(|i| i.id != integration.id);
        if others.any(|other| same_identifier(other, integration)) {
            return Err(InsertError::Taken);
        }
        let stored = &mut tables.integrations[place];
        let (provider, created_at) = (stored.provider.clone(), stored.created_at);
        *stored = Integration {
            provider,
            created_at,
            ..integration.clone()
        };
        rename(&mut tables, integration);
        Ok(true)
    }

    async fn delete(
        &self,
        environment: EnvironmentId,
        id: IntegrationId,
    ) -> Result<bool, StoreError> {
        let tables = &mut *self.tables().await?;
        let before = tables.integrations.len();
        tables
            .integrations
            .retain(|i| i.environment_id != environment || i.id != id);
        if tables.integrations.len() == before {
            return Ok(false);
        }
        tables.delete_connections(|c| c.integration_id == id);
        tables.endpoints.retain(|e| e.integration_id != id);
        Ok(true)
    }
}

fn same_identifier(one: &Integration, other: &Integration) -> bool {
    one.environment_id == other.environment_id && one.identifier == other.identifier
}

/// Connections and endpoints show the identifier that their integration has now.
fn rename(tables: &mut Tables, integration: &Integration) {
    let connections = tables.connections.iter_mut();
    for connection in connections.filter(|c| c.integration_id == integration.id) {
        connection
            .integration_identifier
            .clone_from(&integration.identifier);
    }
    let endpoints = tables.endpoints.iter_mut();
    for endpoint in endpoints.filter(|e| e.integration_id == integration.id) {
        endpoint
            .integration_identifier
            .clone_from(&integration.identifier);
    }
}
