//! The contracts of the storage ports, kept by SQLite.
#![expect(clippy::unwrap_used, reason = "all of it is a test")]

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;
use tieline_adapter_sqlite::SqliteDatabase;
use tieline_domain::id::FlowId;
use tieline_testkit::{StorageHarness, Stores};

tieline_testkit::storage_contract!(SqliteHarness);

struct SqliteHarness {
    stores: Stores,
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
        let stores = Stores {
            environments: Arc::new(database.environments()),
            api_keys: Arc::new(database.api_keys()),
            integrations: Arc::new(database.integrations()),
            subscribers: Arc::new(database.subscribers()),
            contexts: Arc::new(database.contexts()),
            attempts: Arc::new(database.attempts()),
            connections: Arc::new(database.connections()),
            endpoints: Arc::new(database.endpoints()),
            idempotency: Arc::new(database.idempotency()),
            key_checks: Arc::new(database.key_checks()),
        };
        Self {
            stores,
            url,
            _folder: folder,
        }
    }

    fn stores(&self) -> &Stores {
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
