//! A cluster.

use std::sync::Arc;

use redis::cmd;
use tieline_adapter_redis::{RedisChangeFeed, RedisReplayStore};
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
    support::{memory, prefix, soon},
};

#[tokio::test]
async fn a_cluster_serves() {
    // Its bus has a port of its own: by default one that is 10,000 higher, and may not exist.
    let bus = free_port().to_string();
    let port = free_port();
    let server = Server::at(port, &["--cluster-enabled", "yes", "--cluster-port", &bus]);
    let mut slots = cmd("CLUSTER");
    slots.arg("ADDSLOTSRANGE").arg(0).arg(16_383);
    server.ask::<()>(&slots).await;

    let url = format!("redis+cluster://127.0.0.1:{port},127.0.0.1:{}", free_port());
    let memory = memory(&url, &prefix()).await;
    soon(memory.until(true)).await;
    let database = MemoryStorage::new().stores().idempotency;
    let replays = RedisReplayStore::new(memory.clone(), Arc::new(Arc::clone(&database)));
    let record = fixtures::idempotency_record(EnvironmentId(fixtures::uuid()), "key");
    let taken = IdempotencyClaim::Taken(Box::new(record.clone()));
    for expected in [IdempotencyClaim::New, taken] {
        assert_eq!(replays.claim(&record, NOON).await.unwrap(), expected);
    }
    let in_database = database.claim(&record, NOON).await.unwrap();
    assert_eq!(in_database, IdempotencyClaim::New);

    let heard = Heard::new();
    let feed = RedisChangeFeed::start(memory, heard.clone());
    assert_eq!(heard.next().await, News::Missed);
    let change = Change::ApiKeys(record.scope.environment_id);
    feed.publish(change.clone()).await;
    assert_eq!(heard.next().await, News::Changed(change));
}
