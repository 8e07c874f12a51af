//! What the suites do not ask of grouped claims: which are written together, and what becomes of
//! those who wait.
#![expect(clippy::unwrap_used, reason = "all of it is a test")]

use std::{
    error::Error,
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex},
    task::Poll,
};

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_adapter_local::GroupedIdempotencyStore;
use tieline_domain::{
    id::EnvironmentId,
    idempotency::{IdempotencyRecord, IdempotencyScope},
    ports::{Deletion, IdempotencyClaim, IdempotencyStore, StoreError},
    sealed::Sealed,
};
use tieline_testkit::{
    MemoryStorage,
    fixtures::{self, NOON, seconds_later},
};
use tokio::sync::{Notify, Semaphore};

/// A store that writes when it is allowed to, and notes what was written together.
struct Slow {
    memory: Arc<dyn IdempotencyStore>,
    batches: Mutex<Vec<usize>>,
    begun: Notify,
    allowed: Semaphore,
    /// What becomes of the next batch.
    next: Mutex<Next>,
}

#[derive(Clone, Copy)]
enum Next {
    IsWritten,
    Fails,
    Panics,
}

#[async_trait]
impl IdempotencyStore for Slow {
    async fn claim_all(
        &self,
        records: &[IdempotencyRecord],
        now: Timestamp,
    ) -> Result<Vec<Result<IdempotencyClaim, StoreError>>, StoreError> {
        self.batches.lock().unwrap().push(records.len());
        self.begun.notify_one();
        self.allowed.acquire().await.unwrap().forget();
        let next = std::mem::replace(&mut *self.next.lock().unwrap(), Next::IsWritten);
        match next {
            Next::IsWritten => self.memory.claim_all(records, now).await,
            Next::Fails => Err(StoreError::Unavailable("the cable is out".into())),
            Next::Panics => panic!("a bug of the store"),
        }
    }

    async fn answer(
        &self,
        scope: &IdempotencyScope,
        response: &Sealed,
    ) -> Result<bool, StoreError> {
        self.memory.answer(scope, response).await
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        after: Option<&IdempotencyRecord>,
        limit: u32,
    ) -> Result<Vec<IdempotencyRecord>, StoreError> {
        self.memory.list(environment, after, limit).await
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<Deletion, StoreError> {
        self.memory.delete_expired(now, limit).await
    }
}

type Claiming<'a> = Pin<Box<dyn Future<Output = Result<IdempotencyClaim, StoreError>> + Send + 'a>>;

/// A slow store, its claims grouped.
struct Stage {
    slow: Arc<Slow>,
    grouped: GroupedIdempotencyStore,
}

impl Stage {
    fn new() -> Self {
        let slow = Arc::new(Slow {
            memory: MemoryStorage::new().stores().idempotency,
            batches: Mutex::default(),
            begun: Notify::new(),
            allowed: Semaphore::new(0),
            next: Mutex::new(Next::IsWritten),
        });
        Self {
            grouped: GroupedIdempotencyStore::new(slow.clone()),
            slow,
        }
    }

    /// Begins to claim keys. The first of them all is being written when this returns, the others
    /// wait.
    async fn begin<'a>(&'a self, records: &'a [IdempotencyRecord]) -> Vec<Claiming<'a>> {
        let mut claims: Vec<_> = records
            .iter()
            .map(|record| self.grouped.claim(record, NOON))
            .collect();
        for claim in &mut claims {
            poll_fn(|context| {
                assert!(claim.as_mut().poll(context).is_pending());
                Poll::Ready(())
            })
            .await;
            if self.slow.batches.lock().unwrap().is_empty() {
                self.slow.begun.notified().await;
            }
        }
        claims
    }

    fn allow(&self, batches: usize) {
        self.slow.allowed.add_permits(batches);
    }

    fn batches(&self) -> Vec<usize> {
        self.slow.batches.lock().unwrap().clone()
    }
}

fn records(keys: &[&str]) -> Vec<IdempotencyRecord> {
    let environment = EnvironmentId(fixtures::uuid());
    let record = |key: &&str| fixtures::idempotency_record(environment, key);
    keys.iter().map(record).collect()
}

#[tokio::test]
async fn claims_that_wait_at_the_same_time_are_written_together() {
    let (stage, records) = (Stage::new(), records(&["a", "b", "c", "d"]));
    let claims = stage.begin(&records).await;
    stage.allow(2);
    for claim in claims {
        assert_eq!(claim.await.unwrap(), IdempotencyClaim::New);
    }
    assert_eq!(stage.batches(), [1, 3]);
}

#[tokio::test]
async fn of_two_under_one_key_the_second_sees_what_became_of_the_first() {
    let (stage, records) = (Stage::new(), records(&["a", "b", "b", "c"]));
    let claims = stage.begin(&records).await;
    stage.allow(3);
    let mut answers = Vec::new();
    for claim in claims {
        answers.push(claim.await.unwrap());
    }
    let taken = IdempotencyClaim::Taken(Box::new(records[1].clone()));
    let new = || IdempotencyClaim::New;
    assert_eq!(answers, [new(), new(), taken, new()]);
    assert_eq!(stage.batches(), [1, 2, 1]);
}

#[tokio::test]
async fn a_failure_is_told_to_all_whom_it_hit_and_to_nobody_else() {
    let (stage, records) = (Stage::new(), records(&["a", "b", "c"]));
    let mut claims = stage.begin(&records).await;
    stage.allow(1);
    let later = claims.split_off(1);
    for claim in claims {
        assert_eq!(claim.await.unwrap(), IdempotencyClaim::New);
    }
    *stage.slow.next.lock().unwrap() = Next::Fails;
    stage.allow(1);
    for claim in later {
        let error = claim.await.unwrap_err();
        assert_eq!(error.to_string(), "the database is unavailable");
        assert_eq!(error.source().unwrap().to_string(), "the cable is out");
    }
    stage.allow(1);
    let again = stage.grouped.claim(&records[1], NOON).await;
    assert_eq!(again.unwrap(), IdempotencyClaim::New);
}

#[tokio::test]
async fn a_store_that_panics_takes_nobody_with_it_who_comes_later() {
    let (stage, records) = (Stage::new(), records(&["a", "b"]));
    let claims = stage.begin(&records).await;
    *stage.slow.next.lock().unwrap() = Next::Panics;
    stage.allow(1);
    for claim in claims {
        assert!(matches!(claim.await, Err(StoreError::Unavailable(_))));
    }
    stage.allow(1);
    let again = stage.grouped.claim(&records[1], NOON).await;
    assert_eq!(again.unwrap(), IdempotencyClaim::New);
}

#[tokio::test]
async fn a_claim_is_written_though_its_caller_went_away() {
    let (stage, records) = (Stage::new(), records(&["a", "b"]));
    let mut claims = stage.begin(&records).await;
    drop(claims.pop());
    stage.allow(3);
    for claim in claims {
        assert_eq!(claim.await.unwrap(), IdempotencyClaim::New);
    }
    let again = stage.grouped.claim(&records[1], NOON).await.unwrap();
    assert_eq!(again, IdempotencyClaim::Taken(Box::new(records[1].clone())));
}

#[tokio::test]
async fn whatever_is_no_claim_goes_to_the_store_itself() {
    let (stage, records) = (Stage::new(), records(&["a", "b"]));
    let (store, first) = (&stage.grouped, &records[0]);
    stage.allow(1);
    for claim in store.claim_all(&records, NOON).await.unwrap() {
        assert_eq!(claim.unwrap(), IdempotencyClaim::New);
    }
    let answer = fixtures::sealed("the answer");
    assert!(store.answer(&first.scope, &answer).await.unwrap());
    let answered = IdempotencyRecord {
        response: answer,
        ..first.clone()
    };
    let listed = store.list(first.scope.environment_id, None, 1).await;
    assert_eq!(listed.unwrap(), [answered]);
    let deletion = store.delete_expired(seconds_later(9000), 10).await;
    assert_eq!(deletion.unwrap(), Deletion::of(2, 10));
}
