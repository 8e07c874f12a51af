//! What nodes that share a server do without it.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::ports::{Allowance, RateLimit, RateLimiter};

use super::{LIMIT, allowance};
use crate::{
    SharedHarness,
    contract::concurrency::soon,
    fixtures::{self, NOON},
};

/// A node that is alone. Nobody else gives its answer.
struct Alone(u32);

#[async_trait]
impl RateLimiter for Alone {
    async fn take(&self, _: &str, _: RateLimit, _: Timestamp) -> Allowance {
        allowance(true, self.0, 77)
    }
}

type Limiter = dyn RateLimiter;

pub async fn without_the_server_each_node_counts_for_itself(
    harness: &impl SharedHarness<Port = Limiter>,
) {
    let (first, second) = (
        harness.node(Arc::new(Alone(71))).await,
        harness.node(Arc::new(Alone(72))).await,
    );
    for remaining in [2, 1, 0] {
        let taken = first.take("key", LIMIT, NOON).await;
        assert_eq!(taken, allowance(true, remaining, 2000));
    }
    harness.sever().await;
    for _ in 0..10 {
        for (node, remaining) in [(&first, 71), (&second, 72)] {
            let taken = soon(node.take("key", LIMIT, NOON)).await;
            assert_eq!(taken, allowance(true, remaining, 77));
        }
    }
    harness.restore().await;
}

pub async fn once_the_server_is_back_nodes_count_together(
    harness: &impl SharedHarness<Port = Limiter>,
) {
    let (first, second) = (
        harness.node(Arc::new(Alone(71))).await,
        harness.node(Arc::new(Alone(72))).await,
    );
    harness.sever().await;
    for node in [&first, &second] {
        soon(node.take("key", LIMIT, NOON)).await;
    }
    harness.restore().await;
    soon(find_server(&*first)).await;
    soon(find_server(&*second)).await;
    let takes = [
        (&first, true, 2),
        (&second, true, 1),
        (&first, true, 0),
        (&second, false, 0),
    ];
    for (node, allowed, remaining) in takes {
        let taken = soon(node.take("another key", LIMIT, NOON)).await;
        assert_eq!(taken, allowance(allowed, remaining, 2000));
    }
}

/// Takes until it is the server that answers.
async fn find_server(node: &Limiter) {
    loop {
        let taken = node.take(&fixtures::uuid().to_string(), LIMIT, NOON).await;
        if taken == allowance(true, 2, 2000) {
            return;
        }
        tokio::task::yield_now().await;
    }
}
