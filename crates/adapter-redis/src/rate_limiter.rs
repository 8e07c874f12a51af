//! Rate limits that all nodes count together.

use std::{
    convert::Infallible,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use quick_cache::sync::Cache;
use redis::cmd;
use tieline_domain::ports::{Allowance, RateLimit, RateLimiter};

use crate::{RedisMemory, link::Away};

mod share;

use share::{Given, Share};

/// The same algorithm as one node's own, in one round trip.
const SCRIPT: &str = include_str!("rate_limiter/take.lua");

/// Of so many keys a node remembers what it holds of them.
const KEYS: usize = 10_000;

/// What this node holds of a key.
#[derive(Default)]
struct Held {
    share: Mutex<Option<Share>>,
    /// Whoever asks the server for more: the others wait, since the answer may be theirs, too.
    asking: tokio::sync::Mutex<()>,
}

/// Counts on the server; with it away, `fallback` counts for this node. Of a key that is asked for
/// often a node takes some in advance, so that few requests wait for the server.
#[derive(Clone)]
pub struct RedisRateLimiter {
    memory: RedisMemory,
    fallback: Arc<dyn RateLimiter>,
    shares: Arc<Cache<String, Arc<Held>>>,
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

    fn held(&self, key: &str) -> Arc<Held> {
        match self
            .shares
            .get_or_insert_with(key, || Ok::<_, Infallible>(Arc::default()))
        {
            Ok(held) => held,
            Err(never) => match never {},
        }
    }

    async fn share(&self, key: &str, limit: RateLimit, now: Timestamp) -> Result<Allowance, Away> {
        let held = self.held(key);
        if let Some(allowance) = held.take(limit, now) {
            return Ok(allowance);
        }
        let _asking = held.asking.lock().await;
        if let Some(allowance) = held.take(limit, now) {
            return Ok(allowance);
        }
        let wanted = held
            .share()
            .map_or(1, |share| share.next_wanted(limit, now));
        let given = self.ask(key, limit, now, wanted).await?;
        let mut share = Share::new(limit, now, wanted, given);
        let allowance = share.take(Duration::ZERO);
        *held.share() = Some(share);
        Ok(allowance)
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

impl Held {
    /// Takes one of what is here, or says that there is none; nothing if the server has to.
    fn take(&self, limit: RateLimit, now: Timestamp) -> Option<Allowance> {
        let mut share = self.share();
        let share = share.as_mut()?;
        let age = share.answers(limit, now)?;
        Some(share.take(age))
    }

    fn share(&self) -> MutexGuard<'_, Option<Share>> {
        self.share.lock().unwrap_or_else(PoisonError::into_inner)
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
