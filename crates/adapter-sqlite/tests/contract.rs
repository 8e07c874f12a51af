//! The contracts of the storage ports, kept by SQLite.
#![expect(clippy::unwrap_used, reason = "all of it is a test")]

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;
use tieline_adapter_sqlite::SqliteDatabase;
use tieline_domain::id::FlowId;
use tieline_testkit::{StorageHarness, TestStores};

tieline_testkit::storage_contract!(SqliteHarness);

struct SqliteHarness {
    stores: TestStores,
    url: String,
    _folder: TempDir,
}

#[async_trait]
impl StorageHarness for SqliteHarness {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/tieline.db", folder.path().display());
        let database = SqliteDatabase::open(&url).await.unwrap();
        database.migrate().await.unwrap();
        let stores = TestStores {
            stores: database.stores(),
            transactions: Arc::new(database.transactions()),
        };
        Self {
            stores,
            url,
            _folder: folder,
        }
    }

    fn stores(&self) -> &TestStores {
        &self.stores
    }

    async fn copy_attempt(&self, id: FlowId, copies: u32) {
        let mut connection = SqliteConnection::connect(&self.url).await.unwrap();
        sqlx::query(
            "WITH RECURSIVE copies (number) AS (
                 SELECT 1 UNION ALL SELECT number + 1 FROM copies WHERE number < ?
             )
             INSERT INTO connect_attempts
             SELECT randomblob(16), environment_id, integration_id, integration_identifier,
                 provider, purpose, subscriber_id, context_keys, mode, status, reason, provider_error,
                 connection_identifier, workspace_name, steps, created_at, updated_at
             FROM connect_attempts, copies WHERE id = ?",
        )
        .bind(copies)
        .bind(id.0)
        .execute(&mut connection)
        .await
        .unwrap();
    }
}
