//! What a busy node takes of a limit in advance.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use redis::cmd;
use tieline_adapter_redis::RedisRateLimiter;
use tieline_domain::ports::{RateLimit, RateLimiter};
use tieline_testkit::fixtures::NOON;

use crate::{server::Server, support::memory};

const LIMIT: RateLimit = RateLimit {
    burst: 6400,
    interval: Duration::from_secs(10),
};

/// What one node may have taken in advance, of a burst of 6400.
const ADVANCE: usize = 100;

async fn node(server: &Server) -> RedisRateLimiter {
    RedisRateLimiter::new(memory(&server.url(), "own").await, Arc::new(()))
}

/// How many are allowed until one is refused, the nodes taking turns.
async fn allowed(nodes: &[RedisRateLimiter], now: Timestamp) -> usize {
    let mut allowed = 0;
    loop {
        let node = &nodes[allowed % nodes.len()];
        if !node.take("key", LIMIT, now).await.allowed {
            return allowed;
        }
        allowed += 1;
    }
}

#[tokio::test]
async fn a_busy_node_gets_the_whole_burst_in_few_round_trips() {
    let server = Server::start();
    let node = [node(&server).await];
    assert_eq!(allowed(&node, NOON).await, 6400);
    let statistics: String = server.ask(cmd("INFO").arg("commandstats")).await;
    let asked = statistics.split("cmdstat_eval:calls=").nth(1).unwrap();
    let asked: usize = asked.split(',').next().unwrap().parse().unwrap();
    assert!((64..80).contains(&asked), "{asked}");
}

#[tokio::test]
async fn busy_nodes_together_get_the_burst_less_what_lies_with_others() {
    let server = Server::start();
    let nodes = [
        node(&server).await,
        node(&server).await,
        node(&server).await,
    ];
    let allowed = allowed(&nodes, NOON).await;
    assert!((6400 - 2 * ADVANCE..=6400).contains(&allowed), "{allowed}");
}

#[tokio::test]
async fn a_node_that_is_not_busy_takes_none_in_advance() {
    let server = Server::start();
    let nodes = [node(&server).await, node(&server).await];
    for number in 0..40 {
        let now = NOON + SignedDuration::from_millis(100 * i64::from(number));
        for (node, before) in nodes.iter().zip([2 * number, 2 * number + 1]) {
            let taken = node.take("key", LIMIT, now).await;
            assert_eq!(taken.remaining, 6399 - before);
        }
    }
}

#[tokio::test]
async fn what_was_taken_in_advance_lapses_after_a_second() {
    let server = Server::start();
    let node = node(&server).await;
    for _ in 0..40 {
        node.take("key", LIMIT, NOON).await;
    }
    let all_there = NOON + SignedDuration::from_hours(24);
    assert_eq!(node.take("key", LIMIT, all_there).await.remaining, 6399);
}
