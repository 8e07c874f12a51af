//! What nodes that share a server do without it.

use std::sync::Arc;

use tieline_domain::ports::{IdempotencyClaim, IdempotencyStore, ReplayStore};

use super::{another, record, taken};
use crate::{MemoryStorage, SharedHarness, contract::concurrency::soon, fixtures::NOON};

type Store = dyn ReplayStore;

/// Two nodes on one database.
async fn nodes(
    harness: &impl SharedHarness<Port = Store>,
) -> ([Arc<Store>; 2], Arc<dyn IdempotencyStore>) {
    let database = MemoryStorage::new().stores().idempotency;
    let alone = || Arc::new(Arc::clone(&database));
    let nodes = [harness.node(alone()).await, harness.node(alone()).await];
    (nodes, database)
}

pub async fn without_the_server_the_database_keeps_the_answers(
    harness: &impl SharedHarness<Port = Store>,
) {
    let ([first, second], database) = nodes(harness).await;
    harness.sever().await;
    let record = record();
    let claim = soon(first.claim(&record, NOON)).await.unwrap();
    assert_eq!(claim, IdempotencyClaim::New);
    for node in [&first, &second] {
        let claim = soon(node.claim(&another(&record), NOON)).await.unwrap();
        assert_eq!(claim, taken(&record));
    }
    let claim = database.claim(&another(&record), NOON).await.unwrap();
    assert_eq!(claim, taken(&record));
    harness.restore().await;
}

pub async fn once_the_server_is_back_the_database_is_left_alone(
    harness: &impl SharedHarness<Port = Store>,
) {
    let ([first, second], database) = nodes(harness).await;
    harness.sever().await;
    for node in [&first, &second] {
        soon(node.claim(&record(), NOON)).await.unwrap();
    }
    harness.restore().await;
    for node in [&first, &second] {
        soon(find_server(&**node, &*database)).await;
    }
    let record = record();
    let claim = soon(first.claim(&record, NOON)).await.unwrap();
    assert_eq!(claim, IdempotencyClaim::New);
    for node in [&second, &first] {
        let claim = soon(node.claim(&another(&record), NOON)).await.unwrap();
        assert_eq!(claim, taken(&record));
    }
    let claim = database.claim(&record, NOON).await.unwrap();
    assert_eq!(claim, IdempotencyClaim::New);
}

/// Claims until it is not the database that stores.
async fn find_server(node: &Store, database: &dyn IdempotencyStore) {
    loop {
        let record = record();
        node.claim(&record, NOON).await.unwrap();
        if database.claim(&record, NOON).await.unwrap() == IdempotencyClaim::New {
            return;
        }
        tokio::task::yield_now().await;
    }
}
