//! Ending attempts that got stuck.

use jiff::Timestamp;
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
