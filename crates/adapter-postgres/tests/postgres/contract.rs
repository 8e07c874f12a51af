//! The contracts of the storage ports, kept by Postgres.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::PgConnection;
use tieline_adapter_postgres::PgDatabase;
use tieline_domain::id::FlowId;
use tieline_testkit::{StorageHarness, TestStores};

use crate::support::TestDatabase;

tieline_testkit::storage_contract!(PgHarness);

pub(crate) struct PgHarness {
    stores: TestStores,
    database: TestDatabase,
}

impl PgHarness {
    /// A database for a test, opened in whatever way.
    pub(crate) fn of(database: TestDatabase, opened: &PgDatabase) -> Self {
        let stores = TestStores {
            stores: opened.stores(),
            transactions: Arc::new(opened.transactions()),
        };
        Self { stores, database }
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
}
