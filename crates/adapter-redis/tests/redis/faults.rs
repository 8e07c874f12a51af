//! The server comes late, hangs for long, forgets, fills up. Nobody who asks notices more than a
//! moment's delay. What the nodes do meanwhile is in `outage.rs`.

use std::{sync::Arc, time::Duration};

use redis::cmd;
use tieline_adapter_redis::{RedisChangeFeed, RedisMemory, RedisReplayStore};
use tieline_domain::{
    id::EnvironmentId,
    idempotency::IdempotencyRecord,
    ports::{IdempotencyClaim, ReplayStore},
};
use tieline_testkit::{
    Heard, MemoryStorage, News,
    fixtures::{self, NOON},
};
use tokio::task::JoinSet;

use crate::{
    server::{Server, ask, free_port},
    support::{memory, prefix, shared_server, soon},
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

/// Ours, and the runtime's: while it lasts, nothing is sent and no answer is read.
#[expect(
    clippy::disallowed_methods,
    reason = "a thread of the runtime that is blocked is what this is about"
)]
fn stall() {
    std::thread::sleep(Duration::from_millis(100));
}

/// Too much to do is no reason to believe the server away, and to have the database do more.
#[tokio::test]
async fn a_node_that_stalls_does_not_take_its_server_for_away() {
    let node = Node::at(&shared_server()).await;
    for _ in 0..5 {
        let stalled = record();
        let (claim, ()) = tokio::join!(node.claim(&stalled), async { stall() });
        assert_eq!(claim, IdempotencyClaim::New);
        assert!(!node.is_in_database(&stalled).await);
    }
    assert!(node.memory.is_there());
}

/// A hundred who ask in the same moment of a short pause are one try.
#[tokio::test]
async fn a_short_pause_of_the_server_is_not_taken_for_its_absence() {
    let server = Server::start();
    let node = Node::at(&server.url()).await;
    server.signal("STOP");
    let records: Vec<_> = (0..100).map(|_| record()).collect();
    let mut claims: JoinSet<_> = records
        .iter()
        .map(|record| {
            let (replays, record) = (node.replays.clone(), record.clone());
            async move { replays.claim(&record, NOON).await }
        })
        .collect();
    while let Some(claim) = soon(claims.join_next()).await {
        assert_eq!(claim.unwrap().unwrap(), IdempotencyClaim::New);
    }
    for record in &records {
        assert!(node.is_in_database(record).await);
    }
    assert!(node.memory.is_there());
    server.signal("CONT");
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
