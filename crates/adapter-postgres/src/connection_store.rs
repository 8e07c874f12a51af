//! [`ConnectionStore`] on Postgres.

use async_trait::async_trait;
use tieline_domain::{
    connection::{ChannelConnection, ConnectionIdentifier, Owner},
    id::{EnvironmentId, IntegrationId},
    page::{Page, PageRequest},
    ports::{
        ConnectionFilter, ConnectionStore, ConnectionWrite, LeadingConnection, RecordConnection,
        RecordError, StoreError,
    },
    provider::ProviderId,
};

use crate::{
    column::is_storable,
    database::Access,
    error::{retried, unavailable},
};

// Connections and their credentials in one statement: credentials of another generation than their
// connection's would not open.
macro_rules! select_connections {
    ([$($sql:literal),+], $($argument:expr),+) => {
        sqlx::query_as!(
            ConnectionRow,
            r#"SELECT connections.id, connections.environment_id, connections.identifier,
                 connections.integration_id, integrations.identifier AS integration_identifier,
                 integrations.provider, connections.subscriber_id, connections.context_keys,
                 connections.workspace_id, connections.workspace_name, connections.bot_user_id,
                 connections.generation, connections.health_standing,
                 connections.failure_reason, connections.failure_provider_error,
                 connections.health_since, connections.proved_at, connections.due_at,
                 connections.failures, connections.lease_epoch, connections.leased_until,
                 connections.created_at, connections.updated_at,
                 connection_credentials.kind AS "kind?",
                 connection_credentials.access_token AS "access_token?",
                 connection_credentials.refresh_token AS "refresh_token?",
                 connection_credentials.scopes::text,
                 connection_credentials.expires_at AS "expires_at?"
             FROM connections
             JOIN integrations ON integrations.environment_id = connections.environment_id
                 AND integrations.id = connections.integration_id
             LEFT JOIN connection_credentials
                 ON connection_credentials.environment_id = connections.environment_id
                 AND connection_credentials.connection_id = connections.id
             WHERE "# $(+ $sql)+,
            $($argument),+
        )
    };
}

mod credential;
mod list;
mod record;
mod row;
mod write;

pub(crate) use credential::replace as replace_credentials;
use row::LeadingRow;
pub(crate) use row::{ConnectionRow, gather};

/// Keeps connections in Postgres.
#[derive(Clone, Debug)]
pub struct PgConnectionStore {
    pub(crate) access: Access,
}

#[async_trait]
impl ConnectionStore for PgConnectionStore {
    async fn find(
        &self,
        environment: EnvironmentId,
        identifier: &ConnectionIdentifier,
    ) -> Result<Option<ChannelConnection>, StoreError> {
        let rows = select_connections!(
            [
                "connections.environment_id = $1 AND connections.identifier = $2
                 ORDER BY connection_credentials.kind"
            ],
            environment.0,
            identifier.as_str()
        )
        .fetch_all(&mut self.access.reader().await?)
        .await
        .map_err(unavailable)?;
        Ok(gather(rows)?.pop())
    }

    async fn find_same(
        &self,
        environment: EnvironmentId,
        integration: IntegrationId,
        owner: &Owner,
        workspace_id: &str,
    ) -> Result<Option<ChannelConnection>, StoreError> {
        if !is_storable(workspace_id) {
            return Ok(None);
        }
        let rows = select_connections!(
            [
                "connections.environment_id = $1 AND connections.integration_id = $2
                     AND connections.owner_hash = $3 AND connections.workspace_id = $4
                 ORDER BY connection_credentials.kind"
            ],
            environment.0,
            integration.0,
            write::owner_hash(owner),
            workspace_id
        )
        .fetch_all(&mut self.access.reader().await?)
        .await
        .map_err(unavailable)?;
        Ok(gather(rows)?.pop())
    }

    async fn list_leading(
        &self,
        provider: &ProviderId,
        workspace_id: &str,
    ) -> Result<Vec<LeadingConnection>, StoreError> {
        if !is_storable(workspace_id) {
            return Ok(Vec::new());
        }
        let rows = sqlx::query_as!(
            LeadingRow,
            "SELECT connections.environment_id, connections.identifier, connections.integration_id
             FROM connections
             JOIN integrations ON integrations.id = connections.integration_id
             WHERE connections.workspace_id = $1 AND integrations.provider = $2",
            workspace_id,
            provider.as_str()
        )
        .fetch_all(&mut self.access.reader().await?)
        .await
        .map_err(unavailable)?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &ConnectionFilter,
        page: &PageRequest,
    ) -> Result<Page<ChannelConnection>, StoreError> {
        list::page(&self.access, environment, filter, page).await
    }

    async fn insert(&self, connection: &ChannelConnection) -> Result<(), RecordError> {
        let write = ConnectionWrite::Insert;
        retried(|| record::record_alone(&self.access, write, connection)).await
    }

    async fn replace(&self, connection: &ChannelConnection) -> Result<(), RecordError> {
        let write = ConnectionWrite::Replace;
        retried(|| record::record_alone(&self.access, write, connection)).await
    }

    async fn delete(
        &self,
        environment: EnvironmentId,
        identifier: &ConnectionIdentifier,
    ) -> Result<bool, StoreError> {
        retried(|| async {
            let mut session = self.access.writer().await?;
            let result = sqlx::query!(
                "DELETE FROM connections WHERE environment_id = $1 AND identifier = $2",
                environment.0,
                identifier.as_str()
            )
            .execute(&mut session)
            .await
            .map_err(unavailable)?;
            session.commit().await.map_err(unavailable)?;
            Ok(result.rows_affected() > 0)
        })
        .await
    }

    async fn record(&self, record: &RecordConnection) -> Result<(), RecordError> {
        retried(|| record::record(&self.access, record)).await
    }
}
