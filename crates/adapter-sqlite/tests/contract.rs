//! The contracts of the storage ports, kept by SQLite.
#![expect(clippy::unwrap_used, reason = "all of it is a test")]

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use sqlx::{Connection, Executor, SqliteConnection};
use tempfile::TempDir;
use tieline_adapter_sqlite::{SqliteDatabase, SqliteSettings};
use tieline_domain::id::FlowId;
use tieline_testkit::{Outage, StorageHarness, TestStores};
use tokio::sync::Mutex;

tieline_testkit::storage_contract!(SqliteHarness);

struct SqliteHarness {
    stores: TestStores,
    url: String,
    /// Another process that writes, and does not come to an end.
    other: Mutex<Option<SqliteConnection>>,
    _folder: TempDir,
}

impl SqliteHarness {
    async fn start_with(settings: SqliteSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/tieline.db", folder.path().display());
        let database = SqliteDatabase::open_with(&url, settings).await.unwrap();
        database.migrate().await.unwrap();
        let stores = TestStores {
            stores: database.stores(),
            transactions: Arc::new(database.transactions()),
        };
        Self {
            stores,
            url,
            other: Mutex::default(),
            _folder: folder,
        }
    }
}

#[async_trait]
impl StorageHarness for SqliteHarness {
    async fn start() -> Self {
        Self::start_with(SqliteSettings::default()).await
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

    const OUTAGE: Outage = Outage::Writes;

    async fn start_severable() -> Self {
        Self::start_with(SqliteSettings {
            busy_timeout: Duration::from_millis(20),
            ..SqliteSettings::default()
        })
        .await
    }

    async fn sever(&self) {
        let mut other = SqliteConnection::connect(&self.url).await.unwrap();
        other.execute("BEGIN IMMEDIATE").await.unwrap();
        *self.other.lock().await = Some(other);
    }

    async fn restore(&self) {
        let other = self.other.lock().await.take();
        other.unwrap().close().await.unwrap();
    }
}
