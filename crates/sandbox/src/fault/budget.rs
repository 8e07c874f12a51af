//! How many calls an app may make in a while.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::endpoint::Endpoint;
use crate::world::lock;

/// So many calls of an app in any stretch of time this long, by the sandbox's
/// clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// How many are answered.
    pub calls: usize,
    /// In how long; one second for a limit per second.
    pub per: Duration,
}

/// The limits by endpoint, and what has been used of them by app.
#[derive(Debug, Default)]
pub(crate) struct Budgets {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    limits: HashMap<Endpoint, RateLimit>,
    answered: HashMap<(Endpoint, String), VecDeque<Timestamp>>,
}

impl Budgets {
    pub(crate) fn set(&self, endpoint: Endpoint, limit: RateLimit) {
        lock(&self.state).limits.insert(endpoint, limit);
    }

    pub(crate) fn clear(&self) {
        *lock(&self.state) = State::default();
    }

    /// Takes one call from the budget; else says in how many seconds there is
    /// one again.
    pub(crate) fn take(&self, endpoint: Endpoint, app: &str, now: Timestamp) -> Result<(), u32> {
        let mut state = lock(&self.state);
        let Some(limit) = state.limits.get(&endpoint).copied() else {
            return Ok(());
        };
        let key = (endpoint, app.to_owned());
        let answered = state.answered.entry(key).or_default();
        let per = SignedDuration::try_from(limit.per).unwrap_or(SignedDuration::MAX);
        answered.retain(|at| now.duration_since(*at) < per);
        if answered.len() < limit.calls {
            answered.push_back(now);
            return Ok(());
        }
        let waited = answered.front().map(|at| now.duration_since(*at));
        Err(seconds(per.saturating_sub(waited.unwrap_or_default())))
    }
}

/// Rounded up: whoever waits so long is not refused again.
fn seconds(left: SignedDuration) -> u32 {
    let whole = left.as_secs() + i64::from(left.subsec_nanos() > 0);
    u32::try_from(whole).unwrap_or(u32::MAX)
}
