//! Rate limits that one node counts for itself.

use std::{
    convert::Infallible,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use async_trait::async_trait;
use jiff::Timestamp;
use quick_cache::sync::Cache;
use tieline_domain::ports::{Allowance, RateLimit, RateLimiter};

use crate::gcra;

/// Counts in memory. With more keys than it has place for, those that were used least have all of
/// their burst again.
pub struct LocalRateLimiter(Cache<String, Arc<AtomicI64>>);

impl LocalRateLimiter {
    /// A limiter that remembers so many keys.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self(Cache::new(capacity))
    }

    fn cell(&self, key: &str) -> Arc<AtomicI64> {
        let made = || Ok::<_, Infallible>(Arc::new(AtomicI64::new(i64::MIN)));
        match self.0.get_or_insert_with(key, made) {
            Ok(cell) => cell,
            Err(never) => match never {},
        }
    }
}

impl Default for LocalRateLimiter {
    fn default() -> Self {
        Self::new(100_000)
    }
}

impl fmt::Debug for LocalRateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalRateLimiter").finish_non_exhaustive()
    }
}

#[async_trait]
impl RateLimiter for LocalRateLimiter {
    async fn take(&self, key: &str, limit: RateLimit, now: Timestamp) -> Allowance {
        let cell = self.cell(key);
        let mut replenished_at = cell.load(Ordering::SeqCst);
        loop {
            let (allowance, next) = gcra::take(replenished_at, limit, now);
            let exchanged =
                cell.compare_exchange(replenished_at, next, Ordering::SeqCst, Ordering::SeqCst);
            match exchanged {
                Ok(_) => return allowance,
                Err(other) => replenished_at = other,
            }
        }
    }
}
