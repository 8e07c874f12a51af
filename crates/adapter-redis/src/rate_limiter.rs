//! Rate limits that all nodes count together.

use std::{convert::Infallible, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use quick_cache::sync::Cache;
use redis::cmd;
use tieline_domain::ports::{Allowance, RateLimit, RateLimiter};
use tokio::sync::Mutex;

use crate::{RedisMemory, link::Away};

mod share;

use share::{Given, Share};

/// The same algorithm as one node's own, in one round trip.
const SCRIPT: &str = include_str!("rate_limiter/take.lua");

/// Of so many keys a node remembers what it holds of them.
const KEYS: usize = 10_000;

type Held = Arc<Mutex<Option<Share>>>;

/// Counts on the server; with it away, `fallback` counts for this node. Of a key that is asked for
/// often a node takes some in advance, so that few requests wait for the server.
#[derive(Clone)]
pub struct RedisRateLimiter {
    memory: RedisMemory,
    fallback: Arc<dyn RateLimiter>,
    shares: Arc<Cache<String, Held>>,
}

impl RedisRateLimiter {
    /// A limiter on this memory.
    #[must_use]
    pub fn new(memory: RedisMemory, fallback: Arc<dyn RateLimiter>) -> Self {
        Self {
            memory,
            fallback,
            shares: Arc::new(Cache::new(KEYS)),
        }
    }

    fn held(&self, key: &str) -> Held {
        match self
            .shares
            .get_or_insert_with(key, || Ok::<_, Infallible>(Held::default()))
        {
            Ok(held) => held,
            Err(never) => match never {},
        }
    }

    async fn share(&self, key: &str, limit: RateLimit, now: Timestamp) -> Result<Allowance, Away> {
        let held = self.held(key);
        // Others who want of the same key wait for this answer, since it may be theirs, too.
        let mut held = held.lock().await;
        if let Some(share) = held.as_mut()
            && let Some(age) = share.answers(limit, now)
        {
            return Ok(share.take(age));
        }
        let wanted = held.map_or(1, |share| share.next_wanted(limit, now));
        let given = self.ask(key, limit, now, wanted).await?;
        let share = held.insert(Share::new(limit, now, wanted, given));
        Ok(share.take(Duration::ZERO))
    }

    async fn ask(
        &self,
        key: &str,
        limit: RateLimit,
        now: Timestamp,
        wanted: u32,
    ) -> Result<Given, Away> {
        let link = &self.memory.link;
        let interval = u64::try_from(limit.interval.as_micros()).unwrap_or(u64::MAX);
        let mut command = cmd("EVAL");
        command
            .arg(SCRIPT)
            .arg(1)
            .arg(link.key(&format!("rate:{key}")))
            .arg(now.as_microsecond())
            .arg(interval.max(1))
            .arg(limit.burst.max(1))
            .arg(wanted);
        let (taken, remaining, retry_after): (u32, u32, u64) = link.ask(&command).await?;
        Ok(Given {
            taken,
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
        match self.share(key, limit, now).await {
            Ok(allowance) => allowance,
            Err(Away) => self.fallback.take(key, limit, now).await,
        }
    }
}
