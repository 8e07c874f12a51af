//! What nobody will ask for, deleted beside everything else.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tieline_domain::{
    id::EnvironmentId,
    idempotency::{IdempotencyRecord, IdempotencyScope},
    ports::{Clock, Deletion, IdempotencyClaim, IdempotencyStore, StoreError},
    sealed::Sealed,
    usecase::Pace,
};
use tieline_testkit::FixedClock;

use crate::bench::{Bench, for_ada, refused};

/// A store with so many expired answers, that takes ten milliseconds for a batch of them.
struct Slow {
    clock: Arc<FixedClock>,
    left: AtomicU64,
}

#[async_trait]
impl IdempotencyStore for Slow {
    async fn claim_all(
        &self,
        _: &[IdempotencyRecord],
        _: Timestamp,
    ) -> Result<Vec<Result<IdempotencyClaim, StoreError>>, StoreError> {
        Ok(Vec::new())
    }

    async fn answer(&self, _: &IdempotencyScope, _: &Sealed) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn list(
        &self,
        _: EnvironmentId,
        _: Option<&IdempotencyRecord>,
        _: u32,
    ) -> Result<Vec<IdempotencyRecord>, StoreError> {
        Ok(Vec::new())
    }

    async fn delete_expired(&self, _: Timestamp, limit: u32) -> Result<Deletion, StoreError> {
        self.clock.advance(SignedDuration::from_millis(10));
        let left = self.left.load(Ordering::Relaxed);
        let deleted = left.min(limit.into());
        self.left.store(left - deleted, Ordering::Relaxed);
        Ok(Deletion::of(deleted, limit))
    }
}

/// How long it takes to delete so many.
async fn deletion(count: u64, pace: &mut Pace) -> SignedDuration {
    let mut bench = Bench::start().await;
    let (clock, left) = (Arc::clone(&bench.clock), count.into());
    bench.broker.stores.idempotency = Arc::new(Slow { clock, left });
    let began = bench.clock.now();
    let deleted = bench.broker.delete_expired_answers(pace).await;
    assert_eq!(deleted.unwrap(), count);
    bench.clock.now().duration_since(began)
}

#[tokio::test]
async fn nine_tenths_of_the_time_are_left_to_others() {
    let mut pace = Pace::default();
    // Two batches that are full, each with its rest, and one that is not.
    let took = SignedDuration::from_millis(100 + 100 + 10);
    assert_eq!(deletion(1_000, &mut pace).await, took);
    assert_eq!(pace, Pace::default());
}

#[tokio::test]
async fn a_deletion_that_falls_behind_takes_more_and_begins_with_more_the_next_time() {
    let mut pace = Pace::default();
    // At a tenth of the time for half a minute, then two, then four.
    let took = deletion(400_000, &mut pace).await;
    let expected = SignedDuration::from_secs(60)..SignedDuration::from_secs(65);
    assert!(expected.contains(&took), "{took:?}");
    assert_eq!(
        deletion(1_000, &mut pace).await,
        SignedDuration::from_millis(50 + 50 + 10)
    );
}

/// Its record is what makes a state one-use.
#[tokio::test]
async fn no_attempt_is_deleted_whose_state_could_come_back() {
    let bench = Bench::start().await;
    let state = bench.state(for_ada("slack")).await;
    bench.answer(refused(&state, "access_denied")).await;
    let mut pace = Pace::default();
    let mut delete = async || {
        let deleted = bench
            .broker
            .delete_old_attempts(SignedDuration::ZERO, &mut pace);
        deleted.await.unwrap()
    };
    bench.later(SignedDuration::from_mins(5));
    assert_eq!(delete().await, 0);
    bench.later(SignedDuration::from_millis(1));
    assert_eq!(delete().await, 1);
    assert!(bench.attempts().await.is_empty());
}
