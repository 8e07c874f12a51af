//! The contracts of the ports, kept by one node.

use std::sync::Arc;

use async_trait::async_trait;
use tieline_adapter_local::{
    Capacities, GroupedIdempotencyStore, LocalRateLimiter, LocalRecentChecks, RememberedLookups,
};
use tieline_domain::ports::{
    ChangeListener, IdempotencyStore, Lookups, RateLimiter, RecentChecks, ReplayStore,
};
use tieline_testkit::{
    FixedClock, LookupsHarness, MemoryStorage, PortHarness, contract::recent_checks::CHECK_MEMORY,
};

tieline_testkit::lookups_contract!(Remembered);
tieline_testkit::rate_limiter_contract!(Limiter);
tieline_testkit::recent_checks_contract!(Checks);
tieline_testkit::coalesced_checks_contract!(Checks);
tieline_testkit::replay_store_contract!(Grouped);

struct Remembered;

impl LookupsHarness for Remembered {
    fn over(
        lookups: Arc<dyn Lookups>,
        clock: Arc<FixedClock>,
    ) -> (Arc<dyn Lookups>, Arc<dyn ChangeListener>) {
        let remembered = RememberedLookups::new(lookups, clock, Capacities::default());
        let remembered = Arc::new(remembered);
        (remembered.clone(), remembered)
    }
}

struct Grouped(Arc<dyn IdempotencyStore>);

#[async_trait]
impl PortHarness for Grouped {
    type Port = dyn ReplayStore;

    async fn start(_: Arc<FixedClock>) -> Self {
        let store = MemoryStorage::new().stores().idempotency;
        Self(Arc::new(GroupedIdempotencyStore::new(store)))
    }

    fn port(&self) -> Arc<Self::Port> {
        Arc::new(self.0.clone())
    }
}

struct Limiter(Arc<LocalRateLimiter>);

#[async_trait]
impl PortHarness for Limiter {
    type Port = dyn RateLimiter;

    async fn start(_: Arc<FixedClock>) -> Self {
        Self(Arc::default())
    }

    fn port(&self) -> Arc<Self::Port> {
        self.0.clone()
    }
}

struct Checks(Arc<LocalRecentChecks>);

#[async_trait]
impl PortHarness for Checks {
    type Port = dyn RecentChecks;

    async fn start(clock: Arc<FixedClock>) -> Self {
        Self(Arc::new(LocalRecentChecks::new(clock, CHECK_MEMORY)))
    }

    fn port(&self) -> Arc<Self::Port> {
        self.0.clone()
    }
}
