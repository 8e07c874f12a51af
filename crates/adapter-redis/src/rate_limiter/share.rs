//! What one node holds of a limit that all nodes share.

use std::time::Duration;

use jiff::Timestamp;
use tieline_domain::ports::{Allowance, RateLimit};

/// A node takes no more than this part of a burst in advance: so much less the others may have for
/// a while. With a smaller burst it takes one at a time.
const PART: u32 = 64;

/// What is used up within this time is too little to ask for.
const BUSY: Duration = Duration::from_millis(100);

/// What was taken in advance lapses after this.
const LIFE: Duration = Duration::from_secs(1);

/// What the server gave last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    limit: RateLimit,
    given_at: Timestamp,
    given: Given,
    wanted: u32,
    left: u32,
}

/// The answer of the server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given {
    pub(super) taken: u32,
    /// How many more may be taken at once.
    pub(super) remaining: u32,
    /// How long until there is one more than that.
    pub(super) retry_after: Duration,
}

impl Share {
    pub(super) fn new(limit: RateLimit, now: Timestamp, wanted: u32, given: Given) -> Self {
        Self {
            limit,
            given_at: now,
            given,
            wanted,
            left: given.taken,
        }
    }

    /// How old it is, if it still says whether one may be had.
    pub(super) fn answers(&self, limit: RateLimit, now: Timestamp) -> Option<Duration> {
        let is_good = |age: &Duration| match self.given.taken {
            // Nobody gives anything back: until then there is nothing.
            0 => *age < self.given.retry_after,
            _ => self.left > 0 && *age < LIFE,
        };
        self.age(limit, now).filter(is_good)
    }

    /// Takes one, if one is left.
    pub(super) fn take(&mut self, age: Duration) -> Allowance {
        let allowed = self.left > 0;
        self.left -= u32::from(allowed);
        Allowance {
            allowed,
            remaining: self.given.remaining + self.left,
            retry_after: self.given.retry_after.saturating_sub(age),
        }
    }

    /// How many to ask for next: twice as many as were used up in no time.
    pub(super) fn next_wanted(&self, limit: RateLimit, now: Timestamp) -> u32 {
        let is_busy = |age: Duration| self.left == 0 && age < BUSY;
        if !self.age(limit, now).is_some_and(is_busy) {
            return 1;
        }
        self.wanted
            .saturating_mul(2)
            .clamp(1, (limit.burst / PART).max(1))
    }

    /// How long ago that was; none where it says nothing of this limit, or of this time.
    fn age(&self, limit: RateLimit, now: Timestamp) -> Option<Duration> {
        let age = Duration::try_from(now.duration_since(self.given_at)).ok();
        age.filter(|_| self.limit == limit)
    }
}
