//! A clock that stands still until a test moves it.

use std::{sync::Mutex, time::Duration};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tieline_domain::ports::{Clock, Timer};

use crate::fixtures::NOON;

/// A clock that stands still until it is moved. As a [`Timer`] it never waits: a pause moves the
/// clock and is over.
#[derive(Debug)]
pub struct FixedClock(Mutex<Timestamp>);

impl FixedClock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    /// Makes the clock show `now`.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap() = now;
    }

    /// Moves the clock.
    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now += by;
    }
}

impl Default for FixedClock {
    fn default() -> Self {
        Self::at(NOON)
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

#[async_trait]
impl Timer for FixedClock {
    async fn pause(&self, duration: Duration) {
        self.advance(SignedDuration::try_from(duration).unwrap());
    }
}
