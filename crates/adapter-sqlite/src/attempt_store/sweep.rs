//! Ending attempts that got stuck, and deleting those that are old.

use jiff::Timestamp;
use sqlx::{QueryBuilder, Sqlite};
use tieline_domain::{
    attempt::{AttemptStatus, Step, StepKind},
    ports::StoreError,
    reason::Reason,
};

use crate::{column::to_json, database::Access, error::unavailable};

/// How many attempts one statement ends, so that no other writer waits long.
const BATCH: u32 = 500;

pub(super) async fn fail(
    access: &Access,
    status: AttemptStatus,
    before: Timestamp,
    reason: Reason,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let step = to_json(&Step {
        kind: StepKind::Ended,
        at: now,
        by: None,
    });
    let mut failed = 0;
    loop {
        let result = sqlx::query(
            "UPDATE connect_attempts
             SET status = ?, reason = ?, provider_error = NULL,
                 steps = json_insert(steps, '$[#]', json(?)), updated_at = ?
             WHERE id IN (
                 SELECT id FROM connect_attempts
                 WHERE status = ? AND updated_at < ? ORDER BY updated_at LIMIT ?
             )",
        )
        .bind(AttemptStatus::Failed.as_str())
        .bind(reason.code())
        .bind(&step)
        .bind(now.as_microsecond())
        .bind(status.as_str())
        .bind(before.as_microsecond())
        .bind(BATCH)
        .execute(&mut *access.writer().await?)
        .await
        .map_err(unavailable)?;
        failed += result.rows_affected();
        if result.rows_affected() < u64::from(BATCH) {
            return Ok(failed);
        }
    }
}

pub(super) async fn delete(
    access: &Access,
    before: Timestamp,
    limit: u32,
) -> Result<u64, StoreError> {
    let result = deletion(before, limit)
        .build()
        .execute(&mut *access.writer().await?)
        .await
        .map_err(unavailable)?;
    Ok(result.rows_affected())
}

/// The environments' lists, which are in the order of age, lead to those that are old.
pub(crate) fn deletion(before: Timestamp, limit: u32) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(
        "DELETE FROM connect_attempts WHERE id IN (
             SELECT attempt.id
             FROM environments CROSS JOIN connect_attempts AS attempt
                 ON attempt.environment_id = environments.id
             WHERE attempt.created_at < ",
    );
    query.push_bind(before.as_microsecond());
    query.push(" AND attempt.status IN (");
    let mut ended = query.separated(", ");
    for status in AttemptStatus::ALL.into_iter().filter(|it| it.has_ended()) {
        ended.push_bind(status.as_str());
    }
    query.push(") LIMIT ");
    query.push_bind(limit);
    query.push(")");
    query
}
