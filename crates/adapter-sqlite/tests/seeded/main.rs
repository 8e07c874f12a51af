//! What is found in the file of a database that has an environment.
#![expect(clippy::unwrap_used, reason = "all of it is a test")]

mod deletion;
mod idempotency;

use tempfile::TempDir;
use tieline_adapter_sqlite::SqliteDatabase;
use tieline_domain::environment::Environment;
use tieline_testkit::fixtures;

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
        let (organization, mut environment) = (fixtures::organization(), fixtures::environment());
        environment.organization_id = organization.id;
        let store = database.stores().environments;
        store.insert_organization(&organization).await.unwrap();
        store.insert(&environment).await.unwrap();
        Self {
            folder,
            database,
            environment,
        }
    }
}
