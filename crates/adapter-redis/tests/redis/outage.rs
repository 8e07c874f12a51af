//! What the nodes do while their server is dead or hangs, and when it is back.

use std::{
    marker::PhantomData,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use tieline_adapter_redis::{RedisMemory, RedisRateLimiter, RedisRecentChecks, RedisReplayStore};
use tieline_domain::ports::{RateLimiter, RecentChecks, ReplayStore};
use tieline_testkit::{FixedClock, SharedHarness, contract::recent_checks::CHECK_MEMORY};

use crate::{
    server::Server,
    support::{memory, prefix},
};

mod dead {
    use super::{OnDead, RateLimiter, RecentChecks, ReplayStore};

    tieline_testkit::shared_rate_limiter_contract!(OnDead<dyn RateLimiter>);
    tieline_testkit::shared_recent_checks_contract!(OnDead<dyn RecentChecks>);
    tieline_testkit::shared_replay_store_contract!(OnDead<dyn ReplayStore>);
}

mod hung {
    use super::{OnHung, RateLimiter, RecentChecks, ReplayStore};

    tieline_testkit::shared_rate_limiter_contract!(OnHung<dyn RateLimiter>);
    tieline_testkit::shared_recent_checks_contract!(OnHung<dyn RecentChecks>);
    tieline_testkit::shared_replay_store_contract!(OnHung<dyn ReplayStore>);
}

/// How a server goes away.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    /// It is killed, and comes back without what it knew.
    Dies,
    /// It says nothing more, and goes on with what it knew.
    Hangs,
}

/// A server of one test's own, and the nodes on it.
pub(crate) struct OwnServer {
    fault: Fault,
    prefix: String,
    port: u16,
    server: Mutex<Option<Server>>,
}

impl OwnServer {
    pub(crate) fn start(fault: Fault) -> Self {
        let server = Server::start();
        Self {
            fault,
            prefix: prefix(),
            port: server.port,
            server: Mutex::new(Some(server)),
        }
    }

    /// A node's memory.
    pub(crate) async fn memory(&self) -> RedisMemory {
        let url = format!("redis://127.0.0.1:{}", self.port);
        let memory = memory(&url, &self.prefix).await;
        assert!(memory.is_there(), "the server is not there");
        memory
    }

    pub(crate) fn sever(&self) {
        let mut server = self.server.lock().unwrap();
        match self.fault {
            Fault::Dies => drop(server.take()),
            Fault::Hangs => server.as_ref().unwrap().signal("STOP"),
        }
    }

    pub(crate) fn restore(&self) {
        match self.fault {
            Fault::Dies => {
                let server = Server::at(self.port, &[]);
                *self.server.lock().unwrap() = Some(server);
            }
            Fault::Hangs => self.server.lock().unwrap().as_ref().unwrap().signal("CONT"),
        }
    }
}

type OnDead<P> = Nodes<P, false>;
type OnHung<P> = Nodes<P, true>;

/// Nodes that ask a port of a server which hangs or dies.
struct Nodes<P: ?Sized, const HANGS: bool> {
    server: OwnServer,
    clock: Arc<FixedClock>,
    port: PhantomData<Arc<P>>,
}

#[async_trait]
impl<P: OnServer + ?Sized, const HANGS: bool> SharedHarness for Nodes<P, HANGS> {
    type Port = P;

    async fn start(clock: Arc<FixedClock>) -> Self {
        let fault = if HANGS { Fault::Hangs } else { Fault::Dies };
        Self {
            server: OwnServer::start(fault),
            clock,
            port: PhantomData,
        }
    }

    async fn node(&self, alone: Arc<P>) -> Arc<P> {
        P::on(self.server.memory().await, alone, self.clock.clone())
    }

    async fn sever(&self) {
        self.server.sever();
    }

    async fn restore(&self) {
        self.server.restore();
    }
}

/// A port that the server can stand for.
trait OnServer: Send + Sync + 'static {
    fn on(memory: RedisMemory, alone: Arc<Self>, clock: Arc<FixedClock>) -> Arc<Self>;
}

impl OnServer for dyn RateLimiter {
    fn on(memory: RedisMemory, alone: Arc<Self>, _: Arc<FixedClock>) -> Arc<Self> {
        Arc::new(RedisRateLimiter::new(memory, alone))
    }
}

impl OnServer for dyn ReplayStore {
    fn on(memory: RedisMemory, alone: Arc<Self>, _: Arc<FixedClock>) -> Arc<Self> {
        Arc::new(RedisReplayStore::new(memory, alone))
    }
}

impl OnServer for dyn RecentChecks {
    fn on(memory: RedisMemory, alone: Arc<Self>, clock: Arc<FixedClock>) -> Arc<Self> {
        Arc::new(RedisRecentChecks::new(memory, alone, clock, CHECK_MEMORY))
    }
}
