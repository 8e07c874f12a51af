//! A limiter that allows a burst and no more.

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
