//! [`EndpointStore`] on SQLite.

use async_trait::async_trait;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use tieline_domain::{
    attempt::ConnectAttempt,
    connection::ConnectionIdentifier,
    endpoint::{ChannelEndpoint, EndpointAddress},
    id::{EnvironmentId, IntegrationId},
    page::{Page, PageRequest, Position},
    ports::{EndpointFilter, EndpointStore, RecordError, StoreError},
    subscriber::SubscriberId,
};

use crate::{
    database::Access,
    error::{record_error, unavailable},
    keyset,
};

mod filter;
mod record;
mod row;
mod write;

use filter::{push_filter, push_place};
use row::EndpointRow;
pub(crate) use write::upsert;

/// Keeps endpoints in SQLite.
#[derive(Clone, Debug)]
pub struct SqliteEndpointStore {
    pub(crate) access: Access,
}

const SELECT: &str = "
    SELECT endpoints.id, endpoints.environment_id, endpoints.identifier, endpoints.integration_id,
        integrations.identifier AS integration_identifier, integrations.provider,
        connections.identifier AS connection_identifier, endpoints.subscriber_id,
        endpoints.context_keys, endpoints.kind, endpoints.address, endpoints.address_key,
        endpoints.secret, endpoints.created_at, endpoints.updated_at
    FROM endpoints
    -- In this order: see `connection_store/read.rs`.
    CROSS JOIN integrations ON integrations.environment_id = endpoints.environment_id
        AND integrations.id = endpoints.integration_id
    LEFT JOIN connections ON connections.environment_id = endpoints.environment_id
        AND connections.id = endpoints.connection_id
    WHERE ";

#[async_trait]
impl EndpointStore for SqliteEndpointStore {
    async fn find(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<Option<ChannelEndpoint>, StoreError> {
        let mut query = QueryBuilder::new(SELECT);
        query
            .push("endpoints.environment_id = ")
            .push_bind(environment.0);
        query
            .push(" AND endpoints.identifier = ")
            .push_bind(identifier);
        self.find_by(query).await
    }

    async fn find_same(
        &self,
        environment: EnvironmentId,
        integration: IntegrationId,
        connection: Option<&ConnectionIdentifier>,
        subscriber_id: &SubscriberId,
        address: &EndpointAddress,
    ) -> Result<Option<ChannelEndpoint>, StoreError> {
        let mut query = QueryBuilder::new(SELECT);
        query
            .push("endpoints.environment_id = ")
            .push_bind(environment.0);
        query
            .push(" AND endpoints.integration_id = ")
            .push_bind(integration.0);
        push_place(&mut query, environment, connection);
        query
            .push(" AND endpoints.subscriber_id = ")
            .push_bind(subscriber_id.as_str());
        query
            .push(" AND endpoints.kind = ")
            .push_bind(address.kind.as_str());
        query
            .push(" AND endpoints.address_key = ")
            .push_bind(&address.key);
        self.find_by(query).await
    }

    async fn insert(&self, endpoint: &ChannelEndpoint) -> Result<(), RecordError> {
        record::insert(&self.access, endpoint).await
    }

    async fn replace(&self, endpoint: &ChannelEndpoint) -> Result<(), RecordError> {
        let replaced = write::replace(&mut *self.access.writer().await?, endpoint).await;
        if replaced.map_err(record_error)? {
            return Ok(());
        }
        Err(RecordError::Raced)
    }

    async fn record(
        &self,
        endpoint: &ChannelEndpoint,
        attempt: &ConnectAttempt,
    ) -> Result<(), RecordError> {
        record::record(&self.access, endpoint, attempt).await
    }

    async fn delete(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<bool, StoreError> {
        let sql = "DELETE FROM endpoints WHERE environment_id = ? AND identifier = ?";
        let result = sqlx::query(sql)
            .bind(environment.0)
            .bind(identifier)
            .execute(&mut *self.access.writer().await?)
            .await
            .map_err(unavailable)?;
        Ok(result.rows_affected() > 0)
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &EndpointFilter,
        page: &PageRequest,
    ) -> Result<Page<ChannelEndpoint>, StoreError> {
        let mut tx = self.access.begin_read().await?;
        let endpoints = fetch(&mut tx, listing(environment, filter, page)).await?;
        let provider = filter.provider.as_ref();
        let push_filter = |query: &mut _| push_filter(query, environment, filter);
        let total = keyset::count_matching(
            &mut tx,
            "endpoints",
            environment,
            provider,
            page.known_total(endpoints.len()),
            push_filter,
        );
        let total = total.await?;
        Ok(Page::of(endpoints, page, total, |endpoint| Position {
            created_at: endpoint.created_at,
            id: endpoint.id.0,
        }))
    }
}

impl SqliteEndpointStore {
    async fn find_by(
        &self,
        query: QueryBuilder<Sqlite>,
    ) -> Result<Option<ChannelEndpoint>, StoreError> {
        let mut connection = self.access.reader().await?;
        Ok(fetch(&mut connection, query).await?.pop())
    }
}

async fn fetch(
    connection: &mut SqliteConnection,
    mut query: QueryBuilder<Sqlite>,
) -> Result<Vec<ChannelEndpoint>, StoreError> {
    let rows: Vec<EndpointRow> = query
        .build_query_as()
        .fetch_all(connection)
        .await
        .map_err(unavailable)?;
    rows.into_iter().map(ChannelEndpoint::try_from).collect()
}

/// The query of a page of endpoints.
pub(crate) fn listing(
    environment: EnvironmentId,
    filter: &EndpointFilter,
    page: &PageRequest,
) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(SELECT);
    let provider = filter.provider.as_ref();
    let push_filter = |query: &mut _| push_filter(query, environment, filter);
    keyset::push_matching_page(
        &mut query,
        "endpoints",
        environment,
        provider,
        page,
        push_filter,
    );
    query
}
