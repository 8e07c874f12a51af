//! What is found in the file of a database that has an environment.
#![expect(clippy::unwrap_used, reason = "all of it is a test")]

mod deletion;
mod idempotency;

use std::sync::Arc;

use tempfile::TempDir;
use tieline_adapter_sqlite::SqliteDatabase;
use tieline_domain::environment::Environment;
use tieline_testkit::TestStores;

/// A database with an environment.
struct Seeded {
    folder: TempDir,
    database: SqliteDatabase,
    environment: Environment,
}

impl Seeded {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/tieline.db", folder.path().display());
        let database = SqliteDatabase::open(&url).await.unwrap();
        database.migrate().await.unwrap();
        let stores = TestStores {
            stores: database.stores(),
            transactions: Arc::new(database.transactions()),
        };
        Self {
            folder,
            database,
            environment: stores.environment().await,
        }
    }
}
