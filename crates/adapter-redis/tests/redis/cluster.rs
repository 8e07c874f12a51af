//! A cluster.

use std::{ops::RangeInclusive, sync::Arc};

use redis::cmd;
use tieline_adapter_redis::{
    RedisChangeFeed, RedisMemory, RedisReplayStore, RedisSettings, RedisUrl,
};
use tieline_domain::{
    id::EnvironmentId,
    ports::{Change, ChangeFeed, IdempotencyClaim, ReplayStore},
};
use tieline_testkit::{
    Heard, MemoryStorage, News,
    fixtures::{self, NOON},
};

use crate::{
    server::{Server, free_port},
    support::{Hurry, memory, prefix, soon},
    tls::certified,
};

/// Nodes that share the slots evenly and know each other. The bus between them has a port of its
/// own: by default one that is 10,000 higher, and may not exist.
async fn cluster(size: u16) -> Vec<Server> {
    let mut nodes: Vec<Server> = Vec::new();
    let mut buses = Vec::new();
    for number in 0..size {
        let share = 16_384 / size;
        let first = number * share;
        let last = if number + 1 == size {
            16_383
        } else {
            first + share - 1
        };
        let bus = free_port().to_string();
        nodes.push(node(&bus, &[], first..=last).await);
        buses.push(bus);
    }
    for (node, bus) in nodes.iter().zip(&buses) {
        let mut meet = cmd("CLUSTER");
        meet.arg("MEET").arg("127.0.0.1").arg(node.port).arg(bus);
        nodes[0].ask::<()>(&meet).await;
    }
    for node in &nodes {
        soon(is_whole(node, size)).await;
    }
    nodes
}

/// One node that has these slots and knows nobody.
async fn node(bus: &str, more: &[&str], slots: RangeInclusive<u16>) -> Server {
    let own = ["--cluster-enabled", "yes", "--cluster-port", bus];
    let node = Server::at(free_port(), &[&own[..], more].concat());
    let mut add = cmd("CLUSTER");
    add.arg("ADDSLOTSRANGE").arg(slots.start()).arg(slots.end());
    node.ask::<()>(&add).await;
    node
}

/// Returns when a node knows all others, and who has which slots.
async fn is_whole(node: &Server, size: u16) {
    let mut info = cmd("CLUSTER");
    info.arg("INFO");
    let known = format!("cluster_known_nodes:{size}\r\n");
    loop {
        let told: String = node.ask(&info).await;
        if told.contains("cluster_state:ok") && told.contains(&known) {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_cluster_of_one_serves() {
    serves(1).await;
}

#[tokio::test]
async fn a_cluster_of_three_serves() {
    serves(3).await;
}

#[tokio::test]
async fn a_cluster_is_reached_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let (port, bus) = (free_port(), free_port().to_string());
    let (certified, authority) = certified(&folder, port);
    let more: Vec<_> = certified.iter().map(String::as_str).collect();
    let more = [&more[..], &["--tls-cluster", "yes"]].concat();
    let node = node(&bus, &more, 0..=16_383).await;
    soon(is_whole(&node, 1)).await;

    let url = RedisUrl::parse(&format!("rediss+cluster://localhost:{port}")).unwrap();
    let settings = RedisSettings {
        root_certificates: Some(authority),
        ..RedisSettings::default()
    };
    let connected = RedisMemory::connect(&url, settings, Arc::new(Hurry)).await;
    let memory = connected.unwrap();
    soon(memory.until(true)).await;
    keeps(&memory, 3).await;
}

/// Whether what is kept under many keys, which lie on all nodes, comes back, and what is told at one
/// node is heard.
async fn serves(size: u16) {
    let nodes = cluster(size).await;
    let (port, nobody) = (nodes[0].port, free_port());
    let url = format!("redis+cluster://127.0.0.1:{port},127.0.0.1:{nobody}");
    let memory = memory(&url, &prefix()).await;
    soon(memory.until(true)).await;
    let environment = keeps(&memory, 30).await;
    for node in &nodes {
        let keys: u64 = node.ask(&cmd("DBSIZE")).await;
        assert!(keys > 0, "a node has none of them");
    }

    let heard = Heard::new();
    let feed = RedisChangeFeed::start(memory, heard.clone());
    assert_eq!(heard.next().await, News::Missed);
    let change = Change::ApiKeys(environment);
    feed.publish(change.clone()).await;
    assert_eq!(heard.next().await, News::Changed(change));
}

/// Keeps something under so many keys, and sees that it comes back from there; answers the
/// environment of all of it.
async fn keeps(memory: &RedisMemory, number: u32) -> EnvironmentId {
    let database = MemoryStorage::new().stores().idempotency;
    let replays = RedisReplayStore::new(memory.clone(), Arc::new(Arc::clone(&database)));
    let environment = EnvironmentId(fixtures::uuid());
    for number in 0..number {
        let record = fixtures::idempotency_record(environment, &format!("key-{number}"));
        let taken = IdempotencyClaim::Taken(Box::new(record.clone()));
        for expected in [IdempotencyClaim::New, taken] {
            assert_eq!(replays.claim(&record, NOON).await.unwrap(), expected);
        }
        let in_database = database.claim(&record, NOON).await.unwrap();
        assert_eq!(
            in_database,
            IdempotencyClaim::New,
            "it went to the database"
        );
    }
    environment
}
