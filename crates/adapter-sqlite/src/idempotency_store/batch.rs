//! Many claims in one statement.

use std::{collections::HashMap, ops::RangeInclusive};

use jiff::Timestamp;
use sqlx::{FromRow, SqliteConnection, query, query_as};
use tieline_domain::{
    idempotency::{IdempotencyRecord, IdempotencyScope},
    ports::{IdempotencyClaim, StoreError},
};

use super::IdempotencyRow;
use crate::column::to_json;

/// One claim of a batch.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) record: IdempotencyRecord,
    pub(crate) now: Timestamp,
}

/// What became of a claim.
#[derive(Debug)]
pub(super) enum Outcome {
    Decided(Result<IdempotencyClaim, StoreError>),
    /// What held the scope expired, or went, in the meantime.
    AskAgain,
}

/// A record that is there, and where.
#[derive(FromRow)]
struct Held {
    rowid: i64,
    #[sqlx(flatten)]
    row: IdempotencyRow,
}

/// Claims as two parameters. As `json_each` would parse a row of its own for every part that is
/// taken out of it, there are none.
struct Parameters {
    /// Of each claim, one behind the other, what `piece!` takes out.
    bytes: Vec<u8>,
    /// Where each begins: a JSON array of numbers.
    starts: String,
}

/// A part of a claim, in SQL. Those of a fixed size stand first; numbers are written out, which SQL
/// can read.
macro_rules! piece {
    (environment_id) => {
        "substr(?1, c.value, 16)"
    };
    (key_hash) => {
        "substr(?1, c.value + 16, 32)"
    };
    (key_start) => {
        "substr(?1, c.value + 16, 8)"
    };
    (fingerprint) => {
        "substr(?1, c.value + 48, 32)"
    };
    (expires_at) => {
        "CAST(substr(?1, c.value + 80, 20) AS INTEGER)"
    };
    (route) => {
        concat!(
            "CAST(substr(?1, c.value + 120, ",
            piece!(route_length),
            ") AS TEXT)"
        )
    };
    (response) => {
        concat!(
            "substr(?1, c.value + 120 + ",
            piece!(route_length),
            ", CAST(substr(?1, c.value + 110, 10) AS INTEGER))"
        )
    };
    (route_length) => {
        "CAST(substr(?1, c.value + 100, 10) AS INTEGER)"
    };
}

/// Where a record `r` is of a claim's scope, in SQL.
macro_rules! is_of_scope {
    () => {
        concat!(
            "r.key_start = ",
            piece!(key_start),
            " AND r.key_hash = ",
            piece!(key_hash),
            " AND r.route = ",
            piece!(route),
            " AND r.environment_id = ",
            piece!(environment_id)
        )
    };
}

const INSERT: &str = concat!(
    "INSERT INTO idempotency_records
         (environment_id, route, key_hash, fingerprint, response, expires_at)
     SELECT ",
    piece!(environment_id),
    ", ",
    piece!(route),
    ", ",
    piece!(key_hash),
    ", ",
    piece!(fingerprint),
    ", ",
    piece!(response),
    ", ",
    piece!(expires_at),
    " FROM json_each(?2) AS c
     WHERE NOT EXISTS (SELECT 1 FROM idempotency_records AS r WHERE ",
    is_of_scope!(),
    ")"
);

const SELECT: &str = concat!(
    "SELECT r.rowid, r.environment_id, r.route, r.key_hash, r.fingerprint, r.response,
         r.expires_at
     FROM json_each(?2) AS c JOIN idempotency_records AS r ON ",
    is_of_scope!()
);

/// Claims all of them, each under another key.
pub(super) async fn claim_all(
    connection: &mut SqliteConnection,
    claims: &[&Claim],
) -> Result<Vec<Outcome>, sqlx::Error> {
    let stored = insert(connection, claims).await?;
    if stored.clone().count() == claims.len() {
        let new = |_| Outcome::Decided(Ok(IdempotencyClaim::New));
        return Ok(claims.iter().map(new).collect());
    }
    let mut held = select(connection, claims).await?;
    let (mut outcomes, mut expired) = (Vec::new(), Vec::new());
    for claim in claims {
        outcomes.push(match held.remove(&claim.record.scope) {
            None => Outcome::AskAgain,
            Some(held) if stored.contains(&held.rowid) => {
                Outcome::Decided(Ok(IdempotencyClaim::New))
            }
            Some(held) => match IdempotencyRecord::try_from(held.row) {
                Ok(record) if record.expires_at <= claim.now => {
                    expired.push(held.rowid);
                    Outcome::AskAgain
                }
                record => {
                    let taken = |record| IdempotencyClaim::Taken(Box::new(record));
                    Outcome::Decided(record.map(taken))
                }
            },
        });
    }
    let now = claims.iter().map(|claim| claim.now).max();
    delete_expired(connection, &expired, now).await?;
    Ok(outcomes)
}

impl Claim {
    /// Writes it as `piece!` reads it.
    fn append_to(&self, bytes: &mut Vec<u8>) {
        let IdempotencyRecord {
            scope,
            fingerprint,
            response,
            expires_at,
        } = &self.record;
        let numbers = format!(
            "{:020}{:010}{:010}",
            expires_at.as_microsecond(),
            scope.route.len(),
            response.0.len()
        );
        let parts: [&[u8]; 6] = [
            scope.environment_id.0.as_bytes(),
            &scope.key_hash,
            fingerprint,
            numbers.as_bytes(),
            scope.route.as_bytes(),
            &response.0,
        ];
        for part in parts {
            bytes.extend_from_slice(part);
        }
    }
}

/// Stores those whose scope is free; answers the rowids that they got.
async fn insert(
    connection: &mut SqliteConnection,
    claims: &[&Claim],
) -> Result<RangeInclusive<i64>, sqlx::Error> {
    let Parameters { bytes, starts } = Parameters::of(claims);
    let result = query(INSERT)
        .bind(bytes)
        .bind(starts)
        .execute(connection)
        .await?;
    // Rowids are given one after the other. The rows are counted by themselves and not told one by
    // one: each would wake the thread that waits for them.
    let (count, last) = (result.rows_affected(), result.last_insert_rowid());
    Ok(last - count.cast_signed() + 1..=last)
}

/// The records of these claims' scopes.
async fn select(
    connection: &mut SqliteConnection,
    claims: &[&Claim],
) -> Result<HashMap<IdempotencyScope, Held>, sqlx::Error> {
    let Parameters { bytes, starts } = Parameters::of(claims);
    let rows: Vec<Held> = query_as(SELECT)
        .bind(bytes)
        .bind(starts)
        .fetch_all(connection)
        .await?;
    let held = rows
        .into_iter()
        .filter_map(|held| Some((held.row.scope().ok()?, held)));
    Ok(held.collect())
}

async fn delete_expired(
    connection: &mut SqliteConnection,
    rowids: &[i64],
    now: Option<Timestamp>,
) -> Result<(), sqlx::Error> {
    if !rowids.is_empty() {
        let sql = "DELETE FROM idempotency_records
             WHERE rowid IN (SELECT value FROM json_each(?)) AND expires_at <= ?";
        query(sql)
            .bind(to_json(&rowids))
            .bind(now.map(Timestamp::as_microsecond))
            .execute(connection)
            .await?;
    }
    Ok(())
}

impl Parameters {
    fn of(claims: &[&Claim]) -> Self {
        let mut bytes = Vec::new();
        let mut append = |claim: &&Claim| {
            // SQL counts from one.
            let start = bytes.len() + 1;
            claim.append_to(&mut bytes);
            start
        };
        let starts: Vec<_> = claims.iter().map(&mut append).collect();
        let starts = to_json(&starts);
        Self { bytes, starts }
    }
}

#[cfg(test)]
mod tests;
