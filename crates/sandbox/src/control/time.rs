//! The sandbox's clock.

use std::time::Duration;

use jiff::Timestamp;

use super::SandboxControl;

impl SandboxControl {
    /// The time by the sandbox's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    /// Moves the sandbox's clock: codes and tokens grow old.
    pub fn advance(&self, by: Duration) {
        self.world.clock.advance(by);
    }

    /// Sets the sandbox's clock, which then goes on from there.
    pub fn set_time(&self, now: Timestamp) {
        self.world.clock.set(now);
    }
}
