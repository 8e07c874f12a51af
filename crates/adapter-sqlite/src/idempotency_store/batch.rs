//! Many claims in one statement.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::{SqliteConnection, query_as};
use tieline_domain::{
    id::EnvironmentId,
    idempotency::{IdempotencyRecord, IdempotencyScope},
    ports::{IdempotencyClaim, StoreError},
};
use uuid::Uuid;

use super::IdempotencyRow;

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

/// Claims as two parameters: all their bytes in a row, and what tells them apart.
struct Parameters {
    bytes: Vec<u8>,
    rows: String,
}

/// Where the bytes of a claim stand, in SQL: environment, key hash, fingerprint and response one
/// behind the other.
macro_rules! piece {
    (environment_id) => {
        "substr(?1, c.value ->> 0, 16)"
    };
    (key_hash) => {
        "substr(?1, (c.value ->> 0) + 16, 32)"
    };
    (fingerprint) => {
        "substr(?1, (c.value ->> 0) + 48, 32)"
    };
    (response) => {
        "substr(?1, (c.value ->> 0) + 80, c.value ->> 1)"
    };
}

/// Claims all of them, each of another scope.
pub(super) async fn claim_all(
    connection: &mut SqliteConnection,
    claims: &[&Claim],
) -> Result<Vec<Outcome>, sqlx::Error> {
    let stored = insert(connection, claims).await?;
    let is_stored = |claim: &&&Claim| stored.contains(&claim.record.scope);
    let refused: Vec<_> = claims.iter().filter(|c| !is_stored(c)).copied().collect();
    let mut held = match refused[..] {
        [] => HashMap::new(),
        _ => select(connection, &refused).await?,
    };
    let outcome = |claim: &&Claim| {
        if is_stored(&claim) {
            return Outcome::Decided(Ok(IdempotencyClaim::New));
        }
        let held = held.remove(&claim.record.scope);
        held.map_or(Outcome::AskAgain, |row| claim.beside(row))
    };
    Ok(claims.iter().map(outcome).collect())
}

impl Claim {
    /// What becomes of it where this row holds its scope.
    fn beside(&self, row: IdempotencyRow) -> Outcome {
        match IdempotencyRecord::try_from(row) {
            Ok(record) if record.expires_at <= self.now => Outcome::AskAgain,
            Ok(record) => Outcome::Decided(Ok(IdempotencyClaim::Taken(Box::new(record)))),
            Err(error) => Outcome::Decided(Err(error)),
        }
    }
}

/// Stores those whose scope is free; answers which.
async fn insert(
    connection: &mut SqliteConnection,
    claims: &[&Claim],
) -> Result<HashSet<IdempotencyScope>, sqlx::Error> {
    let sql = concat!(
        "INSERT INTO idempotency_records
             (environment_id, route, key_hash, fingerprint, response, expires_at)
         SELECT ",
        piece!(environment_id),
        ", c.value ->> 2, ",
        piece!(key_hash),
        ",
                ",
        piece!(fingerprint),
        ", ",
        piece!(response),
        ", c.value ->> 3
         FROM json_each(?2) AS c WHERE true
         ON CONFLICT (environment_id, route, key_hash) DO UPDATE
         SET fingerprint = excluded.fingerprint, response = excluded.response,
             expires_at = excluded.expires_at
         WHERE idempotency_records.expires_at <= ?3
         RETURNING environment_id, route, key_hash"
    );
    let Parameters { bytes, rows } = Parameters::of(claims);
    // What is still alive for any of them is left alone; who finds it expired asks again.
    let now = claims.iter().map(|claim| claim.now.as_microsecond()).min();
    let stored: Vec<(Uuid, String, Vec<u8>)> = query_as(sql)
        .bind(bytes)
        .bind(rows)
        .bind(now)
        .fetch_all(connection)
        .await?;
    let scopes = stored.into_iter().map(|(environment, route, key_hash)| {
        Some(IdempotencyScope {
            environment_id: EnvironmentId(environment),
            route,
            key_hash: key_hash.try_into().ok()?,
        })
    });
    Ok(scopes.flatten().collect())
}

/// The records that hold the scopes of these claims.
async fn select(
    connection: &mut SqliteConnection,
    claims: &[&Claim],
) -> Result<HashMap<IdempotencyScope, IdempotencyRow>, sqlx::Error> {
    let sql = concat!(
        "SELECT r.environment_id, r.route, r.key_hash, r.fingerprint, r.response, r.expires_at
         FROM json_each(?2) AS c JOIN idempotency_records AS r
           ON r.environment_id = ",
        piece!(environment_id),
        "
          AND r.route = c.value ->> 2
          AND r.key_hash = ",
        piece!(key_hash)
    );
    let Parameters { bytes, rows } = Parameters::of(claims);
    let rows: Vec<IdempotencyRow> = query_as(sql)
        .bind(bytes)
        .bind(rows)
        .fetch_all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| Some((row.scope().ok()?, row)))
        .collect())
}

impl Parameters {
    fn of(claims: &[&Claim]) -> Self {
        let mut bytes = Vec::new();
        let rows: Vec<Value> = claims
            .iter()
            .map(|claim| {
                let IdempotencyRecord {
                    scope,
                    fingerprint,
                    response,
                    expires_at,
                } = &claim.record;
                let start = bytes.len() + 1;
                bytes.extend_from_slice(scope.environment_id.0.as_bytes());
                bytes.extend_from_slice(&scope.key_hash);
                bytes.extend_from_slice(fingerprint);
                bytes.extend_from_slice(&response.0);
                json!([
                    start,
                    response.0.len(),
                    scope.route,
                    expires_at.as_microsecond()
                ])
            })
            .collect();
        Self {
            bytes,
            rows: Value::from(rows).to_string(),
        }
    }
}
