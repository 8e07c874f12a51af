//! The contract of [`tieline_domain::ports::Lookups`] that remember: how fresh what they tell is.

use std::sync::Arc;

use jiff::SignedDuration;
use tieline_domain::{
    api_key::{ApiKey, ApiKeyHash},
    context::Context,
    id::EnvironmentId,
    ports::{Change, ChangeListener, Lookups, StoreError, Stores},
};

use self::observed::Observed;
use crate::{
    FixedClock, LookupsHarness, MemoryStorage, TestStores,
    fixtures::{self, NOON},
    harness::Tenant,
};

mod observed;

/// Puts an adapter through the contract of `Lookups` that remember.
#[macro_export]
macro_rules! lookups_contract {
    ($harness:ty) => {
        $crate::lookups_cases! { $harness [
            what_was_found_is_not_asked_again,
            what_was_not_found_is_asked_again,
            an_error_is_not_remembered,
            a_revoked_key_is_dead_within_five_seconds_untold,
            what_went_untold_is_gone_within_five_seconds,
            a_clock_that_was_put_back_makes_nothing_fresh,
            a_change_is_seen_at_once,
            a_change_of_one_environment_concerns_no_other,
            after_something_was_missed_all_is_asked_again,
            what_was_read_before_a_change_is_not_told_after_it,
            of_many_who_miss_the_same_one_asks,
            who_waited_for_nothing_asks_for_itself,
            who_waited_for_a_failure_gets_it,
            who_goes_away_while_asking_leaves_it_to_the_next,
            a_context_that_is_there_is_not_written_again,
            more_changes_than_can_be_told_apart_are_still_seen,
        ] }
    };
}

/// Makes a module of tests out of the cases of the suite.
#[doc(hidden)]
#[macro_export]
macro_rules! lookups_cases {
    ($harness:ty [$($case:ident,)*]) => {
        mod lookups {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let bench = $crate::contract::lookups::Bench::start::<$harness>().await;
                    $crate::contract::lookups::$case(bench).await;
                }
            )*
        }
    };
}

/// Look-ups over a store, with a view of what they ask it.
#[expect(missing_debug_implementations, reason = "ports have none")]
pub struct Bench {
    storage: Arc<MemoryStorage>,
    stores: TestStores,
    tenant: Tenant,
    key: ApiKey,
    observed: Arc<Observed>,
    clock: Arc<FixedClock>,
    lookups: Arc<dyn Lookups>,
    listener: Arc<dyn ChangeListener>,
}

impl Bench {
    #[doc(hidden)]
    pub async fn start<H: LookupsHarness>() -> Self {
        let storage = MemoryStorage::new();
        let stores = TestStores {
            stores: storage.stores(),
            transactions: storage.clone(),
        };
        let tenant = stores.tenant().await;
        let key = fixtures::api_key(tenant.environment.id);
        stores.api_keys.insert(&key).await.unwrap();
        let observed = Arc::new(Observed::new(storage.stores()));
        let clock = Arc::new(FixedClock::default());
        let (lookups, listener) = H::over(observed.clone(), clock.clone());
        Self {
            storage,
            stores,
            tenant,
            key,
            observed,
            clock,
            lookups,
            listener,
        }
    }

    fn environment(&self) -> EnvironmentId {
        self.tenant.environment.id
    }

    fn context(&self) -> Context {
        fixtures::context(self.environment(), "tenant:acme")
    }

    /// Looks everything up; answers how often the store was asked for it.
    async fn look(&self) -> u32 {
        let (own, lookups) = (self.environment(), &self.lookups);
        let before = self.observed.asked();
        assert_eq!(self.find_key().await.unwrap(), Some(self.key.clone()));
        assert_eq!(lookups.api_keys(own).await.unwrap(), vec![self.key.clone()]);
        let slack = lookups.integration(own, "slack").await.unwrap();
        assert_eq!(slack.as_deref(), Some(&self.tenant.slack.clone().into()));
        let ada = lookups.has_subscriber(own, &self.tenant.ada.subscriber_id);
        assert!(ada.await.unwrap());
        lookups.keep_contexts(&[self.context()]).await.unwrap();
        assert!(lookups.knows_context(own, &self.context().key));
        self.observed.asked() - before
    }

    async fn find_key(&self) -> Result<Option<ApiKey>, StoreError> {
        let found = self.lookups.api_key(&self.key.hash).await?;
        Ok(found.map(|key| ApiKey::clone(&key)))
    }

    /// Whether the key is live, as far as the look-ups know.
    async fn knows_a_live_key(&self) -> bool {
        let found = self.find_key().await.unwrap();
        found.is_some_and(|key| key.is_live(NOON))
    }

    async fn revoke(&self) {
        let revoked = self
            .stores
            .api_keys
            .revoke(self.environment(), self.key.id, NOON);
        assert!(revoked.await.unwrap());
    }
}

pub async fn what_was_found_is_not_asked_again(bench: Bench) {
    assert_eq!(bench.look().await, 5);
    bench.clock.advance(SignedDuration::from_millis(2_000));
    assert_eq!(bench.look().await, 0);
}

pub async fn what_was_not_found_is_asked_again(bench: Bench) {
    let (own, lookups) = (bench.environment(), &bench.lookups);
    let key = fixtures::api_key(own);
    let subscriber = fixtures::subscriber(own, "grace");
    let integration = tieline_domain::integration::Integration {
        identifier: "other".to_owned(),
        ..fixtures::integration(own)
    };
    assert_eq!(lookups.api_key(&key.hash).await.unwrap(), None);
    assert_eq!(lookups.integration(own, "other").await.unwrap(), None);
    let there = lookups.has_subscriber(own, &subscriber.subscriber_id);
    assert!(!there.await.unwrap());
    let Stores {
        api_keys,
        integrations,
        subscribers,
        ..
    } = &bench.stores.stores;
    api_keys.insert(&key).await.unwrap();
    integrations.insert(&integration).await.unwrap();
    subscribers.insert(&subscriber).await.unwrap();
    let found = lookups.api_key(&key.hash).await.unwrap();
    assert_eq!(found.as_deref(), Some(&key));
    let found = lookups.integration(own, "other").await.unwrap();
    assert_eq!(found.as_deref(), Some(&integration.into()));
    let there = lookups.has_subscriber(own, &subscriber.subscriber_id);
    assert!(there.await.unwrap());
}

pub async fn an_error_is_not_remembered(bench: Bench) {
    bench.storage.fail(1);
    bench.find_key().await.unwrap_err();
    assert!(bench.knows_a_live_key().await);
}

pub async fn a_revoked_key_is_dead_within_five_seconds_untold(bench: Bench) {
    for last_second in [false, true] {
        assert!(bench.knows_a_live_key().await);
        if last_second {
            bench.revoke().await;
        }
        bench.clock.advance(SignedDuration::from_secs(3));
    }
    bench.clock.advance(SignedDuration::from_secs(2));
    assert!(!bench.knows_a_live_key().await);
    let listed = bench.lookups.api_keys(bench.environment()).await.unwrap();
    assert!(!listed[0].is_live(NOON));
}

pub async fn what_went_untold_is_gone_within_five_seconds(bench: Bench) {
    bench.look().await;
    let (own, ada) = (bench.environment(), &bench.tenant.ada.subscriber_id);
    bench.stores.subscribers.delete(own, ada).await.unwrap();
    bench
        .stores
        .integrations
        .delete(own, bench.tenant.slack.id)
        .await
        .unwrap();
    bench
        .stores
        .contexts
        .delete(own, &bench.context().key)
        .await
        .unwrap();
    bench.clock.advance(SignedDuration::from_secs(5));
    assert!(!bench.lookups.has_subscriber(own, ada).await.unwrap());
    assert_eq!(bench.lookups.integration(own, "slack").await.unwrap(), None);
    bench
        .lookups
        .keep_contexts(&[bench.context()])
        .await
        .unwrap();
    let written = bench.stores.contexts.find(own, &bench.context().key).await;
    assert!(written.unwrap().is_some());
}

pub async fn a_clock_that_was_put_back_makes_nothing_fresh(bench: Bench) {
    bench.look().await;
    bench.clock.advance(SignedDuration::from_hours(-1));
    assert_eq!(bench.look().await, 5);
    assert_eq!(bench.look().await, 0);
}

pub async fn a_change_is_seen_at_once(bench: Bench) {
    let own = bench.environment();
    let changes = [
        (Change::ApiKeys(own), 2),
        (Change::Integrations(own), 1),
        (
            Change::Subscriber(own, bench.tenant.ada.subscriber_id.clone()),
            1,
        ),
        (Change::Context(own, bench.context().key), 1),
    ];
    bench.look().await;
    for (change, forgotten) in changes {
        bench.listener.changed(&change);
        assert_eq!(bench.look().await, forgotten, "{change:?}");
        assert_eq!(bench.look().await, 0, "{change:?}");
    }
    bench.revoke().await;
    bench.listener.changed(&Change::ApiKeys(own));
    assert!(!bench.knows_a_live_key().await);
}

pub async fn a_change_of_one_environment_concerns_no_other(bench: Bench) {
    let own = bench.environment();
    let other = EnvironmentId(fixtures::uuid());
    let bob = bench.tenant.bob.subscriber_id.clone();
    bench.look().await;
    for change in [
        Change::ApiKeys(other),
        Change::Integrations(other),
        Change::Subscriber(other, bench.tenant.ada.subscriber_id.clone()),
        Change::Subscriber(own, bob),
        Change::Context(other, bench.context().key),
        Change::Context(own, "tenant:other".parse().unwrap()),
    ] {
        bench.listener.changed(&change);
        assert_eq!(bench.look().await, 0, "{change:?}");
    }
}

pub async fn after_something_was_missed_all_is_asked_again(bench: Bench) {
    bench.look().await;
    bench.listener.missed();
    assert_eq!(bench.look().await, 5);
    assert_eq!(bench.look().await, 0);
}

pub async fn what_was_read_before_a_change_is_not_told_after_it(bench: Bench) {
    let reading = bench.observed.hold();
    let early = tokio::spawn({
        let (lookups, hash) = (bench.lookups.clone(), bench.key.hash);
        async move { lookups.api_key(&hash).await.unwrap() }
    });
    reading.begun().await;
    bench.revoke().await;
    bench
        .listener
        .changed(&Change::ApiKeys(bench.environment()));
    let late = tokio::spawn({
        let (lookups, hash) = (bench.lookups.clone(), bench.key.hash);
        async move { lookups.api_key(&hash).await.unwrap() }
    });
    reading.end();
    assert!(early.await.unwrap().unwrap().is_live(NOON));
    assert!(!late.await.unwrap().unwrap().is_live(NOON));
    assert!(!bench.knows_a_live_key().await);
}

/// Looks the same key up from many tasks, all of which wait for the one that asks first; answers
/// what they got when that one goes on.
async fn look_up_at_once(
    bench: &Bench,
    hash: ApiKeyHash,
    meanwhile: impl Future<Output = ()>,
) -> Vec<Result<Option<Arc<ApiKey>>, StoreError>> {
    let reading = bench.observed.hold();
    let ask = || {
        let lookups = bench.lookups.clone();
        async move { lookups.api_key(&hash).await }
    };
    let first = tokio::spawn(ask());
    reading.begun().await;
    let mut waiting: Vec<_> = (0..20).map(|_| Box::pin(ask())).collect();
    for other in &mut waiting {
        let polled = std::future::poll_fn(|context| {
            std::task::Poll::Ready(other.as_mut().poll(context).is_pending())
        });
        assert!(polled.await);
    }
    meanwhile.await;
    reading.end();
    let mut answers = vec![first.await.unwrap()];
    for other in waiting {
        answers.push(other.await);
    }
    answers
}

pub async fn of_many_who_miss_the_same_one_asks(bench: Bench) {
    let before = bench.observed.asked();
    let answers = look_up_at_once(&bench, bench.key.hash, async {}).await;
    for answer in answers {
        assert_eq!(answer.unwrap().as_deref(), Some(&bench.key));
    }
    assert_eq!(bench.observed.asked() - before, 1);
}

pub async fn who_waited_for_nothing_asks_for_itself(bench: Bench) {
    let key = fixtures::api_key(bench.environment());
    let made = async { bench.stores.api_keys.insert(&key).await.unwrap() };
    let mut answers = look_up_at_once(&bench, key.hash, made).await;
    assert_eq!(answers.remove(0).unwrap(), None);
    for answer in answers {
        assert_eq!(answer.unwrap().as_deref(), Some(&key));
    }
}

pub async fn who_waited_for_a_failure_gets_it(bench: Bench) {
    bench.storage.fail(1);
    let answers = look_up_at_once(&bench, bench.key.hash, async {}).await;
    for answer in answers {
        assert!(matches!(answer, Err(StoreError::Unavailable(_))));
    }
    assert!(bench.knows_a_live_key().await);
}

pub async fn who_goes_away_while_asking_leaves_it_to_the_next(bench: Bench) {
    let reading = bench.observed.hold();
    let gone = tokio::spawn({
        let (lookups, hash) = (bench.lookups.clone(), bench.key.hash);
        async move { lookups.api_key(&hash).await }
    });
    reading.begun().await;
    gone.abort();
    gone.await.unwrap_err();
    reading.end();
    assert!(bench.knows_a_live_key().await);
}

pub async fn a_context_that_is_there_is_not_written_again(bench: Bench) {
    let named = |name: &str| fixtures::context(bench.environment(), name);
    let all = [named("tenant:a"), named("tenant:b"), named("tenant:c")];
    bench.lookups.keep_contexts(&all[..1]).await.unwrap();
    let before = bench.observed.written();
    bench.lookups.keep_contexts(&all).await.unwrap();
    assert_eq!(bench.observed.written() - before, 2);
    bench.lookups.keep_contexts(&all).await.unwrap();
    assert_eq!(bench.observed.written() - before, 2);
    for context in &all {
        let stored = bench
            .stores
            .contexts
            .find(context.environment_id, &context.key);
        assert!(stored.await.unwrap().is_some());
    }
}

pub async fn more_changes_than_can_be_told_apart_are_still_seen(bench: Bench) {
    bench.look().await;
    bench.revoke().await;
    bench
        .listener
        .changed(&Change::ApiKeys(bench.environment()));
    for _ in 0..20_000 {
        let other = EnvironmentId(fixtures::uuid());
        bench.listener.changed(&Change::Integrations(other));
    }
    assert!(!bench.knows_a_live_key().await);
}
