//! A database with an environment.

use tempfile::TempDir;
use tieline_adapter_sqlite::SqliteDatabase;
use tieline_domain::environment::Environment;
use tieline_testkit::fixtures;

pub(crate) struct Seeded {
    pub(crate) folder: TempDir,
    pub(crate) database: SqliteDatabase,
    pub(crate) environment: Environment,
}

impl Seeded {
    pub(crate) async fn open() -> Self {
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
