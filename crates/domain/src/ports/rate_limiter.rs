//! How often somebody may do something.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

/// How often something may be done: `burst` times at once, and once more every `interval`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// So many at once; at least 1.
    pub burst: u32,
    /// How long it takes until another one is allowed; more than zero.
    pub interval: Duration,
}

/// The answer of a [`RateLimiter`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Whether it may be done now. If not, nothing was taken.
    pub allowed: bool,
    /// How many more may be done at once after this.
    pub remaining: u32,
    /// How long until one more is allowed than now; zero where all of the burst is left.
    pub retry_after: Duration,
}

/// Where nothing is counted, everything is allowed.
#[async_trait]
impl RateLimiter for () {
    async fn take(&self, _: &str, limit: RateLimit, _: Timestamp) -> Allowance {
        Allowance {
            allowed: true,
            remaining: limit.burst,
            retry_after: Duration::ZERO,
        }
    }
}

/// Counts who did what how often.
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Takes one of what `key` may do. Many nodes that share a memory count together; one that
    /// cannot reach it counts for itself. Of a key that is asked for often a node may take a 64th
    /// of the burst in advance, for a second; meanwhile the others refuse that much too early. It
    /// never fails, and never keeps anybody waiting long.
    async fn take(&self, key: &str, limit: RateLimit, now: Timestamp) -> Allowance;
}
