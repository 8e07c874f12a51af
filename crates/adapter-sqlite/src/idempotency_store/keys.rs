//! Keys, in an order that makes deleting them go from page to page: those of records that expire
//! within the same period stand together.

use jiff::{SignedDuration, Timestamp};
use sqlx::{SqliteConnection, query_scalar};
use tieline_domain::{idempotency::IdempotencyRecord, ports::StoreError};

use crate::error::unavailable;

/// How long a period is.
const PERIOD: SignedDuration = SignedDuration::from_mins(5);

/// What is kept for longer than this belongs to no period. Answers of mints, of which alone there
/// are many, are kept for six minutes.
const SHORT: SignedDuration = SignedDuration::from_mins(10);

/// In the place of a period, for records that belong to none.
const NO_PERIOD: i64 = 0;

/// The period of an instant, counted from 1970.
pub(super) fn period_at(instant: Timestamp) -> i64 {
    let period = instant.duration_since(Timestamp::UNIX_EPOCH).as_secs() / PERIOD.as_secs();
    period.max(NO_PERIOD)
}

/// The period of a record that is claimed now.
pub(super) fn period_of(record: &IdempotencyRecord, now: Timestamp) -> i64 {
    if record.expires_at.duration_since(now) > SHORT {
        NO_PERIOD
    } else {
        period_at(record.expires_at)
    }
}

/// The beginning of a statement that says `of_scope!`: the periods that have keys, each found
/// behind the one before.
macro_rules! with_periods {
    () => {
        "WITH RECURSIVE periods (period) AS (
             SELECT min(period) FROM idempotency_keys
             UNION ALL
             SELECT (SELECT min(k.period) FROM idempotency_keys AS k WHERE k.period > p.period)
             FROM periods AS p WHERE p.period IS NOT NULL
         ) "
    };
}

/// The record `r` of a scope, in SQL: what to select from. It is led to by its key `k`; what that
/// leads to can be gone, or be another's that got its number.
macro_rules! of_scope {
    ($key_hash:expr, $route:expr, $environment_id:expr) => {
        concat!(
            "idempotency_keys AS k CROSS JOIN idempotency_records AS r
             ON k.period IN (SELECT period FROM periods) AND k.key_start = substr(",
            $key_hash,
            ", 1, 8) AND r.id = k.record AND r.key_hash = ",
            $key_hash,
            " AND r.route = ",
            $route,
            " AND r.environment_id = ",
            $environment_id
        )
    };
}

/// The periods that have keys.
pub(crate) async fn periods(connection: &mut SqliteConnection) -> Result<Vec<i64>, StoreError> {
    let sql = concat!(
        with_periods!(),
        "SELECT period FROM periods WHERE period IS NOT NULL"
    );
    query_scalar(sql)
        .fetch_all(connection)
        .await
        .map_err(unavailable)
}

pub(crate) use {of_scope, with_periods};
