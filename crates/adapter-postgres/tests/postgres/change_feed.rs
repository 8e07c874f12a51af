//! Nodes on one database tell each other what changed.

use std::sync::Arc;

use async_trait::async_trait;
use tieline_adapter_postgres::{PgChangeFeed, PgDatabase};
use tieline_domain::ports::{ChangeFeed, ChangeListener};
use tieline_testkit::{ChangeFeedHarness, FixedClock};

use crate::support::{Cable, TestDatabase, server_address};

tieline_testkit::change_feed_contract!(Nodes);

struct Nodes {
    database: TestDatabase,
    cable: Option<Cable>,
}

#[async_trait]
impl ChangeFeedHarness for Nodes {
    async fn start() -> Self {
        Self {
            database: TestDatabase::migrated().await,
            cable: None,
        }
    }

    async fn node(&self, listener: Arc<dyn ChangeListener>) -> Arc<dyn ChangeFeed> {
        let url = match &self.cable {
            Some(cable) => self.database.url_at(&cable.address()),
            None => self.database.url(),
        };
        let opened = PgDatabase::open(&url).await.unwrap();
        let timer = Arc::new(FixedClock::default());
        Arc::new(PgChangeFeed::start(&opened, listener, timer))
    }

    async fn start_severable() -> Self {
        Self {
            cable: Some(Cable::to(server_address())),
            ..Self::start().await
        }
    }

    async fn sever(&self) {
        self.cable.as_ref().unwrap().pull_out();
    }

    async fn restore(&self) {
        self.cable.as_ref().unwrap().plug_in();
    }
}
