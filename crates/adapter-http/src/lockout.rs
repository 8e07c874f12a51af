//! Who tries out keys is locked out for a while, before the database is asked.
//!
//! The failures of an address are counted where rates are, by all nodes together. Which addresses
//! are locked out each node keeps for itself, so that a good request asks nobody: a node learns it
//! from the first failure that it counts.

use std::{fmt, sync::Arc, time::Duration};

use axum::http::request::Parts;
use jiff::Timestamp;
use quick_cache::sync::Cache;
use tieline_domain::{
    api_key::{ApiKey, ApiKeyHash, PresentedKey},
    ports::{Allowance, RateLimit},
    reason::Reason,
};

use crate::{
    api::Api,
    client::Origin,
    error::ApiError,
    rate_limit::{Quota, Taken},
};

/// How many addresses are remembered to be locked out. Whoever has more of them costs a look-up
/// each time they come round.
const LOCKED: usize = 100_000;

/// How many keys are remembered to be good.
const KNOWN: usize = 10_000;

/// What one node knows of who may try keys.
#[derive(Clone)]
pub struct Lockout(Arc<Known>);

struct Known {
    /// Until when an address is locked out.
    locked: Cache<Origin, Timestamp>,
    /// Keys that were good when they were last looked up. Whoever shares an address with somebody
    /// who tries keys, behind one proxy perhaps, goes on with them.
    good: Cache<ApiKeyHash, ()>,
}

impl Default for Lockout {
    fn default() -> Self {
        Self(Arc::new(Known {
            locked: Cache::new(LOCKED),
            good: Cache::new(KNOWN),
        }))
    }
}

impl fmt::Debug for Lockout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lockout").finish_non_exhaustive()
    }
}

impl Lockout {
    /// Lets a request through, unless its address is locked out and its key none that is known.
    pub(crate) fn pass(
        &self,
        parts: &Parts,
        api: &Api,
        presented: Option<&PresentedKey>,
    ) -> Result<(), ApiError> {
        let Some(limit) = api.limits.failures else {
            return Ok(());
        };
        let origin = api.proxies.origin(parts);
        let Some(wait) = self.wait(origin, limit, api.broker.clock.now()) else {
            return Ok(());
        };
        if presented.is_some_and(|key| self.0.good.get(&key.hash()).is_some()) {
            return Ok(());
        }
        let allowance = Allowance {
            allowed: false,
            remaining: 0,
            retry_after: wait,
        };
        Quota::note(parts, told(limit, allowance));
        Err(Reason::TooManyFailures.into())
    }

    /// Counts a request whose key was missing or wrong.
    pub(crate) async fn note_failure(
        &self,
        parts: &Parts,
        api: &Api,
        presented: Option<&PresentedKey>,
    ) {
        let Some(limit) = api.limits.failures else {
            return;
        };
        if let Some(key) = presented {
            self.0.good.remove(&key.hash());
        }
        let (origin, now) = (api.proxies.origin(parts), api.broker.clock.now());
        let limiter = &api.limits.address_limiter;
        let allowance = limiter
            .take(&format!("failures:{origin}"), limit, now)
            .await;
        if !allowance.allowed || allowance.remaining == 0 {
            self.0.locked.insert(origin, now + allowance.retry_after);
        }
    }

    /// Remembers that a key is good.
    pub(crate) fn note_success(&self, key: &ApiKey) {
        if self.0.good.get(&key.hash).is_none() {
            self.0.good.insert(key.hash, ());
        }
    }

    /// How long an address is still locked out.
    fn wait(&self, origin: Origin, limit: RateLimit, now: Timestamp) -> Option<Duration> {
        let until = self.0.locked.get(&origin)?;
        let wait = Duration::try_from(until.duration_since(now)).ok()?;
        // A clock that was put back would keep it out for longer than anybody ever is.
        let longest = limit.interval.saturating_mul(limit.burst);
        (!wait.is_zero() && wait <= longest).then_some(wait)
    }
}

fn told(limit: RateLimit, allowance: Allowance) -> Taken {
    Taken {
        name: "failures",
        limit,
        allowance,
    }
}
