//! The contracts of the storage ports, kept by Postgres.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::PgConnection;
use tieline_adapter_postgres::PgDatabase;
use tieline_domain::id::FlowId;
use tieline_testkit::{Outage, StorageHarness, TestStores};

use crate::support::{Cable, TestDatabase, server_address};

tieline_testkit::storage_contract!(PgHarness);

pub(crate) struct PgHarness {
    stores: TestStores,
    database: TestDatabase,
    cable: Option<Cable>,
}

impl PgHarness {
    /// A database for a test, opened in whatever way.
    pub(crate) fn of(database: TestDatabase, opened: &PgDatabase) -> Self {
        let stores = TestStores {
            stores: opened.stores(),
            transactions: Arc::new(opened.transactions()),
        };
        Self {
            stores,
            database,
            cable: None,
        }
    }

    /// The same, opened by way of a cable.
    pub(crate) fn by(cable: Cable, database: TestDatabase, opened: &PgDatabase) -> Self {
        Self {
            cable: Some(cable),
            ..Self::of(database, opened)
        }
    }

    fn cable(&self) -> &Cable {
        self.cable.as_ref().expect("it is no severable harness")
    }

    /// A connection to the database beside the adapter.
    pub(crate) async fn connect(&self) -> PgConnection {
        self.database.connect().await
    }
}

#[async_trait]
impl StorageHarness for PgHarness {
    async fn start() -> Self {
        let database = TestDatabase::migrated().await;
        let opened = database.open().await;
        Self::of(database, &opened)
    }

    fn stores(&self) -> &TestStores {
        &self.stores
    }

    async fn copy_attempt(&self, id: FlowId, copies: u32) {
        sqlx::query(
            "INSERT INTO connect_attempts
             SELECT gen_random_uuid(), environment_id, integration_id, integration_identifier,
                 provider, purpose, subscriber_id, context_keys, mode, status, reason,
                 provider_error, connection_identifier, workspace_name, steps, created_at,
                 updated_at
             FROM connect_attempts, generate_series(1, $1) WHERE id = $2",
        )
        .bind(i64::from(copies))
        .bind(id.0)
        .execute(&mut self.database.connect().await)
        .await
        .unwrap();
    }

    const OUTAGE: Outage = Outage::Everything;

    async fn start_severable() -> Self {
        let database = TestDatabase::migrated().await;
        let cable = Cable::to(server_address());
        let url = database.url_at(&cable.address());
        let opened = PgDatabase::open(&url).await.unwrap();
        Self::by(cable, database, &opened)
    }

    async fn sever(&self) {
        self.cable().pull_out();
    }

    async fn restore(&self) {
        self.cable().plug_in();
    }
}
