//! [`SealedValues`] on SQLite.

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, SqliteConnection};
use tieline_domain::{
    id::EnvironmentId,
    idempotency::IdempotencyScope,
    key_check::KeyCheck,
    ports::{ResealedValue, SealedRow, SealedValues, StoreError, StoredValue},
    sealed::{KeyId, Sealed, SealedColumn, SealedPlace},
};
use uuid::Uuid;

use crate::{
    column::column as of, database::Access, error::unavailable, idempotency_store::periods,
};

mod source;

use source::{Objects, Source, source};

/// Finds and replaces sealed values in SQLite.
#[derive(Clone, Debug)]
pub struct SqliteSealedValues {
    pub(crate) access: Access,
}

#[async_trait]
impl SealedValues for SqliteSealedValues {
    async fn count(&self, column: SealedColumn, key: Option<&KeyId>) -> Result<u64, StoreError> {
        // Every value begins with the empty header.
        let header = key.map(KeyId::header).unwrap_or_default();
        let sql = source(column).count_sql();
        let length = i32::try_from(header.len()).unwrap_or(i32::MAX);
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(length)
            .bind(header)
            .fetch_one(&mut *self.access.reader().await?)
            .await
            .map_err(unavailable)?;
        Ok(count.unsigned_abs())
    }

    async fn list(
        &self,
        column: SealedColumn,
        after: Option<&SealedRow>,
        limit: u32,
    ) -> Result<Vec<StoredValue>, StoreError> {
        let mut session = self.access.reader().await?;
        match source(column) {
            Source::Objects(objects) => {
                list_objects(&mut session, column, &objects, after, limit).await
            }
            Source::Answers => list_answers(&mut session, after, limit).await,
            Source::KeyCheck => list_key_check(&mut session, after, limit).await,
        }
    }

    async fn replace(&self, changes: &[ResealedValue]) -> Result<u64, StoreError> {
        let mut tx = self.access.begin_write().await?;
        let mut replaced = 0;
        for change in changes {
            replaced += replace(&mut tx, change).await.map_err(unavailable)?;
        }
        tx.commit().await.map_err(unavailable)?;
        Ok(replaced)
    }
}

async fn list_objects(
    db: &mut SqliteConnection,
    column: SealedColumn,
    objects: &Objects,
    after: Option<&SealedRow>,
    limit: u32,
) -> Result<Vec<StoredValue>, StoreError> {
    let border = match after {
        Some(SealedRow::Id(id)) => *id,
        _ => Uuid::nil(),
    };
    let rows: Vec<(Uuid, Uuid, i64, Vec<u8>)> = sqlx::query_as(AssertSqlSafe(objects.list_sql()))
        .bind(border)
        .bind(limit)
        .fetch_all(db)
        .await
        .map_err(unavailable)?;
    let stored = |(environment, row, generation, value)| {
        Ok(StoredValue {
            row: SealedRow::Id(row),
            place: SealedPlace {
                environment_id: EnvironmentId(environment),
                row,
                column,
                generation: of(objects.table, "generation").generation(generation)?,
            },
            value: Sealed(value),
        })
    };
    rows.into_iter().map(stored).collect()
}

async fn list_answers(
    db: &mut SqliteConnection,
    after: Option<&SealedRow>,
    limit: u32,
) -> Result<Vec<StoredValue>, StoreError> {
    let (key_hash, route, environment) = match after {
        Some(SealedRow::Answer(scope)) => (&scope.key_hash, &*scope.route, scope.environment_id.0),
        _ => (&[0; 32], "", Uuid::nil()),
    };
    let mut rows: Vec<(Vec<u8>, String, Uuid, Vec<u8>)> = Vec::new();
    for period in periods(db).await? {
        // What a key leads to can have gone, and its number be another's.
        let of_period = sqlx::query_as(
            "SELECT r.key_hash, r.route, r.environment_id, r.response
             FROM idempotency_keys AS k CROSS JOIN idempotency_records AS r
             ON r.id = k.record AND r.period = k.period AND substr(r.key_hash, 1, 8) = k.key_start
             WHERE k.period = ?1 AND k.key_start >= substr(?2, 1, 8)
                 AND (r.key_hash, r.route, r.environment_id) > (?2, ?3, ?4)
             ORDER BY k.key_start, r.key_hash, r.route, r.environment_id LIMIT ?5",
        )
        .bind(period)
        .bind(key_hash.as_slice())
        .bind(route)
        .bind(environment)
        .bind(limit)
        .fetch_all(&mut *db)
        .await
        .map_err(unavailable)?;
        rows.extend(of_period);
    }
    rows.sort_unstable();
    rows.truncate(limit as usize);
    let stored = |(key_hash, route, environment, value): (Vec<u8>, _, _, _)| {
        let scope = IdempotencyScope {
            environment_id: EnvironmentId(environment),
            route,
            key_hash: of("idempotency_records", "key_hash").bytes(&key_hash)?,
        };
        Ok(StoredValue {
            place: scope.place(),
            row: SealedRow::Answer(scope),
            value: Sealed(value),
        })
    };
    rows.into_iter().map(stored).collect()
}

async fn list_key_check(
    db: &mut SqliteConnection,
    after: Option<&SealedRow>,
    limit: u32,
) -> Result<Vec<StoredValue>, StoreError> {
    if after.is_some() || limit == 0 {
        return Ok(Vec::new());
    }
    let value: Option<Vec<u8>> = sqlx::query_scalar("SELECT value FROM key_checks")
        .fetch_optional(db)
        .await
        .map_err(unavailable)?;
    let stored = |value| StoredValue {
        row: SealedRow::Only,
        place: KeyCheck::PLACE,
        value: Sealed(value),
    };
    Ok(value.into_iter().map(stored).collect())
}

/// Replaces one value; answers how many that were.
async fn replace(db: &mut SqliteConnection, change: &ResealedValue) -> Result<u64, sqlx::Error> {
    let ResealedValue { stored, value } = change;
    let source = source(stored.place.column);
    let sql = AssertSqlSafe(source.replace_sql());
    let query = sqlx::query(sql).bind(&value.0).bind(&stored.value.0);
    let query = match (source, &stored.row) {
        (Source::Objects(_), SealedRow::Id(id)) => {
            query.bind(stored.place.environment_id.0).bind(id)
        }
        (Source::Answers, SealedRow::Answer(scope)) => query
            .bind(scope.key_hash.as_slice())
            .bind(&scope.route)
            .bind(scope.environment_id.0),
        (Source::KeyCheck, SealedRow::Only) => query,
        // A row of another column holds no value of this one.
        _ => return Ok(0),
    };
    Ok(query.execute(db).await?.rows_affected())
}
