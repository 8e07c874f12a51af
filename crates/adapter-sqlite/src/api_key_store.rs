//! [`ApiKeyStore`] on SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::FromRow;
use tieline_domain::{
    api_key::{ApiKey, ApiKeyHash},
    id::{ApiKeyId, EnvironmentId},
    ports::{ApiKeyStore, InsertError, StoreError},
};
use uuid::Uuid;

use crate::{
    column::{Column, column},
    database::Pools,
    error::{insert_error, unavailable},
};

/// Keeps API keys' records in SQLite.
#[derive(Clone, Debug)]
pub struct SqliteApiKeyStore {
    pub(crate) pools: Pools,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, environment_id, name, role, hash, hint, created_at, revoked_at
             FROM api_keys ",
            $rest
        )
    };
}

#[async_trait]
impl ApiKeyStore for SqliteApiKeyStore {
    async fn insert(&self, key: &ApiKey) -> Result<(), InsertError> {
        sqlx::query(
            "INSERT INTO api_keys
                 (id, environment_id, name, role, hash, hint, created_at, revoked_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(key.id.0)
        .bind(key.environment_id.0)
        .bind(&key.name)
        .bind(key.role.as_str())
        .bind(key.hash.0.as_slice())
        .bind(&key.hint)
        .bind(key.created_at.as_microsecond())
        .bind(key.revoked_at.map(Timestamp::as_microsecond))
        .execute(&self.pools.write)
        .await
        .map_err(insert_error)?;
        Ok(())
    }

    async fn find_by_hash(&self, hash: &ApiKeyHash) -> Result<Option<ApiKey>, StoreError> {
        let row: Option<ApiKeyRow> = sqlx::query_as(select!("WHERE hash = ?"))
            .bind(hash.0.as_slice())
            .fetch_optional(&self.pools.read)
            .await
            .map_err(unavailable)?;
        row.map(ApiKey::try_from).transpose()
    }

    async fn list(&self, environment: EnvironmentId) -> Result<Vec<ApiKey>, StoreError> {
        let rows: Vec<ApiKeyRow> =
            sqlx::query_as(select!("WHERE environment_id = ? ORDER BY created_at, id"))
                .bind(environment.0)
                .fetch_all(&self.pools.read)
                .await
                .map_err(unavailable)?;
        rows.into_iter().map(ApiKey::try_from).collect()
    }

    async fn revoke(
        &self,
        environment: EnvironmentId,
        id: ApiKeyId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let result = sqlx::query(
            "UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?)
             WHERE environment_id = ? AND id = ?",
        )
        .bind(at.as_microsecond())
        .bind(environment.0)
        .bind(id.0)
        .execute(&self.pools.write)
        .await
        .map_err(unavailable)?;
        Ok(result.rows_affected() > 0)
    }
}

#[derive(FromRow)]
struct ApiKeyRow {
    id: Uuid,
    environment_id: Uuid,
    name: String,
    role: String,
    hash: Vec<u8>,
    hint: String,
    created_at: i64,
    revoked_at: Option<i64>,
}

impl TryFrom<ApiKeyRow> for ApiKey {
    type Error = StoreError;

    fn try_from(row: ApiKeyRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: ApiKeyId(row.id),
            environment_id: EnvironmentId(row.environment_id),
            name: row.name,
            role: of("role").parse(&row.role)?,
            hash: ApiKeyHash(of("hash").bytes(&row.hash)?),
            hint: row.hint,
            created_at: of("created_at").time(row.created_at)?,
            revoked_at: of("revoked_at").optional_time(row.revoked_at)?,
        })
    }
}

fn of(name: &'static str) -> Column {
    column("api_keys", name)
}
