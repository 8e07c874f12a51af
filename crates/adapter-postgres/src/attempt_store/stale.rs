//! Ending attempts that got stuck.

use jiff::Timestamp;
use tieline_domain::{
    attempt::{AttemptStatus, Step, StepKind},
    ports::StoreError,
    reason::Reason,
};

use crate::{column::to_json, database::Access, error::unavailable};

/// How many attempts one statement ends, so that none is locked for long.
const BATCH: u16 = 500;

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
        let mut session = access.writer().await?;
        // An attempt that somebody holds is moving; every node sweeps, and none waits for another.
        let result = sqlx::query!(
            "UPDATE connect_attempts
             SET status = $1, reason = $2, provider_error = NULL,
                 steps = steps || $3::text::jsonb, updated_at = $4
             WHERE id = ANY (ARRAY (
                 SELECT id FROM connect_attempts
                 WHERE status = $5 AND updated_at < $6
                 ORDER BY updated_at LIMIT $7 FOR UPDATE SKIP LOCKED
             ))",
            AttemptStatus::Failed.as_str(),
            reason.code(),
            step,
            now.as_microsecond(),
            status.as_str(),
            before.as_microsecond(),
            i64::from(BATCH)
        )
        .execute(&mut session)
        .await
        .map_err(unavailable)?;
        session.commit().await.map_err(unavailable)?;
        failed += result.rows_affected();
        if result.rows_affected() < u64::from(BATCH) {
            return Ok(failed);
        }
    }
}
