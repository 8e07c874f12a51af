//! Where channel endpoints are kept. They are written with their connection:
//! [`crate::ports::ConnectionStore::record`].

use async_trait::async_trait;

use crate::{
    connection::ConnectionIdentifier,
    context::ContextKeys,
    endpoint::{ChannelEndpoint, EndpointAddress},
    id::EnvironmentId,
    page::{Page, PageRequest},
    ports::StoreError,
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

/// Keeps endpoints. Connection, subscriber, kind and key of the address together are unique.
#[async_trait]
pub trait EndpointStore: Send + Sync {
    /// The environment's endpoint of this identifier.
    async fn find(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<Option<ChannelEndpoint>, StoreError>;

    /// The endpoint of this subscriber in this connection that has the same kind and key of
    /// address.
    async fn find_same(
        &self,
        environment: EnvironmentId,
        connection: &ConnectionIdentifier,
        subscriber_id: &SubscriberId,
        address: &EndpointAddress,
    ) -> Result<Option<ChannelEndpoint>, StoreError>;

    /// A page of the environment's endpoints.
    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &EndpointFilter,
        page: &PageRequest,
    ) -> Result<Page<ChannelEndpoint>, StoreError>;
}
