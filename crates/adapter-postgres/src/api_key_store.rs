//! [`ApiKeyStore`] on Postgres.

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    api_key::{ApiKey, ApiKeyHash},
    id::{ApiKeyId, EnvironmentId},
    ports::{ApiKeyStore, InsertError, StoreError},
};
use uuid::Uuid;

use crate::{
    database::Access,
    error::{insert_error, retried, unavailable},
};

mod row;

use row::ApiKeyRow;

/// Keeps API keys' records in Postgres.
#[derive(Clone, Debug)]
pub struct PgApiKeyStore {
    pub(crate) access: Access,
}

macro_rules! select {
    ($rest:literal, $($argument:expr),+) => {
        sqlx::query_as!(
            ApiKeyRow,
            "SELECT id, environment_id, name, role, rights, hash, hint, signing_state, created_at,
                 last_used_at, expires_at, revoked_at
             FROM api_keys " + $rest,
            $($argument),+
        )
    };
}

#[async_trait]
impl ApiKeyStore for PgApiKeyStore {
    async fn insert(&self, key: &ApiKey) -> Result<(), InsertError> {
        let rights: Vec<_> = key.rights.iter().map(ToString::to_string).collect();
        let mut session = self.access.writer().await?;
        sqlx::query!(
            "INSERT INTO api_keys
                 (id, environment_id, name, role, rights, hash, hint, signing_state, created_at,
                  last_used_at, expires_at, revoked_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            key.id.0,
            key.environment_id.0,
            key.name,
            key.role.as_str(),
            &rights,
            key.hash.0.as_slice(),
            key.hint,
            key.signing_state.as_ref().map(|sealed| &*sealed.0),
            key.created_at.as_microsecond(),
            key.last_used_at.map(Timestamp::as_microsecond),
            key.expires_at.map(Timestamp::as_microsecond),
            key.revoked_at.map(Timestamp::as_microsecond)
        )
        .execute(&mut session)
        .await
        .map_err(insert_error)?;
        session.commit().await.map_err(insert_error)
    }

    async fn find_by_hash(&self, hash: &ApiKeyHash) -> Result<Option<ApiKey>, StoreError> {
        let row = select!("WHERE hash = $1", hash.0.as_slice())
            .fetch_optional(&mut self.access.reader().await?)
            .await
            .map_err(unavailable)?;
        row.map(ApiKey::try_from).transpose()
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        id: ApiKeyId,
    ) -> Result<Option<ApiKey>, StoreError> {
        let row = select!("WHERE environment_id = $1 AND id = $2", environment.0, id.0)
            .fetch_optional(&mut self.access.reader().await?)
            .await
            .map_err(unavailable)?;
        row.map(ApiKey::try_from).transpose()
    }

    async fn list(&self, environment: EnvironmentId) -> Result<Vec<ApiKey>, StoreError> {
        let sql = select!(
            "WHERE environment_id = $1 ORDER BY created_at, id",
            environment.0
        );
        let rows = sql.fetch_all(&mut self.access.reader().await?).await;
        let rows = rows.map_err(unavailable)?.into_iter();
        rows.map(ApiKey::try_from).collect()
    }

    async fn revoke(
        &self,
        environment: EnvironmentId,
        id: ApiKeyId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut session = self.access.writer().await?;
        let result = sqlx::query!(
            "UPDATE api_keys SET revoked_at = coalesce(revoked_at, $1)
             WHERE environment_id = $2 AND id = $3",
            at.as_microsecond(),
            environment.0,
            id.0
        )
        .execute(&mut session)
        .await
        .map_err(unavailable)?;
        session.commit().await.map_err(unavailable)?;
        Ok(result.rows_affected() > 0)
    }

    async fn expire(
        &self,
        environment: EnvironmentId,
        id: ApiKeyId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut session = self.access.writer().await?;
        let result = sqlx::query!(
            "UPDATE api_keys SET expires_at = least(expires_at, $1)
             WHERE environment_id = $2 AND id = $3",
            at.as_microsecond(),
            environment.0,
            id.0
        )
        .execute(&mut session)
        .await
        .map_err(unavailable)?;
        session.commit().await.map_err(unavailable)?;
        Ok(result.rows_affected() > 0)
    }

    async fn record_uses(&self, uses: &[(ApiKeyId, Timestamp)]) -> Result<(), StoreError> {
        let ids: Vec<Uuid> = uses.iter().map(|(id, _)| id.0).collect();
        let times: Vec<i64> = uses.iter().map(|(_, at)| at.as_microsecond()).collect();
        // Nodes note the same keys at the same time, each in an order of its own.
        retried(|| async {
            let mut session = self.access.writer().await?;
            sqlx::query!(
                "UPDATE api_keys SET last_used_at = latest.at
                 FROM (
                     SELECT id, max(at) AS at
                     FROM unnest($1::uuid[], $2::bigint[]) AS uses (id, at) GROUP BY id
                 ) AS latest
                 WHERE api_keys.id = latest.id
                     AND (last_used_at IS NULL OR last_used_at < latest.at)",
                &ids,
                &times
            )
            .execute(&mut session)
            .await
            .map_err(unavailable)?;
            session.commit().await.map_err(unavailable)
        })
        .await
    }
}
