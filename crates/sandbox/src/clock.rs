//! The sandbox's own clock, which tests move forward.

use std::sync::Mutex;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::world::lock;

/// System time plus what it has been moved by.
#[derive(Debug, Default)]
pub(crate) struct SandboxClock {
    ahead: Mutex<SignedDuration>,
}

impl SandboxClock {
    pub(crate) fn now(&self) -> Timestamp {
        let ahead = *lock(&self.ahead);
        system_time()
            .saturating_add(ahead)
            .unwrap_or(Timestamp::MAX)
    }

    /// Whole seconds since 1970, as tokens count them (RFC 7519, section 2).
    pub(crate) fn seconds(&self) -> i64 {
        self.now().as_second()
    }

    pub(crate) fn advance(&self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        let mut ahead = lock(&self.ahead);
        *ahead = ahead.saturating_add(by);
    }

    pub(crate) fn set(&self, now: Timestamp) {
        *lock(&self.ahead) = now.duration_since(system_time());
    }
}

/// The one place of this crate that asks the machine for the time.
#[expect(clippy::disallowed_methods, reason = "this is the sandbox's clock")]
fn system_time() -> Timestamp {
    Timestamp::now()
}
