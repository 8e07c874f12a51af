//! Channel endpoints.

use async_trait::async_trait;
use tieline_domain::{
    attempt::ConnectAttempt,
    connection::ConnectionIdentifier,
    endpoint::{ChannelEndpoint, EndpointAddress},
    id::{EnvironmentId, IntegrationId},
    page::{Page, PageRequest},
    ports::{EndpointFilter, EndpointStore, RecordError, StoreError},
    subscriber::SubscriberId,
};

use super::{MemoryStorage, attempt_store, connection_store, paging::page, passes, tables::Tables};

#[async_trait]
impl EndpointStore for MemoryStorage {
    async fn find(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<Option<ChannelEndpoint>, StoreError> {
        self.read(|tables| find(tables, environment, identifier).map(|row| read(tables, row)))
    }

    async fn find_same(
        &self,
        environment: EnvironmentId,
        integration: IntegrationId,
        connection: Option<&ConnectionIdentifier>,
        subscriber_id: &SubscriberId,
        address: &EndpointAddress,
    ) -> Result<Option<ChannelEndpoint>, StoreError> {
        self.read(|tables| {
            tables
                .endpoints
                .find(|e| {
                    e.environment_id == environment
                        && e.integration_id == integration
                        && e.connection_identifier.as_ref() == connection
                        && e.subscriber_id == *subscriber_id
                        && e.address.kind == address.kind
                        && e.address.key == address.key
                })
                .map(|row| read(tables, row))
        })
    }

    async fn insert(&self, endpoint: &ChannelEndpoint) -> Result<(), RecordError> {
        self.write(|tables| insert(tables, endpoint)).await
    }

    async fn replace(&self, endpoint: &ChannelEndpoint) -> Result<(), RecordError> {
        self.write(|tables| replace(tables, endpoint)).await
    }

    async fn record(
        &self,
        endpoint: &ChannelEndpoint,
        attempt: &ConnectAttempt,
    ) -> Result<(), RecordError> {
        self.write(|tables| {
            put(tables, endpoint)?;
            Ok(attempt_store::put(tables, attempt)?)
        })
        .await
    }

    async fn delete(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<bool, StoreError> {
        self.write(|tables| {
            let gone = tables
                .endpoints
                .delete(|e| e.environment_id == environment && e.identifier == identifier);
            Ok(gone > 0)
        })
        .await
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &EndpointFilter,
        request: &PageRequest,
    ) -> Result<Page<ChannelEndpoint>, StoreError> {
        self.read(|tables| {
            let rows = tables
                .endpoints
                .rows()
                .filter(|e| e.environment_id == environment && fits(tables, e, filter));
            let found = page(rows, request);
            found.map(|row| read(tables, &row))
        })
    }
}

/// Inserts an endpoint, or gives the one of its id the new address.
pub(super) fn put(tables: &mut Tables, endpoint: &ChannelEndpoint) -> Result<(), RecordError> {
    if tables.endpoints.get(&endpoint.id).is_some() {
        replace(tables, endpoint)
    } else {
        insert(tables, endpoint)
    }
}

/// As [`put`], for an endpoint that a connection brings along: it lies there and nowhere else, and
/// whoever took its identifier raced it.
pub(super) fn put_in(
    tables: &mut Tables,
    endpoint: &ChannelEndpoint,
    connection: &ConnectionIdentifier,
) -> Result<(), RecordError> {
    let lies_elsewhere = tables
        .endpoints
        .get(&endpoint.id)
        .is_some_and(|stored| stored.connection_identifier.as_ref() != Some(connection));
    if lies_elsewhere {
        return Err(RecordError::Raced);
    }
    put(tables, endpoint).map_err(|error| match error {
        RecordError::IdentifierTaken => RecordError::Raced,
        error => error,
    })
}

fn find<'a>(
    tables: &'a Tables,
    environment: EnvironmentId,
    identifier: &str,
) -> Option<&'a ChannelEndpoint> {
    tables
        .endpoints
        .find(|e| e.environment_id == environment && e.identifier == identifier)
}

fn read(tables: &Tables, row: &ChannelEndpoint) -> ChannelEndpoint {
    let mut endpoint = row.clone();
    if let Some(identifier) = tables.integration_identifier(row.integration_id) {
        identifier.clone_into(&mut endpoint.integration_identifier);
    }
    endpoint
}

fn insert(tables: &mut Tables, endpoint: &ChannelEndpoint) -> Result<(), RecordError> {
    let environment = endpoint.environment_id;
    if find(tables, environment, &endpoint.identifier).is_some() {
        return Err(RecordError::IdentifierTaken);
    }
    let lies_nowhere = endpoint
        .connection_identifier
        .as_ref()
        .is_some_and(|c| connection_store::find(tables, environment, c).is_none());
    if lies_nowhere
        || has_same(tables, endpoint)
        || !tables.has_integration(environment, endpoint.integration_id)
    {
        return Err(RecordError::Raced);
    }
    tables.check_subscriber(environment, &endpoint.subscriber_id)?;
    tables.endpoints.put(endpoint.id, endpoint.clone());
    Ok(())
}

fn replace(tables: &mut Tables, endpoint: &ChannelEndpoint) -> Result<(), RecordError> {
    let stored = tables
        .endpoints
        .get(&endpoint.id)
        .filter(|e| e.environment_id == endpoint.environment_id)
        .ok_or(RecordError::Raced)?;
    let replaced = ChannelEndpoint {
        address: endpoint.address.clone(),
        secret: endpoint.secret.clone(),
        updated_at: endpoint.updated_at,
        ..stored.clone()
    };
    if has_same(tables, &replaced) {
        return Err(RecordError::Raced);
    }
    tables.endpoints.put(replaced.id, replaced);
    Ok(())
}

/// Whether another endpoint has this address.
fn has_same(tables: &Tables, endpoint: &ChannelEndpoint) -> bool {
    tables.endpoints.any(|e| {
        e.id != endpoint.id
            && e.environment_id == endpoint.environment_id
            && e.integration_id == endpoint.integration_id
            && e.connection_identifier == endpoint.connection_identifier
            && e.subscriber_id == endpoint.subscriber_id
            && e.address.kind == endpoint.address.kind
            && e.address.key == endpoint.address.key
    })
}

fn fits(tables: &Tables, endpoint: &ChannelEndpoint, filter: &EndpointFilter) -> bool {
    let connection = endpoint.connection_identifier.as_ref();
    passes(filter.subscriber_id.as_ref(), Some(&endpoint.subscriber_id))
        && passes(
            filter.connection_identifier.as_deref(),
            connection.map(ConnectionIdentifier::as_str),
        )
        && passes(filter.provider.as_ref(), Some(&endpoint.provider))
        && passes(
            filter.integration_identifier.as_deref(),
            tables.integration_identifier(endpoint.integration_id),
        )
        && passes(filter.context_keys.as_ref(), Some(&endpoint.context_keys))
}
