//! [`IntegrationStore`] on Postgres.

use async_trait::async_trait;
use tieline_domain::{
    id::{EnvironmentId, IntegrationId},
    integration::Integration,
    ports::{InsertError, IntegrationStore, StoreError},
    provider::ProviderId,
};

use crate::{
    column::is_storable,
    database::Access,
    error::{insert_error, retried, unavailable},
};

mod row;

use row::IntegrationRow;

/// Keeps integrations in Postgres.
#[derive(Clone, Debug)]
pub struct PgIntegrationStore {
    pub(crate) access: Access,
}

macro_rules! select {
    ($rest:literal, $($argument:expr),+) => {
        sqlx::query_as!(
            IntegrationRow,
            "SELECT id, environment_id, provider, identifier, name, active, credentials,
                 generation, created_at, updated_at
             FROM integrations " + $rest,
            $($argument),+
        )
    };
}

#[async_trait]
impl IntegrationStore for PgIntegrationStore {
    async fn insert(&self, integration: &Integration) -> Result<(), InsertError> {
        let mut session = self.access.writer().await?;
        sqlx::query!(
            "INSERT INTO integrations
                 (id, environment_id, provider, identifier, name, active, credentials,
                  generation, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            integration.id.0,
            integration.environment_id.0,
            integration.provider.as_str(),
            integration.identifier,
            integration.name,
            integration.active,
            integration.credentials.0,
            integration.generation.cast_signed(),
            integration.created_at.as_microsecond(),
            integration.updated_at.as_microsecond()
        )
        .execute(&mut session)
        .await
        .map_err(insert_error)?;
        session.commit().await.map_err(insert_error)
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<Option<Integration>, StoreError> {
        if !is_storable(identifier) {
            return Ok(None);
        }
        let sql = select!(
            "WHERE environment_id = $1 AND identifier = $2",
            environment.0,
            identifier
        );
        let row = sql.fetch_optional(&mut self.access.reader().await?).await;
        row.map_err(unavailable)?
            .map(Integration::try_from)
            .transpose()
    }

    async fn find_by_id(
        &self,
        environment: EnvironmentId,
        id: IntegrationId,
    ) -> Result<Option<Integration>, StoreError> {
        let sql = select!("WHERE environment_id = $1 AND id = $2", environment.0, id.0);
        let row = sql.fetch_optional(&mut self.access.reader().await?).await;
        row.map_err(unavailable)?
            .map(Integration::try_from)
            .transpose()
    }

    async fn list_named(
        &self,
        provider: &ProviderId,
        identifier: &str,
    ) -> Result<Vec<Integration>, StoreError> {
        if !is_storable(identifier) {
            return Ok(Vec::new());
        }
        let sql = select!(
            "WHERE identifier = $1 AND provider = $2 ORDER BY id",
            identifier,
            provider.as_str()
        );
        let rows = sql.fetch_all(&mut self.access.reader().await?).await;
        let rows = rows.map_err(unavailable)?;
        rows.into_iter().map(Integration::try_from).collect()
    }

    async fn list(&self, environment: EnvironmentId) -> Result<Vec<Integration>, StoreError> {
        let sql = select!(
            "WHERE environment_id = $1 ORDER BY created_at, id",
            environment.0
        );
        let rows = sql.fetch_all(&mut self.access.reader().await?).await;
        let rows = rows.map_err(unavailable)?.into_iter();
        rows.map(Integration::try_from).collect()
    }

    async fn replace(&self, integration: &Integration) -> Result<bool, InsertError> {
        let mut session = self.access.writer().await?;
        let result = sqlx::query!(
            "UPDATE integrations
             SET identifier = $1, name = $2, active = $3, credentials = $4, generation = $5,
                 updated_at = $6
             WHERE environment_id = $7 AND id = $8 AND generation = $9",
            integration.identifier,
            integration.name,
            integration.active,
            integration.credentials.0,
            integration.generation.cast_signed(),
            integration.updated_at.as_microsecond(),
            integration.environment_id.0,
            integration.id.0,
            integration.generation.cast_signed() - 1
        )
        .execute(&mut session)
        .await
        .map_err(insert_error)?;
        session.commit().await.map_err(insert_error)?;
        Ok(result.rows_affected() > 0)
    }

    async fn delete(
        &self,
        environment: EnvironmentId,
        id: IntegrationId,
    ) -> Result<bool, StoreError> {
        retried(|| async {
            let mut session = self.access.writer().await?;
            let result = sqlx::query!(
                "DELETE FROM integrations WHERE environment_id = $1 AND id = $2",
                environment.0,
                id.0
            )
            .execute(&mut session)
            .await
            .map_err(unavailable)?;
            session.commit().await.map_err(unavailable)?;
            Ok(result.rows_affected() > 0)
        })
        .await
    }
}
