//! Many claims in one statement.

use std::{collections::HashMap, slice};

use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use tieline_domain::{
    idempotency::{IdempotencyRecord, IdempotencyScope},
    ports::{IdempotencyClaim, StoreError},
};
use uuid::Uuid;

use super::row::{IdempotencyRow, ScopeRow};
use crate::{
    database::{Access, Session},
    error::{is_foreign_key_violation, retried, unavailable},
};

/// What became of a claim.
type Answer = Result<IdempotencyClaim, StoreError>;

/// So many bytes of claims go into one statement at the most: what fits into one record of TLS. A
/// second record would wait until the server acknowledged the first, which it is in no hurry to do
/// (Nagle's algorithm, which `sqlx` leaves on): some 40 ms.
const MESSAGE: usize = 15 << 10;

/// So many statements are under way at the same time: Postgres writes the commits of all of them to
/// the disk at once.
const AT_ONCE: usize = 4;

/// Claims all of them, each under a scope of its own.
pub(super) async fn claim_all(
    access: &Access,
    records: &[IdempotencyRecord],
    now: Timestamp,
) -> Result<Vec<Answer>, StoreError> {
    let (mut parts, mut rest) = (Vec::new(), records);
    while !rest.is_empty() {
        let (part, others) = rest.split_at(fitting(rest));
        parts.push(claim_part(access, part, now).boxed());
        rest = others;
    }
    stream::iter(parts).buffered(AT_ONCE).try_concat().await
}

/// How many of the first records fit into a message; one does in any case.
fn fitting(records: &[IdempotencyRecord]) -> usize {
    let ends = records.iter().scan(0, |end, record| {
        *end += bytes(record);
        Some(*end)
    });
    ends.take_while(|end| *end <= MESSAGE).count().max(1)
}

/// What a record takes in a message: what is of any length, and all else rounded up.
fn bytes(record: &IdempotencyRecord) -> usize {
    record.scope.route.len() + record.response.0.len() + 128
}

async fn claim_part(
    access: &Access,
    records: &[IdempotencyRecord],
    now: Timestamp,
) -> Result<Vec<Answer>, StoreError> {
    match retried(|| claim_together(access, records, now)).await {
        // One that names no environment must not harm the others.
        Err(error) if is_foreign_key_violation(&error) && records.len() > 1 => {
            let mut answers = Vec::new();
            for record in records {
                let record = slice::from_ref(record);
                match retried(|| claim_together(access, record, now)).await {
                    Ok(answer) => answers.extend(answer),
                    Err(error) => answers.push(Err(error)),
                }
            }
            Ok(answers)
        }
        answers => answers,
    }
}

async fn claim_together(
    access: &Access,
    records: &[IdempotencyRecord],
    now: Timestamp,
) -> Result<Vec<Answer>, StoreError> {
    let mut session = access.writer().await?;
    let answers = decide_all(&mut session, records, now).await;
    let answers = answers.map_err(unavailable)?;
    session.commit().await.map_err(unavailable)?;
    Ok(answers)
}

/// Asks until there is an answer to each: what was in the way may be deleted between the two
/// statements.
async fn decide_all(
    session: &mut Session,
    records: &[IdempotencyRecord],
    now: Timestamp,
) -> Result<Vec<Answer>, sqlx::Error> {
    let mut answers: HashMap<IdempotencyScope, Answer> = HashMap::new();
    // Whoever claims the same takes them in the same order, and waits for no one who waits.
    let mut open: Vec<&IdempotencyRecord> = records.iter().collect();
    open.sort_unstable_by_key(|record| record.scope.key_hash);
    while !open.is_empty() {
        let stored = insert_unless_live(session, &open, now).await?;
        if stored.len() == records.len() {
            return Ok(records.iter().map(|_| Ok(IdempotencyClaim::New)).collect());
        }
        for scope in stored.into_iter().map(IdempotencyScope::try_from) {
            answers.extend(scope.map(|scope| (scope, Ok(IdempotencyClaim::New))));
        }
        open.retain(|record| !answers.contains_key(&record.scope));
        for row in find(session, &open).await? {
            let scope = row.scope();
            let taken = |record| IdempotencyClaim::Taken(Box::new(record));
            let answer = IdempotencyRecord::try_from(row).map(taken);
            answers.extend(scope.map(|scope| (scope, answer)));
        }
        open.retain(|record| !answers.contains_key(&record.scope));
    }
    let answers = records.iter().filter_map(|it| answers.remove(&it.scope));
    Ok(answers.collect())
}

/// Stores those whose scope is free, and answers which. Waits for whoever is claiming the same.
async fn insert_unless_live(
    session: &mut Session,
    records: &[&IdempotencyRecord],
    now: Timestamp,
) -> Result<Vec<ScopeRow>, sqlx::Error> {
    let (environments, routes, key_hashes) = columns(records);
    let fingerprints: Vec<_> = each(records, |record| record.fingerprint.as_slice());
    let responses: Vec<_> = each(records, |record| record.response.0.as_slice());
    let expiries: Vec<_> = each(records, |record| record.expires_at.as_microsecond());
    sqlx::query_as!(
        ScopeRow,
        "INSERT INTO idempotency_records
             (environment_id, route, key_hash, fingerprint, response, expires_at)
         SELECT * FROM UNNEST
             ($1::uuid[], $2::text[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bigint[])
         ON CONFLICT (environment_id, route, key_hash) DO UPDATE
         SET fingerprint = excluded.fingerprint, response = excluded.response,
             expires_at = excluded.expires_at
         WHERE idempotency_records.expires_at <= $7
         RETURNING environment_id, route, key_hash",
        &environments,
        &routes as &[&str],
        &key_hashes as &[&[u8]],
        &fingerprints as &[&[u8]],
        &responses as &[&[u8]],
        &expiries,
        now.as_microsecond()
    )
    .fetch_all(session)
    .await
}

async fn find(
    session: &mut Session,
    records: &[&IdempotencyRecord],
) -> Result<Vec<IdempotencyRow>, sqlx::Error> {
    let (environments, routes, key_hashes) = columns(records);
    sqlx::query_as!(
        IdempotencyRow,
        "SELECT environment_id, route, key_hash, fingerprint, response, expires_at
         FROM idempotency_records WHERE (environment_id, route, key_hash) IN (
             SELECT * FROM UNNEST($1::uuid[], $2::text[], $3::bytea[]))",
        &environments,
        &routes as &[&str],
        &key_hashes as &[&[u8]]
    )
    .fetch_all(session)
    .await
}

/// The scopes of records, as columns.
fn columns<'a>(records: &[&'a IdempotencyRecord]) -> (Vec<Uuid>, Vec<&'a str>, Vec<&'a [u8]>) {
    (
        each(records, |record| record.scope.environment_id.0),
        each(records, |record| record.scope.route.as_str()),
        each(records, |record| record.scope.key_hash.as_slice()),
    )
}

fn each<'a, T>(
    records: &[&'a IdempotencyRecord],
    part: impl Fn(&'a IdempotencyRecord) -> T,
) -> Vec<T> {
    records.iter().map(|record| part(record)).collect()
}
