//! Rate limits that all nodes count together.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use redis::cmd;
use tieline_domain::ports::{Allowance, RateLimit, RateLimiter};

use crate::{RedisMemory, link::Away};

/// The same algorithm as one node's own, in one round trip.
const SCRIPT: &str = include_str!("rate_limiter.lua");

/// Counts on the server; with it away, `fallback` counts for this node.
#[derive(Clone)]
pub struct RedisRateLimiter {
    memory: RedisMemory,
    fallback: Arc<dyn RateLimiter>,
}

impl RedisRateLimiter {
    /// A limiter on this memory.
    #[must_use]
    pub fn new(memory: RedisMemory, fallback: Arc<dyn RateLimiter>) -> Self {
        Self { memory, fallback }
    }

    async fn ask(&self, key: &str, limit: RateLimit, now: Timestamp) -> Result<Allowance, Away> {
        let link = &self.memory.link;
        let interval = u64::try_from(limit.interval.as_micros()).unwrap_or(u64::MAX);
        let mut command = cmd("EVAL");
        command
            .arg(SCRIPT)
            .arg(1)
            .arg(link.key(&format!("rate:{key}")))
            .arg(now.as_microsecond())
            .arg(interval.max(1))
            .arg(limit.burst.max(1));
        let (allowed, remaining, retry_after): (bool, u32, u64) = link.ask(&command).await?;
        Ok(Allowance {
            allowed,
            remaining,
            retry_after: Duration::from_micros(retry_after),
        })
    }
}

impl fmt::Debug for RedisRateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisRateLimiter").finish_non_exhaustive()
    }
}

#[async_trait]
impl RateLimiter for RedisRateLimiter {
    async fn take(&self, key: &str, limit: RateLimit, now: Timestamp) -> Allowance {
        match self.ask(key, limit, now).await {
            Ok(allowance) => allowance,
            Err(Away) => self.fallback.take(key, limit, now).await,
        }
    }
}
