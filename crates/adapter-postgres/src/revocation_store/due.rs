//! Claiming revocations that are due.

use jiff::Timestamp;
use tieline_domain::{ports::StoreError, revocation::Revocation};

use super::row::RevocationRow;
use crate::{database::Access, error::unavailable};

/// Of those who come at once nobody waits: each passes over what another has.
pub(super) async fn claim(
    access: &Access,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<Revocation>, StoreError> {
    let mut session = access.begin_write().await?;
    let rows = select!(
        ["WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED"],
        now.as_microsecond(),
        i64::from(limit)
    )
    .fetch_all(&mut session)
    .await
    .map_err(unavailable)?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    sqlx::query!(
        "UPDATE revocations SET tries = tries + 1, due_at = $1 WHERE id = ANY ($2)",
        until.as_microsecond(),
        &ids
    )
    .execute(&mut session)
    .await
    .map_err(unavailable)?;
    let claimed = rows.into_iter().map(once_more).collect::<Result<_, _>>()?;
    session.commit().await.map_err(unavailable)?;
    Ok(claimed)
}

fn once_more(row: RevocationRow) -> Result<Revocation, StoreError> {
    let mut revocation = Revocation::try_from(row)?;
    revocation.tries += 1;
    Ok(revocation)
}
