//! Where channel connections are kept.

use async_trait::async_trait;

use crate::{
    attempt::ConnectAttempt,
    connection::{ChannelConnection, ConnectionIdentifier, ConnectionMode, Owner},
    context::ContextKeys,
    endpoint::ChannelEndpoint,
    id::{EnvironmentId, IntegrationId},
    page::{Page, PageRequest},
    ports::StoreError,
    provider::ProviderId,
    subscriber::SubscriberId,
};

/// Which connections to list; what is absent does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionFilter {
    /// Those of this subscriber.
    pub subscriber_id: Option<SubscriberId>,
    /// Those of this mode.
    pub mode: Option<ConnectionMode>,
    /// Those to this provider.
    pub provider: Option<ProviderId>,
    /// Those through this integration, by its identifier.
    pub integration_identifier: Option<String>,
    /// Those that belong to exactly these contexts.
    pub context_keys: Option<ContextKeys>,
}

/// A connection that leads to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeadingConnection {
    /// The environment that it lives in.
    pub environment_id: EnvironmentId,
    /// Its identifier there.
    pub identifier: ConnectionIdentifier,
    /// The integration through which it was made.
    pub integration_id: IntegrationId,
}

/// How a connection is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionWrite {
    /// It is new.
    Insert,
    /// It replaces workspace, credentials and health of the row with its id, whose generation is
    /// one less than its own.
    Replace,
}

/// All that a finished flow leaves behind.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordConnection {
    /// How the connection is written.
    pub write: ConnectionWrite,
    /// The connection as it is to be.
    pub connection: ChannelConnection,
    /// The connection's endpoints to insert; one whose id is there already, in this connection,
    /// gets the new address and secret. Anything else that is in the way of one, an identifier
    /// too, is [`RecordError::Raced`].
    pub endpoints: Vec<ChannelEndpoint>,
    /// The attempt as it is to be, whatever its stored status; it exists.
    pub attempt: ConnectAttempt,
}

/// Why nothing at all was recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The identifier belongs to a connection of another owner or integration. One that the same
    /// owner made meanwhile is a race.
    #[error("the connection identifier is taken")]
    IdentifierTaken,
    /// Somebody else wrote the same connection or endpoint meanwhile, or deleted what it hangs on,
    /// such as its integration: look again, then try again.
    #[error("the connection was changed meanwhile")]
    Raced,
    /// A subscriber that is named does not exist.
    #[error("the subscriber does not exist")]
    SubscriberGone,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Keeps connections. An identifier is unique in its environment; integration, owner and
/// workspace id together are, too. What becomes of health and upkeep stands at
/// [`crate::ports::UpkeepStore`].
#[async_trait]
pub trait ConnectionStore: Send + Sync {
    /// The environment's connection of this identifier.
    async fn find(
        &self,
        environment: EnvironmentId,
        identifier: &ConnectionIdentifier,
    ) -> Result<Option<ChannelConnection>, StoreError>;

    /// The environment's connection of this owner through this integration to this workspace.
    async fn find_same(
        &self,
        environment: EnvironmentId,
        integration: IntegrationId,
        owner: &Owner,
        workspace_id: &str,
    ) -> Result<Option<ChannelConnection>, StoreError>;

    /// The connections, in whichever environment, that lead to this account at this provider: an
    /// app's end there is the end of all of them, and a provider may hand the same token to two.
    async fn list_leading(
        &self,
        provider: &ProviderId,
        workspace_id: &str,
    ) -> Result<Vec<LeadingConnection>, StoreError>;

    /// A page of the environment's connections.
    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &ConnectionFilter,
        page: &PageRequest,
    ) -> Result<Page<ChannelConnection>, StoreError>;

    /// Adds a connection that came about elsewhere; fails like [`Self::record`].
    async fn insert(&self, connection: &ChannelConnection) -> Result<(), RecordError>;

    /// Replaces workspace, credentials and health of the connection with this id whose generation
    /// is one less than the given one's; fails like [`Self::record`].
    async fn replace(&self, connection: &ChannelConnection) -> Result<(), RecordError>;

    /// Deletes a connection with its credentials and endpoints, all or nothing. Answers whether
    /// there was one.
    async fn delete(
        &self,
        environment: EnvironmentId,
        identifier: &ConnectionIdentifier,
    ) -> Result<bool, StoreError>;

    /// Writes connection, credentials, endpoints and attempt in one transaction: all or nothing,
    /// durable when this returns.
    async fn record(&self, record: &RecordConnection) -> Result<(), RecordError>;
}
