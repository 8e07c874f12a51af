//! Deleting what nobody will ask for any more, beside everything else.

use std::{future::Future, time::Duration};

use jiff::SignedDuration;

use crate::{
    broker::Broker,
    flow::STATE_LIFETIME,
    ports::{Deletion, StoreError},
};

/// How many are deleted at a time. Whoever writes may have to wait for so many.
const BATCH: u32 = 400;

/// A deletion that takes longer than this has fallen behind.
const PATIENCE: SignedDuration = SignedDuration::from_secs(30);

/// A batch that seems to take longer than this waited, or the clock was set.
const LONGEST_BATCH: SignedDuration = SignedDuration::from_secs(1);

/// How much of the time a deletion takes, and leaves to others that write: a tenth, until it falls
/// behind. It remembers from one time to the next how much it took to keep up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    tenths: u32,
}

impl Broker {
    /// Deletes the answers under idempotency keys that have expired; answers how many.
    pub async fn delete_expired_answers(&self, pace: &mut Pace) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let store = &self.stores.idempotency;
        self.delete_all(pace, move || store.delete_expired(now, BATCH))
            .await
    }

    /// Deletes the attempts that have ended and are older than `lifetime`, never one whose state
    /// could still come back; answers how many.
    pub async fn delete_old_attempts(
        &self,
        lifetime: SignedDuration,
        pace: &mut Pace,
    ) -> Result<u64, StoreError> {
        let before = self.clock.now() - lifetime.max(STATE_LIFETIME);
        let store = &self.stores.attempts;
        let delete = async || {
            let count = store.delete_ended(before, BATCH).await?;
            Ok(Deletion::of(count, BATCH))
        };
        self.delete_all(pace, delete).await
    }

    /// Deletes batch after batch until there is no more.
    async fn delete_all<F: Future<Output = Result<Deletion, StoreError>>>(
        &self,
        pace: &mut Pace,
        delete: impl Fn() -> F,
    ) -> Result<u64, StoreError> {
        let mut deleted = 0;
        let mut late_from = self.clock.now() + PATIENCE;
        loop {
            let began = self.clock.now();
            let batch = delete().await?;
            deleted += batch.count;
            if !batch.more {
                pace.ease();
                return Ok(deleted);
            }
            let now = self.clock.now();
            if now >= late_from {
                pace.hurry();
                late_from = now + PATIENCE;
            }
            self.timer
                .pause(pace.rest_after(now.duration_since(began)))
                .await;
        }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self { tenths: 1 }
    }
}

impl Pace {
    /// It fell behind: twice as much, and all of the time in the end.
    fn hurry(&mut self) {
        self.tenths = (self.tenths * 2).min(10);
    }

    /// It came to its end.
    fn ease(&mut self) {
        self.tenths = (self.tenths / 2).max(1);
    }

    /// How long it leaves to others after a batch that took so long.
    fn rest_after(self, batch: SignedDuration) -> Duration {
        let batch = batch.clamp(SignedDuration::ZERO, LONGEST_BATCH);
        batch.unsigned_abs() * (10 - self.tenths) / self.tenths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BATCH_TIME: SignedDuration = SignedDuration::from_millis(10);

    #[test]
    fn it_takes_a_tenth_until_it_falls_behind_and_all_in_the_end() {
        let mut pace = Pace::default();
        for rest in [90, 40, 15, 2, 0, 0] {
            let told = pace.rest_after(BATCH_TIME).as_micros();
            assert_eq!(told / 1000, rest, "{pace:?}");
            pace.hurry();
        }
        for rest in [0, 10, 40, 90, 90] {
            assert_eq!(pace.rest_after(BATCH_TIME), Duration::from_millis(rest));
            pace.ease();
        }
    }

    #[test]
    fn a_clock_that_is_set_makes_no_long_rest() {
        let rest = |batch| Pace::default().rest_after(batch);
        assert_eq!(rest(SignedDuration::from_hours(24)), Duration::from_secs(9));
        assert_eq!(rest(SignedDuration::from_hours(-24)), Duration::ZERO);
    }
}
