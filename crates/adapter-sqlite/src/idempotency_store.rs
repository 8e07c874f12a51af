//! [`IdempotencyStore`] on SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::{FromRow, QueryBuilder, Sqlite};
use tieline_domain::{
    id::EnvironmentId,
    idempotency::{IdempotencyRecord, IdempotencyScope},
    ports::{Deletion, IdempotencyClaim, IdempotencyStore, StoreError},
    sealed::Sealed,
};
use uuid::Uuid;

use crate::{
    column::{Column, column},
    database::Access,
    error::unavailable,
};

mod batch;
mod delete;
mod keys;

use batch::claim_all;
pub(crate) use keys::{of_scope, periods, with_periods};

/// Keeps answers under idempotency keys in SQLite.
#[derive(Clone, Debug)]
pub struct SqliteIdempotencyStore {
    pub(crate) access: Access,
}

#[async_trait]
impl IdempotencyStore for SqliteIdempotencyStore {
    async fn claim_all(
        &self,
        records: &[IdempotencyRecord],
        now: Timestamp,
    ) -> Result<Vec<Result<IdempotencyClaim, StoreError>>, StoreError> {
        if matches!(self.access, Access::Pools(_)) {
            // Each statement stands by itself.
            return claim_all(&mut *self.access.writer().await?, records, now).await;
        }
        let mut step = self.access.begin_write().await?;
        let claims = claim_all(&mut step, records, now).await?;
        step.commit().await.map_err(unavailable)?;
        Ok(claims)
    }

    async fn answer(
        &self,
        scope: &IdempotencyScope,
        response: &Sealed,
    ) -> Result<bool, StoreError> {
        let result = sqlx::query(concat!(
            with_periods!(),
            "UPDATE idempotency_records SET response = ?1 WHERE id = (SELECT r.id FROM ",
            of_scope!("?2", "?3", "?4"),
            ")"
        ))
        .bind(&response.0)
        .bind(scope.key_hash.as_slice())
        .bind(&scope.route)
        .bind(scope.environment_id.0)
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

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<Deletion, StoreError> {
        let mut work = self.access.begin_write().await?;
        let deletion = delete::expired(&mut work, now, limit).await;
        let deletion = deletion.map_err(unavailable)?;
        work.commit().await.map_err(unavailable)?;
        Ok(deletion)
    }
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

impl IdempotencyRow {
    fn scope(&self) -> Result<IdempotencyScope, StoreError> {
        Ok(IdempotencyScope {
            environment_id: EnvironmentId(self.environment_id),
            route: self.route.clone(),
            key_hash: of("key_hash").bytes(&self.key_hash)?,
        })
    }
}

impl TryFrom<IdempotencyRow> for IdempotencyRecord {
    type Error = StoreError;

    fn try_from(row: IdempotencyRow) -> Result<Self, StoreError> {
        Ok(Self {
            scope: row.scope()?,
            fingerprint: of("fingerprint").bytes(&row.fingerprint)?,
            response: Sealed(row.response),
            expires_at: of("expires_at").time(row.expires_at)?,
        })
    }
}

fn of(name: &'static str) -> Column {
    column("idempotency_records", name)
}
