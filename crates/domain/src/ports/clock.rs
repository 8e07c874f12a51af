//! Time, as a parameter.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present instant, to the microsecond: no store keeps more.
    fn now(&self) -> Timestamp;
}

/// Lets time pass.
#[async_trait]
pub trait Timer: Send + Sync {
    /// Returns when `duration` is over.
    async fn pause(&self, duration: Duration);
}
