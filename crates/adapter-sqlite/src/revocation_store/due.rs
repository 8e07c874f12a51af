//! Claiming revocations that are due.

use jiff::Timestamp;
use tieline_domain::{ports::StoreError, revocation::Revocation};

use super::row::RevocationRow;
use crate::{database::Access, error::unavailable};

pub(super) async fn claim(
    access: &Access,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<Revocation>, StoreError> {
    let mut tx = access.begin_write().await?;
    let sql = select!("WHERE due_at <= ? ORDER BY due_at, id LIMIT ?");
    let rows: Vec<RevocationRow> = sqlx::query_as(sql)
        .bind(now.as_microsecond())
        .bind(limit)
        .fetch_all(&mut *tx)
        .await
        .map_err(unavailable)?;
    let mut claimed = Vec::with_capacity(rows.len());
    for row in rows {
        let mut revocation = Revocation::try_from(row)?;
        sqlx::query("UPDATE revocations SET tries = tries + 1, due_at = ? WHERE id = ?")
            .bind(until.as_microsecond())
            .bind(revocation.id.0)
            .execute(&mut *tx)
            .await
            .map_err(unavailable)?;
        revocation.tries += 1;
        claimed.push(revocation);
    }
    tx.commit().await.map_err(unavailable)?;
    Ok(claimed)
}
