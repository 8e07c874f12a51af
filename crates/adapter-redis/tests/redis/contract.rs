//! The contracts of the ports, kept by nodes that share a server.

use std::sync::Arc;

use async_trait::async_trait;
use tieline_adapter_redis::{
    RedisChangeFeed, RedisMemory, RedisRateLimiter, RedisRecentChecks, RedisReplayStore,
};
use tieline_domain::{
    idempotency::IdempotencyRecord,
    ports::{
        Allowance, ChangeFeed, ChangeListener, IdempotencyClaim, RateLimit, RateLimiter,
        RecentChecks, ReplayStore, StoreError,
    },
};
use tieline_testkit::{
    ChangeFeedHarness, FixedClock, PortHarness, contract::recent_checks::CHECK_MEMORY,
};

use crate::{
    outage::{Fault, OwnServer},
    support::{memory, prefix, shared_server},
};

tieline_testkit::change_feed_contract!(Nodes);
tieline_testkit::rate_limiter_contract!(Limiter);
tieline_testkit::recent_checks_contract!(Checks);
tieline_testkit::replay_store_contract!(Replays);

async fn own_memory() -> RedisMemory {
    let memory = memory(&shared_server(), &prefix()).await;
    assert!(memory.is_there(), "the server is not there");
    memory
}

/// What must not be asked as long as the server is there.
struct Unneeded;

#[async_trait]
impl RateLimiter for Unneeded {
    async fn take(&self, _: &str, _: RateLimit, _: jiff::Timestamp) -> Allowance {
        panic!("the server did not answer")
    }
}

#[async_trait]
impl ReplayStore for Unneeded {
    async fn claim(
        &self,
        _: &IdempotencyRecord,
        _: jiff::Timestamp,
    ) -> Result<IdempotencyClaim, StoreError> {
        panic!("the server did not answer")
    }
}

struct Nodes {
    prefix: String,
    /// Where it is not the one that all tests share.
    server: Option<OwnServer>,
}

#[async_trait]
impl ChangeFeedHarness for Nodes {
    async fn start() -> Self {
        Self {
            prefix: prefix(),
            server: None,
        }
    }

    async fn node(&self, listener: Arc<dyn ChangeListener>) -> Arc<dyn ChangeFeed> {
        let memory = match &self.server {
            Some(server) => server.memory().await,
            None => memory(&shared_server(), &self.prefix).await,
        };
        Arc::new(RedisChangeFeed::start(memory, listener))
    }

    async fn start_severable() -> Self {
        Self {
            server: Some(OwnServer::start(Fault::Dies)),
            ..Self::start().await
        }
    }

    async fn sever(&self) {
        self.server.as_ref().unwrap().sever();
    }

    async fn restore(&self) {
        self.server.as_ref().unwrap().restore();
    }
}

struct Limiter(RedisRateLimiter);

#[async_trait]
impl PortHarness for Limiter {
    type Port = dyn RateLimiter;

    async fn start(_: Arc<FixedClock>) -> Self {
        Self(RedisRateLimiter::new(
            own_memory().await,
            Arc::new(Unneeded),
        ))
    }

    fn port(&self) -> Arc<Self::Port> {
        Arc::new(self.0.clone())
    }
}

struct Replays(RedisReplayStore);

#[async_trait]
impl PortHarness for Replays {
    type Port = dyn ReplayStore;

    async fn start(_: Arc<FixedClock>) -> Self {
        Self(RedisReplayStore::new(
            own_memory().await,
            Arc::new(Unneeded),
        ))
    }

    fn port(&self) -> Arc<Self::Port> {
        Arc::new(self.0.clone())
    }
}

struct Checks(RedisRecentChecks);

#[async_trait]
impl PortHarness for Checks {
    type Port = dyn RecentChecks;

    async fn start(clock: Arc<FixedClock>) -> Self {
        Self(RedisRecentChecks::new(
            own_memory().await,
            Arc::new(()),
            clock,
            CHECK_MEMORY,
        ))
    }

    fn port(&self) -> Arc<Self::Port> {
        Arc::new(self.0.clone())
    }
}
