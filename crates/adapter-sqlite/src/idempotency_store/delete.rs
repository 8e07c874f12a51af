//! Deleting what has expired.

use jiff::Timestamp;
use sqlx::{SqliteConnection, query};
use tieline_domain::ports::Deletion;

use super::keys::period_at;

/// How many keys are deleted in the time of a record: they are small, and stand side by side.
const KEYS_PER_RECORD: u32 = 10;

/// Records that have expired, and once none is left, keys of periods in which all have: a record
/// whose key is gone would not be found by the next claim of its scope, and there would be two.
pub(super) async fn expired(
    connection: &mut SqliteConnection,
    now: Timestamp,
    limit: u32,
) -> Result<Deletion, sqlx::Error> {
    let sql = "DELETE FROM idempotency_records WHERE id IN (
             SELECT id FROM idempotency_records
             WHERE expires_at <= ? ORDER BY expires_at LIMIT ?
         )";
    let records = query(sql)
        .bind(now.as_microsecond())
        .bind(limit)
        .execute(&mut *connection)
        .await?;
    let records = Deletion::of(records.rows_affected(), limit);
    if records.more {
        return Ok(records);
    }
    let sql = "DELETE FROM idempotency_keys WHERE (period, key_start, record) IN (
             SELECT period, key_start, record FROM idempotency_keys
             WHERE period > 0 AND period < ? ORDER BY period, key_start, record LIMIT ?
         )";
    let key_limit = limit.saturating_mul(KEYS_PER_RECORD);
    let keys = query(sql)
        .bind(period_at(now))
        .bind(key_limit)
        .execute(connection)
        .await?;
    Ok(Deletion {
        more: Deletion::of(keys.rows_affected(), key_limit).more,
        ..records
    })
}
