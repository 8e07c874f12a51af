//! Connections and endpoints.

use async_trait::async_trait;
use tieline_domain::{
    connection::{ChannelConnection, ConnectionIdentifier, Owner},
    endpoint::{ChannelEndpoint, EndpointAddress},
    id::{EnvironmentId, IntegrationId},
    page::{Page, PageRequest, Position},
    ports::{
        ConnectionFilter, ConnectionStore, ConnectionWrite, EndpointFilter, EndpointStore,
        RecordConnection, RecordError, StoreError,
    },
    provider::ProviderId,
    subscriber::SubscriberId,
};

use super::{MemoryStorage, Tables, dangling, page_of, passes};

#[async_trait]
impl ConnectionStore for MemoryStorage {
    async fn find(
        &self,
        environment: EnvironmentId,
        identifier: &ConnectionIdentifier,
    ) -> Result<Option<ChannelConnection>, StoreError> {
        let own =
            |c: &&ChannelConnection| c.environment_id == environment && c.identifier == *identifier;
        Ok(self.tables()?.connections.iter().find(own).cloned())
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
        Ok(self.tables()?.connections.iter().find(same).cloned())
    }

    async fn leads_to(
        &self,
        provider: &ProviderId,
        workspace_id: &str,
    ) -> Result<bool, StoreError> {
        let leads =
            |c: &ChannelConnection| c.provider == *provider && c.workspace.id == workspace_id;
        Ok(self.tables()?.connections.iter().any(leads))
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &ConnectionFilter,
        page: &PageRequest,
    ) -> Result<Page<ChannelConnection>, StoreError> {
        let tables = self.tables()?;
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

    async fn record(&self, record: &RecordConnection) -> Result<(), RecordError> {
        let mut tables = self.tables()?;
        check_subscribers(&tables, record)?;
        check_connection(&tables, record)?;
        check_endpoints(&tables, record)?;
        if !tables.attempts.contains_key(&record.attempt.id) {
            return Err(dangling("attempt").into());
        }
        write(&mut tables, record);
        Ok(())
    }
}

fn check_subscribers(tables: &Tables, record: &RecordConnection) -> Result<(), RecordError> {
    let environment = record.connection.environment_id;
    let known = |id: &SubscriberId| {
        tables
            .subscribers
            .iter()
            .any(|s| s.environment_id == environment && s.subscriber_id == *id)
    };
    let owner = record.connection.owner.subscriber_id.iter();
    let all_known = owner
        .chain(record.endpoints.iter().map(|e| &e.subscriber_id))
        .all(known);
    if all_known {
        Ok(())
    } else {
        Err(RecordError::SubscriberGone)
    }
}

fn check_connection(tables: &Tables, record: &RecordConnection) -> Result<(), RecordError> {
    let new = &record.connection;
    let stored = tables.connections.iter().find(|c| c.id == new.id);
    let in_time = match record.write {
        ConnectionWrite::Insert => stored.is_none(),
        ConnectionWrite::Replace => stored.is_some_and(|c| {
            c.environment_id == new.environment_id && c.generation + 1 == new.generation
        }),
    };
    let mut others = tables
        .connections
        .iter()
        .filter(|c| c.id != new.id && c.environment_id == new.environment_id);
    let same = others.clone().any(|c| {
        c.integration_id == new.integration_id
            && c.owner == new.owner
            && c.workspace.id == new.workspace.id
    });
    if !in_time || same {
        return Err(RecordError::Raced);
    }
    match others.find(|c| c.identifier == new.identifier) {
        None => Ok(()),
        // The owner may replace what bears the name: to look again helps.
        Some(c) if c.integration_id == new.integration_id && c.owner == new.owner => {
            Err(RecordError::Raced)
        }
        Some(_) => Err(RecordError::IdentifierTaken),
    }
}

fn check_endpoints(tables: &Tables, record: &RecordConnection) -> Result<(), RecordError> {
    let clashes = |new: &ChannelEndpoint| {
        let others = tables.endpoints.iter().chain(&record.endpoints);
        others
            .filter(|e| !std::ptr::eq(*e, new))
            .any(|other| clash(other, new))
    };
    if record.endpoints.iter().any(clashes) {
        Err(RecordError::Raced)
    } else {
        Ok(())
    }
}

/// One id may come again for the same connection only; address and identifier not at all.
fn clash(one: &ChannelEndpoint, other: &ChannelEndpoint) -> bool {
    let same_home = one.environment_id == other.environment_id;
    if one.id == other.id {
        return !same_home || one.connection_identifier != other.connection_identifier;
    }
    same_home && (is_same(one, other) || one.identifier == other.identifier)
}

fn is_same(one: &ChannelEndpoint, other: &ChannelEndpoint) -> bool {
    one.connection_identifier == other.connection_identifier
        && one.subscriber_id == other.subscriber_id
        && one.address.kind == other.address.kind
        && one.address.key == other.address.key
}

fn write(tables: &mut Tables, record: &RecordConnection) {
    let new = &record.connection;
    match tables.connections.iter_mut().find(|c| c.id == new.id) {
        Some(stored) => {
            stored.workspace = new.workspace.clone();
            stored.credentials.clone_from(&new.credentials);
            stored.generation = new.generation;
            stored.updated_at = new.updated_at;
        }
        None => tables.connections.push(new.clone()),
    }
    for endpoint in &record.endpoints {
        match tables.endpoints.iter_mut().find(|e| e.id == endpoint.id) {
            Some(stored) => {
                stored.address = endpoint.address.clone();
                stored.secret.clone_from(&endpoint.secret);
                stored.updated_at = endpoint.updated_at;
            }
            None => tables.endpoints.push(endpoint.clone()),
        }
    }
    if let Some(stored) = tables.attempts.get_mut(&record.attempt.id) {
        *stored = record.attempt.clone();
    }
}

#[async_trait]
impl EndpointStore for MemoryStorage {
    async fn find(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<Option<ChannelEndpoint>, StoreError> {
        let own =
            |e: &&ChannelEndpoint| e.environment_id == environment && e.identifier == identifier;
        Ok(self.tables()?.endpoints.iter().find(own).cloned())
    }

    async fn find_same(
        &self,
        environment: EnvironmentId,
        connection: &ConnectionIdentifier,
        subscriber_id: &SubscriberId,
        address: &EndpointAddress,
    ) -> Result<Option<ChannelEndpoint>, StoreError> {
        let same = |e: &&ChannelEndpoint| {
            e.environment_id == environment
                && e.connection_identifier == *connection
                && e.subscriber_id == *subscriber_id
                && e.address.kind == address.kind
                && e.address.key == address.key
        };
        Ok(self.tables()?.endpoints.iter().find(same).cloned())
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &EndpointFilter,
        page: &PageRequest,
    ) -> Result<Page<ChannelEndpoint>, StoreError> {
        let tables = self.tables()?;
        let matching = tables.endpoints.iter().filter(|e| {
            let connection = String::from(e.connection_identifier.clone());
            e.environment_id == environment
                && passes(filter.subscriber_id.as_ref(), Some(&e.subscriber_id))
                && passes(filter.connection_identifier.as_ref(), Some(&connection))
                && passes(filter.provider.as_ref(), Some(&e.provider))
                && passes(
                    filter.integration_identifier.as_ref(),
                    Some(&e.integration_identifier),
                )
                && passes(filter.context_keys.as_ref(), Some(&e.context_keys))
        });
        Ok(page_of(matching.cloned().collect(), page, |endpoint| {
            Position {
                created_at: endpoint.created_at,
                id: endpoint.id.0,
            }
        }))
    }
}
