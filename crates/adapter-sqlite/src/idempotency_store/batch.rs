//! Many claims in one statement.

use std::{collections::HashMap, ops::RangeInclusive, slice};

use jiff::Timestamp;
use sqlx::{FromRow, SqliteConnection, query, query_as};
use tieline_domain::{
    idempotency::{IdempotencyRecord, IdempotencyScope},
    ports::{IdempotencyClaim, StoreError},
};

use super::{
    IdempotencyRow,
    keys::{of_scope, period_of, with_periods},
};
use crate::{
    column::to_json,
    error::{is_foreign_key_violation, unavailable},
};

/// What became of a claim.
type Answer = Result<IdempotencyClaim, StoreError>;

/// A record that is there, and where.
#[derive(FromRow)]
struct Held {
    id: i64,
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
    (fingerprint) => {
        "substr(?1, c.value + 48, 32)"
    };
    (expires_at) => {
        "CAST(substr(?1, c.value + 80, 20) AS INTEGER)"
    };
    (period) => {
        "CAST(substr(?1, c.value + 100, 20) AS INTEGER)"
    };
    (route) => {
        concat!(
            "CAST(substr(?1, c.value + 140, ",
            piece!(route_length),
            ") AS TEXT)"
        )
    };
    (response) => {
        concat!(
            "substr(?1, c.value + 140 + ",
            piece!(route_length),
            ", CAST(substr(?1, c.value + 130, 10) AS INTEGER))"
        )
    };
    (route_length) => {
        "CAST(substr(?1, c.value + 120, 10) AS INTEGER)"
    };
}

/// The record of a claim's scope, in SQL.
macro_rules! of_its_scope {
    () => {
        of_scope!(piece!(key_hash), piece!(route), piece!(environment_id))
    };
}

const INSERT: &str = concat!(
    with_periods!(),
    "INSERT INTO idempotency_records
         (environment_id, route, key_hash, fingerprint, response, expires_at, period)
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
    ", ",
    piece!(period),
    " FROM json_each(?2) AS c WHERE NOT EXISTS (SELECT 1 FROM ",
    of_its_scope!(),
    ")"
);

const SELECT: &str = concat!(
    with_periods!(),
    "SELECT r.id, r.environment_id, r.route, r.key_hash, r.fingerprint, r.response, r.expires_at
     FROM json_each(?2) AS c CROSS JOIN ",
    of_its_scope!()
);

/// Claims all of them, each under a scope of its own.
pub(super) async fn claim_all(
    connection: &mut SqliteConnection,
    records: &[IdempotencyRecord],
    now: Timestamp,
) -> Result<Vec<Answer>, StoreError> {
    match decide_all(connection, records, now).await {
        // One that names no environment must not harm the others.
        Err(error) if is_foreign_key_violation(&error) && records.len() > 1 => {
            let mut answers = Vec::new();
            for record in records {
                match decide_all(connection, slice::from_ref(record), now).await {
                    Ok(answer) => answers.extend(answer),
                    Err(error) => answers.push(Err(unavailable(error))),
                }
            }
            Ok(answers)
        }
        answers => answers.map_err(unavailable),
    }
}

/// Asks until there is an answer to each.
async fn decide_all(
    connection: &mut SqliteConnection,
    records: &[IdempotencyRecord],
    now: Timestamp,
) -> Result<Vec<Answer>, sqlx::Error> {
    let mut answers: Vec<Option<Answer>> = records.iter().map(|_| None).collect();
    loop {
        let open = records.iter().zip(&mut answers);
        let open = open.filter(|(_, answer)| answer.is_none());
        let (open, places): (Vec<_>, Vec<_>) = open.unzip();
        if open.is_empty() {
            return Ok(answers.into_iter().flatten().collect());
        }
        let found = try_all(connection, &open, now).await?;
        for (place, answer) in places.into_iter().zip(found) {
            *place = answer;
        }
    }
}

/// Answers none to whom what held the scope expired, or went, in the meantime.
async fn try_all(
    connection: &mut SqliteConnection,
    records: &[&IdempotencyRecord],
    now: Timestamp,
) -> Result<Vec<Option<Answer>>, sqlx::Error> {
    let stored = insert(connection, records, now).await?;
    if stored.clone().count() == records.len() {
        let new = |_| Some(Ok(IdempotencyClaim::New));
        return Ok(records.iter().map(new).collect());
    }
    let mut held = select(connection, records, now).await?;
    let (mut answers, mut expired) = (Vec::new(), Vec::new());
    for record in records {
        answers.push(match held.remove(&record.scope) {
            None => None,
            Some(held) if stored.contains(&held.id) => Some(Ok(IdempotencyClaim::New)),
            Some(held) => match IdempotencyRecord::try_from(held.row) {
                Ok(record) if record.expires_at <= now => {
                    expired.push(held.id);
                    None
                }
                record => {
                    let taken = |record| IdempotencyClaim::Taken(Box::new(record));
                    Some(record.map(taken))
                }
            },
        });
    }
    delete_expired(connection, &expired, now).await?;
    Ok(answers)
}

/// Writes a claim as `piece!` reads it.
fn append(record: &IdempotencyRecord, now: Timestamp, bytes: &mut Vec<u8>) {
    let IdempotencyRecord {
        scope,
        fingerprint,
        response,
        expires_at,
    } = record;
    let numbers = format!(
        "{:020}{:020}{:010}{:010}",
        expires_at.as_microsecond(),
        period_of(record, now),
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

/// Stores those whose scope is free; answers the ids that they got.
async fn insert(
    connection: &mut SqliteConnection,
    records: &[&IdempotencyRecord],
    now: Timestamp,
) -> Result<RangeInclusive<i64>, sqlx::Error> {
    let Parameters { bytes, starts } = Parameters::of(records, now);
    let result = query(INSERT)
        .bind(bytes)
        .bind(starts)
        .execute(connection)
        .await?;
    // Ids are given one after the other. The rows are counted by themselves and not told one by
    // one: each would wake the thread that waits for them.
    let (count, last) = (result.rows_affected(), result.last_insert_rowid());
    Ok(last - count.cast_signed() + 1..=last)
}

/// The records of these claims' scopes.
async fn select(
    connection: &mut SqliteConnection,
    records: &[&IdempotencyRecord],
    now: Timestamp,
) -> Result<HashMap<IdempotencyScope, Held>, sqlx::Error> {
    let Parameters { bytes, starts } = Parameters::of(records, now);
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
    ids: &[i64],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    if !ids.is_empty() {
        let sql = "DELETE FROM idempotency_records
             WHERE id IN (SELECT value FROM json_each(?)) AND expires_at <= ?";
        query(sql)
            .bind(to_json(&ids))
            .bind(now.as_microsecond())
            .execute(connection)
            .await?;
    }
    Ok(())
}

impl Parameters {
    fn of(records: &[&IdempotencyRecord], now: Timestamp) -> Self {
        let mut bytes = Vec::new();
        let mut start_of = |record: &&IdempotencyRecord| {
            // SQL counts from one.
            let start = bytes.len() + 1;
            append(record, now, &mut bytes);
            start
        };
        let starts: Vec<_> = records.iter().map(&mut start_of).collect();
        let starts = to_json(&starts);
        Self { bytes, starts }
    }
}

#[cfg(test)]
mod tests;
