//! [`IdempotencyStore`] on SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::{FromRow, QueryBuilder, Sqlite, SqliteConnection};
use tieline_domain::{
    id::EnvironmentId,
    idempotency::{IdempotencyRecord, IdempotencyScope},
    ports::{IdempotencyClaim, IdempotencyStore, StoreError},
    sealed::Sealed,
};
use uuid::Uuid;

use crate::{
    column::{Column, column},
    database::Access,
    error::unavailable,
};

/// Keeps answers under idempotency keys in SQLite.
#[derive(Clone, Debug)]
pub struct SqliteIdempotencyStore {
    pub(crate) access: Access,
}

#[async_trait]
impl IdempotencyStore for SqliteIdempotencyStore {
    async fn claim(
        &self,
        record: &IdempotencyRecord,
        now: Timestamp,
    ) -> Result<IdempotencyClaim, StoreError> {
        let mut tx = self.access.begin_write().await?;
        let stored = insert_unless_live(&mut tx, record, now)
            .await
            .map_err(unavailable)?;
        if stored {
            tx.commit().await.map_err(unavailable)?;
            return Ok(IdempotencyClaim::New);
        }
        let row = get(&mut tx, &record.scope).await.map_err(unavailable)?;
        Ok(IdempotencyClaim::Taken(Box::new(row.try_into()?)))
    }

    async fn answer(
        &self,
        scope: &IdempotencyScope,
        response: &Sealed,
    ) -> Result<bool, StoreError> {
        let result = sqlx::query(
            "UPDATE idempotency_records SET response = ?
             WHERE environment_id = ? AND route = ? AND key_hash = ?",
        )
        .bind(&response.0)
        .bind(scope.environment_id.0)
        .bind(&scope.route)
        .bind(scope.key_hash.as_slice())
        .execute(&mut *self.access.writer().await?)
        .await
        .map_err(unavailable)?;
        Ok(result.rows_affected() > 0)
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        after: Option<&IdempotencyRecord>,
        limit: u32,
    ) -> Result<Vec<IdempotencyRecord>, StoreError> {
        let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(
            "SELECT environment_id, route, key_hash, fingerprint, response, expires_at
             FROM idempotency_records WHERE environment_id = ",
        );
        query.push_bind(environment.0);
        if let Some(after) = after {
            query.push(" AND (expires_at, key_hash, route) > (");
            let mut place = query.separated(", ");
            place.push_bind(after.expires_at.as_microsecond());
            place.push_bind(after.scope.key_hash.as_slice());
            place.push_bind(&after.scope.route);
            query.push(")");
        }
        query.push(" ORDER BY expires_at, key_hash, route LIMIT ");
        query.push_bind(limit);
        let rows: Vec<IdempotencyRow> = query
            .build_query_as()
            .fetch_all(&mut *self.access.reader().await?)
            .await
            .map_err(unavailable)?;
        rows.into_iter().map(IdempotencyRecord::try_from).collect()
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let result = sqlx::query(
            "DELETE FROM idempotency_records WHERE rowid IN (
                 SELECT rowid FROM idempotency_records
                 WHERE expires_at <= ? ORDER BY expires_at LIMIT ?
             )",
        )
        .bind(now.as_microsecond())
        .bind(limit)
        .execute(&mut *self.access.writer().await?)
        .await
        .map_err(unavailable)?;
        Ok(result.rows_affected())
    }
}

async fn insert_unless_live(
    connection: &mut SqliteConnection,
    record: &IdempotencyRecord,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let result = sqlx::query(
        "INSERT INTO idempotency_records
             (environment_id, route, key_hash, fingerprint, response, expires_at)
         VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (environment_id, route, key_hash) DO UPDATE
         SET fingerprint = excluded.fingerprint, response = excluded.response,
             expires_at = excluded.expires_at
         WHERE idempotency_records.expires_at <= ?",
    )
    .bind(record.scope.environment_id.0)
    .bind(&record.scope.route)
    .bind(record.scope.key_hash.as_slice())
    .bind(record.fingerprint.as_slice())
    .bind(&record.response.0)
    .bind(record.expires_at.as_microsecond())
    .bind(now.as_microsecond())
    .execute(connection)
    .await?;
    Ok(result.rows_affected() > 0)
}

async fn get(
    connection: &mut SqliteConnection,
    scope: &IdempotencyScope,
) -> Result<IdempotencyRow, sqlx::Error> {
    sqlx::query_as(
        "SELECT environment_id, route, key_hash, fingerprint, response, expires_at
         FROM idempotency_records WHERE environment_id = ? AND route = ? AND key_hash = ?",
    )
    .bind(scope.environment_id.0)
    .bind(&scope.route)
    .bind(scope.key_hash.as_slice())
    .fetch_one(connection)
    .await
}

#[derive(FromRow)]
struct IdempotencyRow {
    environment_id: Uuid,
    route: String,
    key_hash: Vec<u8>,
    fingerprint: Vec<u8>,
    response: Vec<u8>,
    expires_at: i64,
}

impl TryFrom<IdempotencyRow> for IdempotencyRecord {
    type Error = StoreError;

    fn try_from(row: IdempotencyRow) -> Result<Self, StoreError> {
        Ok(Self {
            scope: IdempotencyScope {
                environment_id: EnvironmentId(row.environment_id),
                route: row.route,
                key_hash: of("key_hash").bytes(&row.key_hash)?,
            },
            fingerprint: of("fingerprint").bytes(&row.fingerprint)?,
            response: Sealed(row.response),
            expires_at: of("expires_at").time(row.expires_at)?,
        })
    }
}

fn of(name: &'static str) -> Column {
    column("idempotency_records", name)
}
