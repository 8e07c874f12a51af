//! [`IdempotencyStore`] on Postgres.

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    id::EnvironmentId,
    idempotency::{IdempotencyRecord, IdempotencyScope},
    ports::{Deletion, IdempotencyClaim, IdempotencyStore, StoreError},
    sealed::Sealed,
};

use crate::{database::Access, error::unavailable};

mod batch;
mod row;

use row::IdempotencyRow;

/// Keeps answers under idempotency keys in Postgres.
#[derive(Clone, Debug)]
pub struct PgIdempotencyStore {
    pub(crate) access: Access,
}

#[async_trait]
impl IdempotencyStore for PgIdempotencyStore {
    async fn claim_all(
        &self,
        records: &[IdempotencyRecord],
        now: Timestamp,
    ) -> Result<Vec<Result<IdempotencyClaim, StoreError>>, StoreError> {
        batch::claim_all(&self.access, records, now).await
    }

    async fn answer(
        &self,
        scope: &IdempotencyScope,
        response: &Sealed,
    ) -> Result<bool, StoreError> {
        let mut session = self.access.writer().await?;
        let result = sqlx::query!(
            "UPDATE idempotency_records SET response = $1
             WHERE environment_id = $2 AND route = $3 AND key_hash = $4",
            response.0,
            scope.environment_id.0,
            scope.route,
            scope.key_hash.as_slice()
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
        after: Option<&IdempotencyRecord>,
        limit: u32,
    ) -> Result<Vec<IdempotencyRecord>, StoreError> {
        let mut session = self.access.reader().await?;
        // The first page is the one behind a place before all others.
        let place = after.map(|after| {
            let IdempotencyScope {
                key_hash, route, ..
            } = &after.scope;
            (
                after.expires_at.as_microsecond(),
                key_hash.as_slice(),
                route.as_str(),
            )
        });
        let (expires_at, key_hash, route) = place.unwrap_or((i64::MIN, &[], ""));
        let rows = sqlx::query_as!(
            IdempotencyRow,
            r#"SELECT environment_id, route, key_hash, fingerprint, response, expires_at
               FROM idempotency_records
               WHERE environment_id = $1
                 AND (expires_at, key_hash, route COLLATE "C") > ($2, $3, $4)
               ORDER BY expires_at, key_hash, route COLLATE "C" LIMIT $5"#,
            environment.0,
            expires_at,
            key_hash,
            route,
            i64::from(limit)
        )
        .fetch_all(&mut session)
        .await
        .map_err(unavailable)?;
        rows.into_iter().map(IdempotencyRecord::try_from).collect()
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<Deletion, StoreError> {
        let mut session = self.access.writer().await?;
        // Every node deletes, and none waits for another.
        let result = sqlx::query!(
            "DELETE FROM idempotency_records WHERE ctid = ANY (ARRAY (
                 SELECT ctid FROM idempotency_records
                 WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
             ))",
            now.as_microsecond(),
            i64::from(limit)
        )
        .execute(&mut session)
        .await
        .map_err(unavailable)?;
        session.commit().await.map_err(unavailable)?;
        Ok(Deletion::of(result.rows_affected(), limit))
    }
}
