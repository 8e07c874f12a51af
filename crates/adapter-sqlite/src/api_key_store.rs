//! [`ApiKeyStore`] on SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::FromRow;
use tieline_domain::{
    api_key::{ApiKey, ApiKeyHash},
    id::{ApiKeyId, EnvironmentId},
    ports::{ApiKeyStore, InsertError, StoreError},
    sealed::Sealed,
};
use uuid::Uuid;

use crate::{
    column::{Column, column},
    database::Access,
    error::{insert_error, unavailable},
};

/// Keeps API keys' records in SQLite.
#[derive(Clone, Debug)]
pub struct SqliteApiKeyStore {
    pub(crate) access: Access,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, environment_id, name, role, rights, hash, hint, signing_state, created_at,
                 last_used_at, expires_at, revoked_at
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
                 (id, environment_id, name, role, rights, hash, hint, signing_state, created_at,
                  last_used_at, expires_at, revoked_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(key.id.0)
        .bind(key.environment_id.0)
        .bind(&key.name)
        .bind(key.role.as_str())
        .bind(rights_text(key))
        .bind(key.hash.0.as_slice())
        .bind(&key.hint)
        .bind(key.signing_state.as_ref().map(|sealed| &sealed.0))
        .bind(key.created_at.as_microsecond())
        .bind(key.last_used_at.map(Timestamp::as_microsecond))
        .bind(key.expires_at.map(Timestamp::as_microsecond))
        .bind(key.revoked_at.map(Timestamp::as_microsecond))
        .execute(&mut *self.access.writer().await?)
        .await
        .map_err(insert_error)?;
        Ok(())
    }

    async fn find_by_hash(&self, hash: &ApiKeyHash) -> Result<Option<ApiKey>, StoreError> {
        let row: Option<ApiKeyRow> = sqlx::query_as(select!("WHERE hash = ?"))
            .bind(hash.0.as_slice())
            .fetch_optional(&mut *self.access.reader().await?)
            .await
            .map_err(unavailable)?;
        row.map(ApiKey::try_from).transpose()
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        id: ApiKeyId,
    ) -> Result<Option<ApiKey>, StoreError> {
        let row: Option<ApiKeyRow> = sqlx::query_as(select!("WHERE environment_id = ? AND id = ?"))
            .bind(environment.0)
            .bind(id.0)
            .fetch_optional(&mut *self.access.reader().await?)
            .await
            .map_err(unavailable)?;
        row.map(ApiKey::try_from).transpose()
    }

    async fn list(&self, environment: EnvironmentId) -> Result<Vec<ApiKey>, StoreError> {
        let rows: Vec<ApiKeyRow> =
            sqlx::query_as(select!("WHERE environment_id = ? ORDER BY created_at, id"))
                .bind(environment.0)
                .fetch_all(&mut *self.access.reader().await?)
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
        .execute(&mut *self.access.writer().await?)
        .await
        .map_err(unavailable)?;
        Ok(result.rows_affected() > 0)
    }

    async fn expire(
        &self,
        environment: EnvironmentId,
        id: ApiKeyId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let result = sqlx::query(
            "UPDATE api_keys SET expires_at = min(coalesce(expires_at, ?1), ?1)
             WHERE environment_id = ?2 AND id = ?3",
        )
        .bind(at.as_microsecond())
        .bind(environment.0)
        .bind(id.0)
        .execute(&mut *self.access.writer().await?)
        .await
        .map_err(unavailable)?;
        Ok(result.rows_affected() > 0)
    }

    async fn record_uses(&self, uses: &[(ApiKeyId, Timestamp)]) -> Result<(), StoreError> {
        if uses.is_empty() {
            return Ok(());
        }
        let mut work = self.access.begin_write().await?;
        for (id, at) in uses {
            sqlx::query(
                "UPDATE api_keys SET last_used_at = max(coalesce(last_used_at, ?1), ?1)
                 WHERE id = ?2",
            )
            .bind(at.as_microsecond())
            .bind(id.0)
            .execute(&mut *work)
            .await
            .map_err(unavailable)?;
        }
        work.commit().await.map_err(unavailable)
    }
}

/// The rights as they are kept: their names, with blanks between.
fn rights_text(key: &ApiKey) -> String {
    let names: Vec<_> = key.rights.iter().map(|right| right.as_str()).collect();
    names.join(" ")
}

#[derive(FromRow)]
struct ApiKeyRow {
    id: Uuid,
    environment_id: Uuid,
    name: String,
    role: String,
    rights: String,
    hash: Vec<u8>,
    hint: String,
    signing_state: Option<Vec<u8>>,
    created_at: i64,
    last_used_at: Option<i64>,
    expires_at: Option<i64>,
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
            rights: row
                .rights
                .split_whitespace()
                .map(|right| of("rights").parse(right))
                .collect::<Result<_, _>>()?,
            hash: ApiKeyHash(of("hash").bytes(&row.hash)?),
            hint: row.hint,
            signing_state: row.signing_state.map(Sealed),
            created_at: of("created_at").time(row.created_at)?,
            last_used_at: of("last_used_at").optional_time(row.last_used_at)?,
            expires_at: of("expires_at").optional_time(row.expires_at)?,
            revoked_at: of("revoked_at").optional_time(row.revoked_at)?,
        })
    }
}

fn of(name: &'static str) -> Column {
    column("api_keys", name)
}
