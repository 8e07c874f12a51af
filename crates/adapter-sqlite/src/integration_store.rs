//! [`IntegrationStore`] on SQLite.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use tieline_domain::{
    id::{EnvironmentId, IntegrationId},
    integration::Integration,
    ports::{InsertError, IntegrationStore, StoreError},
    provider::ProviderId,
};

use crate::{
    database::Access,
    error::{insert_error, unavailable},
};

mod row;

use row::IntegrationRow;

/// Keeps integrations in SQLite.
#[derive(Clone, Debug)]
pub struct SqliteIntegrationStore {
    pub(crate) access: Access,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, environment_id, provider, identifier, name, active, credentials,
                 generation, created_at, updated_at
             FROM integrations ",
            $rest
        )
    };
}

#[async_trait]
impl IntegrationStore for SqliteIntegrationStore {
    async fn insert(&self, integration: &Integration) -> Result<(), InsertError> {
        sqlx::query(
            "INSERT INTO integrations
                 (id, environment_id, provider, identifier, name, active, credentials,
                  generation, created_at, updated_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(integration.id.0)
        .bind(integration.environment_id.0)
        .bind(integration.provider.as_str())
        .bind(&integration.identifier)
        .bind(&integration.name)
        .bind(integration.active)
        .bind(&integration.credentials.0)
        .bind(integration.generation.cast_signed())
        .bind(integration.created_at.as_microsecond())
        .bind(integration.updated_at.as_microsecond())
        .execute(&mut *self.access.writer().await?)
        .await
        .map_err(insert_error)?;
        Ok(())
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<Option<Integration>, StoreError> {
        let row: Option<IntegrationRow> =
            sqlx::query_as(select!("WHERE environment_id = ? AND identifier = ?"))
                .bind(environment.0)
                .bind(identifier)
                .fetch_optional(&mut *self.access.reader().await?)
                .await
                .map_err(unavailable)?;
        row.map(Integration::try_from).transpose()
    }

    async fn find_by_id(
        &self,
        environment: EnvironmentId,
        id: IntegrationId,
    ) -> Result<Option<Integration>, StoreError> {
        let row: Option<IntegrationRow> =
            sqlx::query_as(select!("WHERE environment_id = ? AND id = ?"))
                .bind(environment.0)
                .bind(id.0)
                .fetch_optional(&mut *self.access.reader().await?)
                .await
                .map_err(unavailable)?;
        row.map(Integration::try_from).transpose()
    }

    async fn list_named(
        &self,
        provider: &ProviderId,
        identifier: &str,
    ) -> Result<Vec<Integration>, StoreError> {
        let rows: Vec<IntegrationRow> =
            sqlx::query_as(select!("WHERE identifier = ? AND provider = ? ORDER BY id"))
                .bind(identifier)
                .bind(provider.as_str())
                .fetch_all(&mut *self.access.reader().await?)
                .await
                .map_err(unavailable)?;
        rows.into_iter().map(Integration::try_from).collect()
    }

    async fn list(&self, environment: EnvironmentId) -> Result<Vec<Integration>, StoreError> {
        let rows: Vec<IntegrationRow> =
            sqlx::query_as(select!("WHERE environment_id = ? ORDER BY created_at, id"))
                .bind(environment.0)
                .fetch_all(&mut *self.access.reader().await?)
                .await
                .map_err(unavailable)?;
        rows.into_iter().map(Integration::try_from).collect()
    }

    async fn replace(&self, integration: &Integration) -> Result<bool, InsertError> {
        let result = sqlx::query(
            "UPDATE integrations
             SET identifier = ?, name = ?, active = ?, credentials = ?, generation = ?,
                 updated_at = ?
             WHERE environment_id = ? AND id = ? AND generation = ?",
        )
        .bind(&integration.identifier)
        .bind(&integration.name)
        .bind(integration.active)
        .bind(&integration.credentials.0)
        .bind(integration.generation.cast_signed())
        .bind(integration.updated_at.as_microsecond())
        .bind(integration.environment_id.0)
        .bind(integration.id.0)
        .bind(integration.generation.cast_signed() - 1)
        .execute(&mut *self.access.writer().await?)
        .await
        .map_err(insert_error)?;
        Ok(result.rows_affected() > 0)
    }

    async fn delete(
        &self,
        environment: EnvironmentId,
        id: IntegrationId,
    ) -> Result<bool, StoreError> {
        let result = sqlx::query("DELETE FROM integrations WHERE environment_id = ? AND id = ?")
            .bind(environment.0)
            .bind(id.0)
            .execute(&mut *self.access.writer().await?)
            .await
            .map_err(unavailable)?;
        Ok(result.rows_affected() > 0)
    }
}

/// Whether the integration is there, and so will be until the end of a transaction that writes.
pub(crate) async fn exists(
    db: &mut SqliteConnection,
    environment: EnvironmentId,
    id: IntegrationId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM integrations WHERE environment_id = ? AND id = ?)",
    )
    .bind(environment.0)
    .bind(id.0)
    .fetch_one(db)
    .await
}
