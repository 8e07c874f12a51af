//! Channel connections.

use async_trait::async_trait;
use tieline_domain::{
    connection::{ChannelConnection, ConnectionIdentifier, Owner, Upkeep},
    id::{EnvironmentId, IntegrationId},
    page::{Page, PageRequest},
    ports::{
        ConnectionFilter, ConnectionStore, ConnectionWrite, LeadingConnection, RecordConnection,
        RecordError, StoreError,
    },
    provider::ProviderId,
};

use super::{MemoryStorage, attempt_store, endpoint_store, paging::page, passes, tables::Tables};

#[async_trait]
impl ConnectionStore for MemoryStorage {
    async fn find(
        &self,
        environment: EnvironmentId,
        identifier: &ConnectionIdentifier,
    ) -> Result<Option<ChannelConnection>, StoreError> {
        self.read(|tables| find(tables, environment, identifier).map(|row| read(tables, row)))
    }

    async fn find_same(
        &self,
        environment: EnvironmentId,
        integration: IntegrationId,
        owner: &Owner,
        workspace_id: &str,
    ) -> Result<Option<ChannelConnection>, StoreError> {
        self.read(|tables| {
            tables
                .connections
                .find(|c| {
                    c.environment_id == environment
                        && c.integration_id == integration
                        && c.owner == *owner
                        && c.workspace.id == workspace_id
                })
                .map(|row| read(tables, row))
        })
    }

    async fn list_leading(
        &self,
        provider: &ProviderId,
        workspace_id: &str,
    ) -> Result<Vec<LeadingConnection>, StoreError> {
        self.read(|tables| {
            let leading = tables.connections.rows();
            let leading =
                leading.filter(|c| c.provider == *provider && c.workspace.id == workspace_id);
            leading
                .map(|c| LeadingConnection {
                    environment_id: c.environment_id,
                    identifier: c.identifier.clone(),
                    integration_id: c.integration_id,
                })
                .collect()
        })
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &ConnectionFilter,
        request: &PageRequest,
    ) -> Result<Page<ChannelConnection>, StoreError> {
        self.read(|tables| {
            let rows = tables
                .connections
                .rows()
                .filter(|c| c.environment_id == environment && fits(tables, c, filter));
            let found = page(rows, request);
            found.map(|row| read(tables, &row))
        })
    }

    async fn insert(&self, connection: &ChannelConnection) -> Result<(), RecordError> {
        self.write(|tables| insert(tables, connection)).await
    }

    async fn replace(&self, connection: &ChannelConnection) -> Result<(), RecordError> {
        self.write(|tables| replace(tables, connection)).await
    }

    async fn delete(
        &self,
        environment: EnvironmentId,
        identifier: &ConnectionIdentifier,
    ) -> Result<bool, StoreError> {
        self.write(|tables| {
            let gone = tables.delete_connections(|c| {
                c.environment_id == environment && c.identifier == *identifier
            });
            Ok(gone > 0)
        })
        .await
    }

    async fn record(&self, record: &RecordConnection) -> Result<(), RecordError> {
        self.write(|tables| {
            match record.write {
                ConnectionWrite::Insert => insert(tables, &record.connection)?,
                ConnectionWrite::Replace => replace(tables, &record.connection)?,
            }
            for endpoint in &record.endpoints {
                endpoint_store::put_in(tables, endpoint, &record.connection.identifier)?;
            }
            Ok(attempt_store::put(tables, &record.attempt)?)
        })
        .await
    }
}

impl Tables {
    /// Deletes connections with their endpoints; answers how many.
    pub(super) fn delete_connections(&mut self, goes: impl Fn(&ChannelConnection) -> bool) -> u64 {
        let going: Vec<_> = self
            .connections
            .rows()
            .filter(|c| goes(c))
            .map(|c| (c.environment_id, c.identifier.clone()))
            .collect();
        for (environment, identifier) in &going {
            self.endpoints.delete(|e| {
                e.environment_id == *environment
                    && e.connection_identifier.as_ref() == Some(identifier)
            });
        }
        self.connections.delete(goes)
    }
}

pub(super) fn find<'a>(
    tables: &'a Tables,
    environment: EnvironmentId,
    identifier: &ConnectionIdentifier,
) -> Option<&'a ChannelConnection> {
    tables
        .connections
        .find(|c| c.environment_id == environment && c.identifier == *identifier)
}

pub(super) fn read(tables: &Tables, row: &ChannelConnection) -> ChannelConnection {
    let mut connection = row.clone();
    if let Some(identifier) = tables.integration_identifier(row.integration_id) {
        identifier.clone_into(&mut connection.integration_identifier);
    }
    connection
}

fn insert(tables: &mut Tables, connection: &ChannelConnection) -> Result<(), RecordError> {
    let environment = connection.environment_id;
    if let Some(other) = find(tables, environment, &connection.identifier) {
        let is_ours =
            other.owner == connection.owner && other.integration_id == connection.integration_id;
        // Its owner may replace it: to look again helps.
        return Err(if is_ours {
            RecordError::Raced
        } else {
            RecordError::IdentifierTaken
        });
    }
    if tables.connections.get(&connection.id).is_some()
        || has_same(tables, connection)
        || !tables.has_integration(environment, connection.integration_id)
    {
        return Err(RecordError::Raced);
    }
    if let Some(subscriber) = &connection.owner.subscriber_id {
        tables.check_subscriber(environment, subscriber)?;
    }
    tables.connections.put(connection.id, connection.clone());
    Ok(())
}

fn replace(tables: &mut Tables, connection: &ChannelConnection) -> Result<(), RecordError> {
    let stored = tables.connections.get(&connection.id).filter(|c| {
        c.environment_id == connection.environment_id && c.generation + 1 == connection.generation
    });
    let stored = stored.ok_or(RecordError::Raced)?;
    let replaced = ChannelConnection {
        workspace: connection.workspace.clone(),
        credentials: connection.credentials.clone(),
        generation: connection.generation,
        health: connection.health.clone(),
        upkeep: Upkeep {
            due_at: connection.upkeep.due_at,
            epoch: stored.upkeep.epoch + 1,
            ..Upkeep::default()
        },
        updated_at: connection.updated_at,
        ..stored.clone()
    };
    if has_same(tables, &replaced) {
        return Err(RecordError::Raced);
    }
    tables.connections.put(replaced.id, replaced);
    Ok(())
}

/// Whether another connection of this owner leads through this integration to this workspace.
fn has_same(tables: &Tables, connection: &ChannelConnection) -> bool {
    tables.connections.any(|c| {
        c.id != connection.id
            && c.environment_id == connection.environment_id
            && c.integration_id == connection.integration_id
            && c.owner == connection.owner
            && c.workspace.id == connection.workspace.id
    })
}

fn fits(tables: &Tables, connection: &ChannelConnection, filter: &ConnectionFilter) -> bool {
    let owner = &connection.owner;
    passes(filter.subscriber_id.as_ref(), owner.subscriber_id.as_ref())
        && passes(filter.mode.as_ref(), Some(&owner.mode()))
        && passes(filter.provider.as_ref(), Some(&connection.provider))
        && passes(
            filter.integration_identifier.as_deref(),
            tables.integration_identifier(connection.integration_id),
        )
        && passes(filter.context_keys.as_ref(), Some(&owner.context_keys))
}
