//! Where channel endpoints are kept. Those that a flow links are written with their connection:
//! [`crate::ports::ConnectionStore::record`].

use async_trait::async_trait;

use crate::{
    attempt::ConnectAttempt,
    connection::ConnectionIdentifier,
    context::ContextKeys,
    endpoint::{ChannelEndpoint, EndpointAddress},
    id::{EnvironmentId, IntegrationId},
    page::{Page, PageRequest},
    ports::{RecordError, StoreError},
    provider::ProviderId,
    subscriber::SubscriberId,
};

/// Which endpoints to list; what is absent does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointFilter {
    /// Those of this subscriber.
    pub subscriber_id: Option<SubscriberId>,
    /// Those in this connection.
    pub connection_identifier: Option<String>,
    /// Those at this provider.
    pub provider: Option<ProviderId>,
    /// Those through this integration, by its identifier.
    pub integration_identifier: Option<String>,
    /// Those made in exactly these contexts.
    pub context_keys: Option<ContextKeys>,
}

/// Keeps endpoints. Integration, connection (or none), subscriber, kind and key of the address
/// together are unique.
#[async_trait]
pub trait EndpointStore: Send + Sync {
    /// The environment's endpoint of this identifier.
    async fn find(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<Option<ChannelEndpoint>, StoreError>;

    /// The endpoint of this subscriber through this integration, in this connection or in none,
    /// that has the same kind and key of address.
    async fn find_same(
        &self,
        environment: EnvironmentId,
        integration: IntegrationId,
        connection: Option<&ConnectionIdentifier>,
        subscriber_id: &SubscriberId,
        address: &EndpointAddress,
    ) -> Result<Option<ChannelEndpoint>, StoreError>;

    /// Adds an endpoint. [`RecordError::IdentifierTaken`] if its environment has one of that
    /// identifier, [`RecordError::Raced`] if it has one at the same address or has not the
    /// integration or the connection, [`RecordError::SubscriberGone`] if it has not the subscriber.
    async fn insert(&self, endpoint: &ChannelEndpoint) -> Result<(), RecordError>;

    /// Replaces address, secret and time of change of the endpoint with this environment and id;
    /// [`RecordError::Raced`] if it is gone or another has the new address.
    async fn replace(&self, endpoint: &ChannelEndpoint) -> Result<(), RecordError>;

    /// Writes an endpoint, new or known by its id, and ends the attempt that linked it, whatever
    /// the attempt's stored status; all or nothing. Fails like [`Self::insert`].
    async fn record(
        &self,
        endpoint: &ChannelEndpoint,
        attempt: &ConnectAttempt,
    ) -> Result<(), RecordError>;

    /// Deletes an endpoint. Answers whether there was one.
    async fn delete(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<bool, StoreError>;

    /// A page of the environment's endpoints.
    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &EndpointFilter,
        page: &PageRequest,
    ) -> Result<Page<ChannelEndpoint>, StoreError>;
}
