//! Ending attempts that got stuck, and deleting those that are old.

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

pub(super) async fn delete(
    access: &Access,
    before: Timestamp,
    limit: u32,
) -> Result<u64, StoreError> {
    let ended = AttemptStatus::ALL.into_iter().filter(|it| it.has_ended());
    let ended: Vec<_> = ended.map(|status| status.as_str().to_owned()).collect();
    let mut session = access.writer().await?;
    // The environments' lists, which are in the order of age, lead to those that are old. Every
    // node deletes, and none waits for another.
    let result = sqlx::query!(
        "DELETE FROM connect_attempts WHERE id = ANY (ARRAY (
             SELECT old.id FROM environments CROSS JOIN LATERAL (
                 SELECT id FROM connect_attempts
                 WHERE environment_id = environments.id AND created_at < $1 AND status = ANY ($2)
                 ORDER BY created_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
             ) AS old LIMIT $3
         ))",
        before.as_microsecond(),
        &ended,
        i64::from(limit)
    )
    .execute(&mut session)
    .await
    .map_err(unavailable)?;
    session.commit().await.map_err(unavailable)?;
    Ok(result.rows_affected())
}
