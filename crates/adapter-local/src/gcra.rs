//! The generic cell rate algorithm: of a whole history it keeps one instant, at which all of the
//! burst would be there again.

use std::time::Duration;

use jiff::Timestamp;
use tieline_domain::ports::{Allowance, RateLimit};

/// Takes one, if it may be had, from whoever is replenished at that instant (microseconds since
/// the epoch). Answers the instant after that.
pub(crate) fn take(replenished_at: i64, limit: RateLimit, now: Timestamp) -> (Allowance, i64) {
    let now = now.as_microsecond();
    let interval = microseconds(limit.interval).max(1);
    let capacity = interval.saturating_mul(i64::from(limit.burst.max(1)));
    // More than a burst nobody owes: a clock that was put back would keep them waiting.
    let owed = replenished_at.saturating_sub(now).clamp(0, capacity);
    let room = capacity - owed;
    let allowed = room >= interval;
    let owed = if allowed { owed + interval } else { owed };
    let room = capacity - owed;
    let remaining = u32::try_from(room / interval).unwrap_or(u32::MAX);
    let to_the_next = interval - room % interval;
    let retry_after = if owed == 0 { 0 } else { to_the_next };
    let allowance = Allowance {
        allowed,
        remaining,
        retry_after: Duration::from_micros(retry_after.unsigned_abs()),
    };
    (allowance, now.saturating_add(owed))
}

fn microseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
