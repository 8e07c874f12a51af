//! The server dies, hangs, forgets, fills up. Nobody who asks notices more than a moment's delay.

use std::{sync::Arc, time::Duration};

use redis::cmd;
use tieline_adapter_redis::{
    RedisChangeFeed, RedisMemory, RedisRateLimiter, RedisRecentChecks, RedisReplayStore,
};
use tieline_domain::{
    id::{ConnectionId, EnvironmentId},
    idempotency::IdempotencyRecord,
    ports::{
        Change, ChangeFeed, Checked, IdempotencyClaim, RateLimit, RateLimiter, RecentChecks,
        ReplayStore,
    },
};
use tieline_testkit::{
    FixedClock, Heard, MemoryStorage, News,
    contract::recent_checks::CHECK_MEMORY,
    fixtures::{self, NOON},
};

use crate::{
    server::{Server, ask, free_port},
    support::{memory, prefix, soon},
};

/// A node that has a database besides.
struct Node {
    memory: RedisMemory,
    replays: RedisReplayStore,
    database: Arc<MemoryStorage>,
}

impl Node {
    async fn at(url: &str) -> Self {
        let memory = memory(url, &prefix()).await;
        let database = MemoryStorage::new();
        let fallback = Arc::new(Arc::clone(&database.stores().idempotency));
        Self {
            replays: RedisReplayStore::new(memory.clone(), fallback),
            memory,
            database,
        }
    }

    async fn claim(&self, record: &IdempotencyRecord) -> IdempotencyClaim {
        soon(self.replays.claim(record, NOON)).await.unwrap()
    }

    /// Whether the database has the record, without looking at the server.
    async fn is_in_database(&self, record: &IdempotencyRecord) -> bool {
        let stored = self.database.stores().idempotency.claim(record, NOON).await;
        stored.unwrap() != IdempotencyClaim::New
    }

    /// Asks until the server counts as away, which takes five failures.
    async fn notice(&self) {
        for _ in 0..5 {
            assert_eq!(self.claim(&record()).await, IdempotencyClaim::New);
        }
        assert!(!self.memory.is_there());
    }
}

fn record() -> IdempotencyRecord {
    fixtures::idempotency_record(EnvironmentId(fixtures::uuid()), "key")
}

fn taken(record: &IdempotencyRecord) -> IdempotencyClaim {
    IdempotencyClaim::Taken(Box::new(record.clone()))
}

#[tokio::test]
async fn a_start_without_the_server_works_and_finds_it_later() {
    let port = free_port();
    let node = Node::at(&format!("redis://127.0.0.1:{port}")).await;
    assert!(!node.memory.is_there());
    let early = record();
    assert_eq!(node.claim(&early).await, IdempotencyClaim::New);
    assert_eq!(node.claim(&early).await, taken(&early));
    assert!(node.is_in_database(&early).await);

    let _server = Server::at(port, &[]);
    soon(node.memory.until(true)).await;
    let late = record();
    assert_eq!(node.claim(&late).await, IdempotencyClaim::New);
    assert_eq!(node.claim(&late).await, taken(&late));
    assert!(!node.is_in_database(&late).await);
}

#[tokio::test]
async fn a_server_that_is_killed_and_comes_back_is_used_again() {
    let server = Server::start();
    let port = server.port;
    let node = Node::at(&server.url()).await;
    let kept = record();
    assert_eq!(node.claim(&kept).await, IdempotencyClaim::New);
    drop(server);
    let meanwhile = record();
    for expected in [IdempotencyClaim::New, taken(&meanwhile)] {
        assert_eq!(node.claim(&meanwhile).await, expected);
    }
    node.notice().await;

    let _server = Server::at(port, &[]);
    soon(node.memory.until(true)).await;
    assert_eq!(node.claim(&kept).await, IdempotencyClaim::New);
    assert_eq!(node.claim(&kept).await, taken(&kept));
}

#[tokio::test]
async fn a_server_that_hangs_is_left_alone_after_five_tries() {
    let server = Server::start();
    let node = Node::at(&server.url()).await;
    server.signal("STOP");
    node.notice().await;
    // Whoever asks now waits for nothing: a thousand tries of 50 ms would take most of a minute.
    soon(async {
        for _ in 0..1000 {
            node.claim(&record()).await;
        }
    })
    .await;
    assert!(!node.memory.is_there());

    server.signal("CONT");
    soon(node.memory.until(true)).await;
    let late = record();
    assert_eq!(node.claim(&late).await, IdempotencyClaim::New);
    assert!(!node.is_in_database(&late).await);
}

#[tokio::test]
async fn a_server_that_forgets_costs_a_repetition() {
    let server = Server::start();
    let node = Node::at(&server.url()).await;
    let first = record();
    assert_eq!(node.claim(&first).await, IdempotencyClaim::New);
    server.ask::<()>(&cmd("FLUSHALL")).await;
    assert_eq!(node.claim(&first).await, IdempotencyClaim::New);
    assert_eq!(node.claim(&first).await, taken(&first));
    assert!(node.memory.is_there());
}

#[tokio::test]
async fn a_server_that_is_full_counts_as_away() {
    let server = Server::start();
    let node = Node::at(&server.url()).await;
    let mut limit = cmd("CONFIG");
    limit.arg("SET").arg("maxmemory").arg("1");
    server.ask::<()>(&limit).await;
    node.notice().await;
    let mut lift = cmd("CONFIG");
    lift.arg("SET").arg("maxmemory").arg("0");
    server.ask::<()>(&lift).await;
    soon(node.memory.until(true)).await;
}

#[tokio::test]
async fn a_value_that_nobody_can_read_stands_in_nobodys_way() {
    let server = Server::start();
    let node = Node::at(&server.url()).await;
    let first = record();
    node.claim(&first).await;
    let keys: Vec<String> = server.ask(cmd("KEYS").arg("*replay*")).await;
    for value in ["", "\u{2}", "what a newer version writes"] {
        let mut set = cmd("SET");
        set.arg(&keys[0]).arg(value).arg("PX").arg(60_000);
        server.ask::<()>(&set).await;
        node.claim(&first).await;
        assert!(node.is_in_database(&first).await);
    }
}

#[tokio::test]
async fn without_the_server_a_node_counts_for_itself() {
    let memory = memory(&format!("redis://127.0.0.1:{}", free_port()), &prefix()).await;
    let limiter = RedisRateLimiter::new(memory, Arc::new(Fixed));
    let limit = RateLimit {
        burst: 9,
        interval: Duration::from_secs(1),
    };
    let taken = soon(limiter.take("key", limit, NOON)).await;
    assert_eq!(taken.remaining, 77);
}

/// A limiter whose answers nobody else gives.
struct Fixed;

#[async_trait::async_trait]
impl RateLimiter for Fixed {
    async fn take(
        &self,
        _: &str,
        _: RateLimit,
        _: jiff::Timestamp,
    ) -> tieline_domain::ports::Allowance {
        tieline_domain::ports::Allowance {
            allowed: true,
            remaining: 77,
            retry_after: Duration::ZERO,
        }
    }
}

#[tokio::test]
async fn without_the_server_the_provider_is_asked() {
    let memory = memory(&format!("redis://127.0.0.1:{}", free_port()), &prefix()).await;
    let clock = Arc::new(FixedClock::default());
    let checks = RedisRecentChecks::new(memory, Arc::new(()), clock, CHECK_MEMORY);
    let checked = Checked {
        connection: ConnectionId(fixtures::uuid()),
        generation: 1,
        app_generation: 1,
    };
    let ask = Box::pin(async { Ok(()) });
    assert_eq!(soon(checks.check(&checked, ask)).await, Ok(()));
}

#[tokio::test]
async fn a_node_that_heard_nothing_for_a_while_forgets_everything() {
    let server = Server::start();
    let port = server.port;
    let memory = memory(&server.url(), &prefix()).await;
    let heard = Heard::new();
    let feed = RedisChangeFeed::start(memory.clone(), heard.clone());
    assert_eq!(heard.next().await, News::Missed);
    drop(server);
    let change = Change::ApiKeys(EnvironmentId(fixtures::uuid()));
    // Nobody hears of it, and nobody is kept waiting.
    for _ in 0..10 {
        soon(feed.publish(change.clone())).await;
    }
    let _server = Server::at(port, &[]);
    assert_eq!(heard.next().await, News::Missed);
    soon(memory.until(true)).await;
    feed.publish(change.clone()).await;
    assert_eq!(heard.next().await, News::Changed(change));
}

#[tokio::test]
async fn news_that_nobody_can_read_means_that_something_was_missed() {
    let server = Server::start();
    let prefix = prefix();
    let memory = memory(&server.url(), &prefix).await;
    let heard = Heard::new();
    let _feed = RedisChangeFeed::start(memory, heard.clone());
    assert_eq!(heard.next().await, News::Missed);
    let mut publish = cmd("PUBLISH");
    publish
        .arg(format!("{prefix}:changes"))
        .arg("{\"Later\":1}");
    ask::<i64>(&server.url(), &publish).await;
    assert_eq!(heard.next().await, News::Missed);
}
