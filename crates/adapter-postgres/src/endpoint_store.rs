//! [`EndpointStore`] on Postgres.

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

use crate::{
    column::is_storable,
    database::Access,
    error::{record_error, retried, unavailable},
};

macro_rules! select {
    ([$($sql:literal),+], $($argument:expr),+) => {
        sqlx::query_as!(
            EndpointRow,
            r#"SELECT endpoints.id, endpoints.environment_id, endpoints.identifier,
                 endpoints.integration_id, integrations.identifier AS integration_identifier,
                 integrations.provider, connections.identifier AS "connection_identifier?",
                 endpoints.subscriber_id, endpoints.context_keys, endpoints.kind,
                 endpoints.address::text AS "address!", endpoints.address_key, endpoints.secret,
                 endpoints.created_at, endpoints.updated_at
             FROM endpoints
             JOIN integrations ON integrations.environment_id = endpoints.environment_id
                 AND integrations.id = endpoints.integration_id
             LEFT JOIN connections ON connections.environment_id = endpoints.environment_id
                 AND connections.id = endpoints.connection_id
             WHERE "# $(+ $sql)+,
            $($argument),+
        )
    };
}

mod list;
mod record;
mod row;
mod same;
mod write;

use row::EndpointRow;
pub(crate) use write::upsert;

/// Keeps endpoints in Postgres.
#[derive(Clone, Debug)]
pub struct PgEndpointStore {
    pub(crate) access: Access,
}

#[async_trait]
impl EndpointStore for PgEndpointStore {
    async fn find(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<Option<ChannelEndpoint>, StoreError> {
        if !is_storable(identifier) {
            return Ok(None);
        }
        let row = select!(
            ["endpoints.environment_id = $1 AND endpoints.identifier = $2"],
            environment.0,
            identifier
        )
        .fetch_optional(&mut self.access.reader().await?)
        .await
        .map_err(unavailable)?;
        row.map(ChannelEndpoint::try_from).transpose()
    }

    async fn find_same(
        &self,
        environment: EnvironmentId,
        integration: IntegrationId,
        connection: Option<&ConnectionIdentifier>,
        subscriber_id: &SubscriberId,
        address: &EndpointAddress,
    ) -> Result<Option<ChannelEndpoint>, StoreError> {
        let mut session = self.access.reader().await?;
        let same = same::Same {
            environment,
            integration,
            subscriber_id,
            address,
        };
        let row = match connection {
            Some(identifier) => same.find_in(&mut session, identifier).await,
            None => same.find_loose(&mut session).await,
        };
        row.map_err(unavailable)?
            .map(ChannelEndpoint::try_from)
            .transpose()
    }

    async fn insert(&self, endpoint: &ChannelEndpoint) -> Result<(), RecordError> {
        retried(|| record::insert(&self.access, endpoint)).await
    }

    async fn replace(&self, endpoint: &ChannelEndpoint) -> Result<(), RecordError> {
        let mut session = self.access.writer().await?;
        let replaced = write::replace(&mut session, endpoint).await;
        if !replaced.map_err(record_error)? {
            return Err(RecordError::Raced);
        }
        session.commit().await.map_err(record_error)
    }

    async fn record(
        &self,
        endpoint: &ChannelEndpoint,
        attempt: &ConnectAttempt,
    ) -> Result<(), RecordError> {
        retried(|| record::record(&self.access, endpoint, attempt)).await
    }

    async fn delete(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<bool, StoreError> {
        if !is_storable(identifier) {
            return Ok(false);
        }
        let mut session = self.access.writer().await?;
        let result = sqlx::query!(
            "DELETE FROM endpoints WHERE environment_id = $1 AND identifier = $2",
            environment.0,
            identifier
        )
        .execute(&mut session)
        .await
        .map_err(unavailable)?;
        session.commit().await.map_err(unavailable)?;
        Ok(result.rows_affected() > 0)
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &EndpointFilter,
        page: &PageRequest,
    ) -> Result<Page<ChannelEndpoint>, StoreError> {
        list::page(&self.access, environment, filter, page).await
    }
}
