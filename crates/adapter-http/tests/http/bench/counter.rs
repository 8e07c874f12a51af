//! A limiter that allows a burst, and another one when it is told to.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use jiff::Timestamp;
use tieline_domain::ports::{Allowance, RateLimit, RateLimiter};

#[derive(Debug, Default)]
pub(crate) struct Counter(Mutex<BTreeMap<String, u32>>);

impl Counter {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Allows everybody all of it again.
    pub(crate) fn forget(&self) {
        self.0.lock().unwrap().clear();
    }

    /// How often each key was taken.
    pub(crate) fn taken(&self) -> BTreeMap<String, u32> {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait::async_trait]
impl RateLimiter for Counter {
    async fn take(&self, key: &str, limit: RateLimit, _: Timestamp) -> Allowance {
        let mut taken = self.0.lock().unwrap();
        let taken = taken.entry(key.to_owned()).or_default();
        let allowed = *taken < limit.burst;
        *taken += u32::from(allowed);
        Allowance {
            allowed,
            remaining: limit.burst - *taken,
            retry_after: limit.interval,
        }
    }
}
