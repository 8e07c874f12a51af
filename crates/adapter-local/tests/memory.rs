//! What the suites do not ask: bounds, and who hears first.
#![expect(clippy::unwrap_used, reason = "all of it is a test")]

use std::{
    mem,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use tieline_adapter_local::{Capacities, LocalChangeFeed, LocalRateLimiter, RememberedLookups};
use tieline_domain::{
    id::EnvironmentId,
    ports::{Change, ChangeFeed, ChangeListener, Lookups, RateLimit, RateLimiter},
};
use tieline_testkit::{
    FixedClock, MemoryStorage, TestStores,
    fixtures::{self, NOON},
};

#[tokio::test]
async fn no_more_is_remembered_than_there_is_place_for() {
    let storage = MemoryStorage::new();
    let capacities = Capacities {
        contexts: 10,
        ..Capacities::default()
    };
    let stores = storage.stores();
    let clock = Arc::new(FixedClock::default());
    let lookups = RememberedLookups::new(Arc::new(stores.clone()), clock, capacities);
    let stage = TestStores {
        stores: stores.clone(),
        transactions: storage,
    };
    let environment = stage.environment().await.id;
    let contexts: Vec<_> = (0..100)
        .map(|number| fixtures::context(environment, &format!("tenant:{number}")))
        .collect();
    for context in &contexts {
        lookups
            .keep_contexts(std::slice::from_ref(context))
            .await
            .unwrap();
        let deleted = stores.contexts.delete(environment, &context.key).await;
        assert!(deleted.unwrap());
    }
    let mut forgotten = 0;
    // From the last one on: those are the ones that are remembered, if any are.
    for context in contexts.iter().rev() {
        lookups
            .keep_contexts(std::slice::from_ref(context))
            .await
            .unwrap();
        let written = stores.contexts.find(environment, &context.key).await;
        forgotten += u32::from(written.unwrap().is_some());
    }
    assert!((80..100).contains(&forgotten), "{forgotten}");
}

#[tokio::test]
async fn a_limiter_without_place_goes_on() {
    let limiter = LocalRateLimiter::new(10);
    let limit = RateLimit {
        burst: 1,
        interval: Duration::from_mins(1),
    };
    for number in 0..1000 {
        let taken = limiter.take(&number.to_string(), limit, NOON).await;
        assert!(taken.allowed);
    }
    let mut last = Vec::new();
    for _ in 0..2 {
        last.push(limiter.take("last", limit, NOON).await.allowed);
    }
    assert_eq!(last, [true, false]);
}

/// Hears of changes as a listener and as a feed.
#[derive(Default)]
struct Log(Mutex<Vec<(&'static str, Change)>>);

impl ChangeListener for Log {
    fn changed(&self, change: &Change) {
        self.0.lock().unwrap().push(("here", change.clone()));
    }

    fn missed(&self) {}
}

#[async_trait]
impl ChangeFeed for Log {
    async fn publish(&self, change: Change) {
        self.0.lock().unwrap().push(("elsewhere", change));
    }
}

#[tokio::test]
async fn this_node_forgets_before_the_others_are_told() {
    let log = Arc::new(Log::default());
    let feed = LocalChangeFeed::new(log.clone(), log.clone());
    let change = Change::ApiKeys(EnvironmentId(fixtures::uuid()));
    feed.publish(change.clone()).await;
    let heard = mem::take(&mut *log.0.lock().unwrap());
    assert_eq!(heard, [("here", change.clone()), ("elsewhere", change)]);
}
