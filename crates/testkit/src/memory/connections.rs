//! Connections.

use async_trait::async_trait;
use tieline_domain::{
    connection::{ChannelConnection, ConnectionIdentifier, Owner, Upkeep},
    id::{EnvironmentId, IntegrationId},
    page::{Page, PageRequest, Position},
    ports::{
        ConnectionFilter, ConnectionStore, ConnectionWrite, LeadingConnection, RecordConnection,
        RecordError, StoreError,
    },
    provider::ProviderId,
};

use super::{
    MemoryStorage, Tables, dangling,
    endpoints::{check_recorded, write_endpoint},
    page_of, passes,
};

#[async_trait]
impl ConnectionStore for MemoryStorage {
    async fn find(
        &self,
        environment: EnvironmentId,
        identifier: &ConnectionIdentifier,
    ) -> Result<Option<ChannelConnection>, StoreError> {
        let own =
            |c: &&ChannelConnection| c.environment_id == environment && c.identifier == *identifier;
        Ok(self.tables().await?.connections.iter().find(own).cloned())
    }

    async fn find_same(
        &self,
        environment: EnvironmentId,
        integration: IntegrationId,
        owner: &Owner,
        workspace_id: &str,
    ) -> Result<Option<ChannelConnection>, StoreError> {
        let same = |c: &&ChannelConnection| {
            c.environment_id == environment
                && c.integration_id == integration
                && c.owner == *owner
                && c.workspace.id == workspace_id
        };
        Ok(self.tables().await?.connections.iter().find(same).cloned())
    }

    async fn list_leading(
        &self,
        provider: &ProviderId,
        workspace_id: &str,
    ) -> Result<Vec<LeadingConnection>, StoreError> {
        let leads =
            |c: &&ChannelConnection| c.provider == *provider && c.workspace.id == workspace_id;
        let tables = self.tables().await?;
        let leading = tables.connections.iter().filter(leads);
        Ok(leading
            .map(|connection| LeadingConnection {
                environment_id: connection.environment_id,
                identifier: connection.identifier.clone(),
                integration_id: connection.integration_id,
            })
            .collect())
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &ConnectionFilter,
        page: &PageRequest,
    ) -> Result<Page<ChannelConnection>, StoreError> {
        let tables = self.tables().await?;
        let matching = tables.connections.iter().filter(|c| {
            c.environment_id == environment
                && passes(
                    filter.subscriber_id.as_ref(),
                    c.owner.subscriber_id.as_ref(),
                )
                && passes(filter.mode.as_ref(), Some(&c.owner.mode()))
                && passes(filter.provider.as_ref(), Some(&c.provider))
                && passes(
                    filter.integration_identifier.as_ref(),
                    Some(&c.integration_identifier),
                )
                && passes(filter.context_keys.as_ref(), Some(&c.owner.context_keys))
        });
        Ok(page_of(matching.cloned().collect(), page, |connection| {
            Position {
                created_at: connection.created_at,
                id: connection.id.0,
            }
        }))
    }

    async fn insert(&self, connection: &ChannelConnection) -> Result<(), RecordError> {
        let mut tables = self.tables().await?;
        check_connection(&tables, ConnectionWrite::Insert, connection)?;
        write_connection(&mut tables, connection);
        Ok(())
    }

    async fn replace(&self, connection: &ChannelConnection) -> Result<(), RecordError> {
        let mut tables = self.tables().await?;
        check_connection(&tables, ConnectionWrite::Replace, connection)?;
        write_connection(&mut tables, connection);
        Ok(())
    }

    async fn delete(
        &self,
        environment: EnvironmentId,
        identifier: &ConnectionIdentifier,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables().await?;
        let before = tables.connections.len();
        tables
            .delete_connections(|c| c.environment_id == environment && c.identifier == *identifier);
        Ok(tables.connections.len() < before)
    }

    async fn record(&self, record: &RecordConnection) -> Result<(), RecordError> {
        let mut tables = self.tables().await?;
        check_connection(&tables, record.write, &record.connection)?;
        check_recorded(&tables, &record.endpoints)?;
        if !tables.attempts.contains_key(&record.attempt.id) {
            return Err(dangling("attempt").into());
        }
        write_connection(&mut tables, &record.connection);
        for endpoint in &record.endpoints {
            write_endpoint(&mut tables, endpoint);
        }
        tables
            .attempts
            .insert(record.attempt.id, record.attempt.clone());
        Ok(())
    }
}

/// Whether the connection can be written in this way.
fn check_connection(
    tables: &Tables,
    how: ConnectionWrite,
    new: &ChannelConnection,
) -> Result<(), RecordError> {
    let stored = tables.connections.iter().find(|c| c.id == new.id);
    let in_time = match how {
        ConnectionWrite::Insert => {
            stored.is_none() && tables.has_integration(new.environment_id, new.integration_id)
        }
        ConnectionWrite::Replace => stored.is_some_and(|c| {
            c.environment_id == new.environment_id && c.generation + 1 == new.generation
        }),
    };
    if !in_time {
        return Err(RecordError::Raced);
    }
    check_uniqueness(tables, new)?;
    match &new.owner.subscriber_id {
        Some(owner) => tables.check_subscriber(new.environment_id, owner),
        None => Ok(()),
    }
}

fn check_uniqueness(tables: &Tables, new: &ChannelConnection) -> Result<(), RecordError> {
    let mut others = tables
        .connections
        .iter()
        .filter(|c| c.id != new.id && c.environment_id == new.environment_id);
    let owned_alike =
        |c: &ChannelConnection| c.integration_id == new.integration_id && c.owner == new.owner;
    match others.clone().find(|c| c.identifier == new.identifier) {
        Some(c) if !owned_alike(c) => return Err(RecordError::IdentifierTaken),
        // The owner may replace what bears the name: to look again helps.
        Some(_) => return Err(RecordError::Raced),
        None => {}
    }
    if others.any(|c| owned_alike(c) && c.workspace.id == new.workspace.id) {
        return Err(RecordError::Raced);
    }
    Ok(())
}

fn write_connection(tables: &mut Tables, new: &ChannelConnection) {
    match tables.connections.iter_mut().find(|c| c.id == new.id) {
        Some(stored) => {
            stored.workspace = new.workspace.clone();
            stored.credentials.clone_from(&new.credentials);
            stored.generation = new.generation;
            stored.health = new.health.clone();
            stored.upkeep = Upkeep {
                due_at: new.upkeep.due_at,
                epoch: stored.upkeep.epoch + 1,
                ..Upkeep::default()
            };
            stored.updated_at = new.updated_at;
        }
        None => tables.connections.push(new.clone()),
    }
}
