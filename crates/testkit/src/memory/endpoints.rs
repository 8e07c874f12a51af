//! Endpoints.

use async_trait::async_trait;
use tieline_domain::{
    attempt::ConnectAttempt,
    connection::ConnectionIdentifier,
    endpoint::{ChannelEndpoint, EndpointAddress},
    id::{EnvironmentId, IntegrationId},
    page::{Page, PageRequest, Position},
    ports::{EndpointFilter, EndpointStore, RecordError, StoreError},
    subscriber::SubscriberId,
};

use super::{MemoryStorage, Tables, dangling, page_of, passes};

#[async_trait]
impl EndpointStore for MemoryStorage {
    async fn find(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<Option<ChannelEndpoint>, StoreError> {
        let own =
            |e: &&ChannelEndpoint| e.environment_id == environment && e.identifier == identifier;
        Ok(self.tables().await?.endpoints.iter().find(own).cloned())
    }

    async fn find_same(
        &self,
        environment: EnvironmentId,
        integration: IntegrationId,
        connection: Option<&ConnectionIdentifier>,
        subscriber_id: &SubscriberId,
        address: &EndpointAddress,
    ) -> Result<Option<ChannelEndpoint>, StoreError> {
        let same = |e: &&ChannelEndpoint| {
            e.environment_id == environment
                && e.integration_id == integration
                && e.connection_identifier.as_ref() == connection
                && e.subscriber_id == *subscriber_id
                && e.address.kind == address.kind
                && e.address.key == address.key
        };
        Ok(self.tables().await?.endpoints.iter().find(same).cloned())
    }

    async fn insert(&self, endpoint: &ChannelEndpoint) -> Result<(), RecordError> {
        let mut tables = self.tables().await?;
        check_new(&tables, endpoint)?;
        write_endpoint(&mut tables, endpoint);
        Ok(())
    }

    async fn replace(&self, endpoint: &ChannelEndpoint) -> Result<(), RecordError> {
        let mut tables = self.tables().await?;
        if !is_known(&tables, endpoint)? {
            return Err(RecordError::Raced);
        }
        write_endpoint(&mut tables, endpoint);
        Ok(())
    }

    async fn record(
        &self,
        endpoint: &ChannelEndpoint,
        attempt: &ConnectAttempt,
    ) -> Result<(), RecordError> {
        let mut tables = self.tables().await?;
        if !is_known(&tables, endpoint)? {
            check_new(&tables, endpoint)?;
        }
        if !tables.attempts.contains_key(&attempt.id) {
            return Err(dangling("attempt").into());
        }
        write_endpoint(&mut tables, endpoint);
        tables.attempts.insert(attempt.id, attempt.clone());
        Ok(())
    }

    async fn delete(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<bool, StoreError> {
        let endpoints = &mut self.tables().await?.endpoints;
        let before = endpoints.len();
        endpoints.retain(|e| e.environment_id != environment || e.identifier != identifier);
        Ok(endpoints.len() < before)
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &EndpointFilter,
        page: &PageRequest,
    ) -> Result<Page<ChannelEndpoint>, StoreError> {
        let tables = self.tables().await?;
        let matching = tables.endpoints.iter().filter(|e| {
            let connection = e.connection_identifier.clone().map(String::from);
            e.environment_id == environment
                && passes(filter.subscriber_id.as_ref(), Some(&e.subscriber_id))
                && passes(filter.connection_identifier.as_ref(), connection.as_ref())
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

/// Checks that an endpoint can be added.
fn check_new(tables: &Tables, endpoint: &ChannelEndpoint) -> Result<(), RecordError> {
    let environment = endpoint.environment_id;
    let mut own = tables.endpoints.iter();
    if own.any(|e| e.environment_id == environment && e.identifier == endpoint.identifier) {
        return Err(RecordError::IdentifierTaken);
    }
    let is_there_yet = tables.endpoints.iter().any(|other| other.id == endpoint.id);
    let has_home = tables.has_integration(environment, endpoint.integration_id)
        && has_connection(tables, endpoint);
    if is_there_yet || !has_home || has_another_at_its_address(tables, endpoint) {
        return Err(RecordError::Raced);
    }
    tables.check_subscriber(environment, &endpoint.subscriber_id)
}

/// Whether there is an endpoint of this id, which then can take the new address.
fn is_known(tables: &Tables, endpoint: &ChannelEndpoint) -> Result<bool, RecordError> {
    let mut own = tables.endpoints.iter();
    let own = own.find(|e| e.environment_id == endpoint.environment_id && e.id == endpoint.id);
    let Some(stored) = own else {
        return Ok(false);
    };
    let moved = ChannelEndpoint {
        address: endpoint.address.clone(),
        ..stored.clone()
    };
    if has_another_at_its_address(tables, &moved) {
        return Err(RecordError::Raced);
    }
    Ok(true)
}

/// Checks that endpoints can be written along with their connection.
pub(super) fn check_recorded(
    tables: &Tables,
    endpoints: &[ChannelEndpoint],
) -> Result<(), RecordError> {
    for new in endpoints {
        let mut others = tables.endpoints.iter().chain(endpoints);
        if others.any(|other| !std::ptr::eq(other, new) && clash(other, new)) {
            return Err(RecordError::Raced);
        }
        tables.check_subscriber(new.environment_id, &new.subscriber_id)?;
    }
    Ok(())
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
    one.environment_id == other.environment_id
        && one.integration_id == other.integration_id
        && one.connection_identifier == other.connection_identifier
        && one.subscriber_id == other.subscriber_id
        && one.address.kind == other.address.kind
        && one.address.key == other.address.key
}

fn has_another_at_its_address(tables: &Tables, endpoint: &ChannelEndpoint) -> bool {
    let mut others = tables.endpoints.iter().filter(|e| e.id != endpoint.id);
    others.any(|other| is_same(other, endpoint))
}

fn has_connection(tables: &Tables, endpoint: &ChannelEndpoint) -> bool {
    endpoint
        .connection_identifier
        .as_ref()
        .is_none_or(|identifier| {
            tables
                .connections
                .iter()
                .any(|c| c.environment_id == endpoint.environment_id && c.identifier == *identifier)
        })
}

/// Adds an endpoint, or gives the one with its id the new address and secret.
pub(super) fn write_endpoint(tables: &mut Tables, endpoint: &ChannelEndpoint) {
    match tables.endpoints.iter_mut().find(|e| e.id == endpoint.id) {
        Some(stored) => {
            stored.address = endpoint.address.clone();
            stored.secret.clone_from(&endpoint.secret);
            stored.updated_at = endpoint.updated_at;
        }
        None => tables.endpoints.push(endpoint.clone()),
    }
}
