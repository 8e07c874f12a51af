//! [`ConnectionStore`] on SQLite.

use async_trait::async_trait;
use sqlx::{QueryBuilder, Sqlite};
use tieline_domain::{
    connection::{ChannelConnection, ConnectionIdentifier, Owner},
    id::{EnvironmentId, IntegrationId},
    page::{Page, PageRequest, Position},
    ports::{
        ConnectionFilter, ConnectionStore, ConnectionWrite, LeadingConnection, RecordConnection,
        RecordError, StoreError,
    },
    provider::ProviderId,
};

use crate::{column::keys_to_json, database::Access, error::unavailable, keyset};

mod credential;
mod filter;
mod read;
mod record;
mod row;
mod write;

pub(crate) use credential::replace as replace_credentials;
use filter::push_filter;
use read::fetch_one;
pub(crate) use read::{fetch, select};
use row::LeadingRow;

/// Keeps connections in SQLite.
#[derive(Clone, Debug)]
pub struct SqliteConnectionStore {
    pub(crate) access: Access,
}

#[async_trait]
impl ConnectionStore for SqliteConnectionStore {
    async fn find(
        &self,
        environment: EnvironmentId,
        identifier: &ConnectionIdentifier,
    ) -> Result<Option<ChannelConnection>, StoreError> {
        let mut query = select();
        query
            .push("connections.environment_id = ")
            .push_bind(environment.0);
        query
            .push(" AND connections.identifier = ")
            .push_bind(identifier.as_str());
        fetch_one(&self.access, query).await
    }

    async fn find_same(
        &self,
        environment: EnvironmentId,
        integration: IntegrationId,
        owner: &Owner,
        workspace_id: &str,
    ) -> Result<Option<ChannelConnection>, StoreError> {
        let subscriber = owner
            .subscriber_id
            .clone()
            .map(String::from)
            .unwrap_or_default();
        let mut query = select();
        query
            .push("connections.environment_id = ")
            .push_bind(environment.0);
        query
            .push(" AND connections.integration_id = ")
            .push_bind(integration.0);
        // Word for word the expression of the unique index.
        query
            .push(" AND coalesce(connections.subscriber_id, '') = ")
            .push_bind(subscriber);
        query
            .push(" AND connections.context_keys = ")
            .push_bind(keys_to_json(&owner.context_keys));
        query
            .push(" AND connections.workspace_id = ")
            .push_bind(workspace_id);
        fetch_one(&self.access, query).await
    }

    async fn list_leading(
        &self,
        provider: &ProviderId,
        workspace_id: &str,
    ) -> Result<Vec<LeadingConnection>, StoreError> {
        let rows: Vec<LeadingRow> = sqlx::query_as(
            "SELECT connections.environment_id, connections.identifier, connections.integration_id
             FROM connections
             JOIN integrations ON integrations.id = connections.integration_id
             WHERE connections.workspace_id = ? AND integrations.provider = ?",
        )
        .bind(workspace_id)
        .bind(provider.as_str())
        .fetch_all(&mut *self.access.reader().await?)
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
        let mut tx = self.access.begin_read().await?;
        let connections = fetch(&mut tx, listing(environment, filter, page)).await?;
        let provider = filter.provider.as_ref();
        let push_filter = |query: &mut _| push_filter(query, environment, filter);
        let total = keyset::count_matching(
            &mut tx,
            "connections",
            environment,
            provider,
            page.known_total(connections.len()),
            push_filter,
        );
        let total = total.await?;
        Ok(Page::of(connections, page, total, |connection| Position {
            created_at: connection.created_at,
            id: connection.id.0,
        }))
    }

    async fn insert(&self, connection: &ChannelConnection) -> Result<(), RecordError> {
        record::record_alone(&self.access, ConnectionWrite::Insert, connection).await
    }

    async fn replace(&self, connection: &ChannelConnection) -> Result<(), RecordError> {
        record::record_alone(&self.access, ConnectionWrite::Replace, connection).await
    }

    async fn delete(
        &self,
        environment: EnvironmentId,
        identifier: &ConnectionIdentifier,
    ) -> Result<bool, StoreError> {
        let sql = "DELETE FROM connections WHERE environment_id = ? AND identifier = ?";
        let result = sqlx::query(sql)
            .bind(environment.0)
            .bind(identifier.as_str())
            .execute(&mut *self.access.writer().await?)
            .await
            .map_err(unavailable)?;
        Ok(result.rows_affected() > 0)
    }

    async fn record(&self, record: &RecordConnection) -> Result<(), RecordError> {
        record::record(&self.access, record).await
    }
}

/// The query of a page of connections.
pub(crate) fn listing(
    environment: EnvironmentId,
    filter: &ConnectionFilter,
    page: &PageRequest,
) -> QueryBuilder<Sqlite> {
    let mut query = select();
    let provider = filter.provider.as_ref();
    let push_filter = |query: &mut _| push_filter(query, environment, filter);
    keyset::push_matching_page(
        &mut query,
        "connections",
        environment,
        provider,
        page,
        push_filter,
    );
    query
}
