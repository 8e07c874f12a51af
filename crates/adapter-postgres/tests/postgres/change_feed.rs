//! Nodes on one database tell each other what changed.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::Connection;
use tieline_adapter_postgres::PgChangeFeed;
use tieline_domain::{
    id::EnvironmentId,
    ports::{Change, ChangeFeed, ChangeListener},
};
use tieline_testkit::{
    ChangeFeedHarness, FixedClock, fixtures,
    port_harness::{Heard, News},
};

use crate::support::TestDatabase;

tieline_testkit::change_feed_contract!(Nodes);

struct Nodes(TestDatabase);

#[async_trait]
impl ChangeFeedHarness for Nodes {
    async fn start() -> Self {
        Self(TestDatabase::migrated().await)
    }

    async fn node(&self, listener: Arc<dyn ChangeListener>) -> Arc<dyn ChangeFeed> {
        let opened = self.0.open().await;
        let timer = Arc::new(FixedClock::default());
        Arc::new(PgChangeFeed::start(&opened, listener, timer))
    }
}

#[tokio::test]
async fn a_node_whose_connection_broke_hears_again() {
    let nodes = Nodes::start().await;
    let heard = Heard::new();
    let feed = nodes.node(heard.clone()).await;
    assert_eq!(heard.next().await, News::Missed);
    let mut connection = nodes.0.connect().await;
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = $1 AND pid <> pg_backend_pid()",
    )
    .bind(nodes.0.name())
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    assert_eq!(heard.next().await, News::Missed);
    let change = Change::ApiKeys(EnvironmentId(fixtures::uuid()));
    // The pool may first find that its connection broke, too.
    for _ in 0..3 {
        feed.publish(change.clone()).await;
    }
    assert_eq!(heard.next().await, News::Changed(change));
}
