//! The database file: who may read it, what is refused, and what happens when it is away.
#![expect(clippy::unwrap_used, reason = "all of it is a test")]

use std::{fs, path::PathBuf};

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Connection, Executor, SqliteConnection, migrate::Migrator};
use tempfile::TempDir;
use tieline_adapter_sqlite::{OpenDatabaseError, SqliteDatabase};
use tieline_domain::{
    connection::{Health, Upkeep},
    id::EnvironmentId,
    idempotency::{IdempotencyRecord, IdempotencyScope},
    page::{From, Order, PageRequest},
    ports::{ContextFilter, IdempotencyClaim, StoreError},
    sealed::Sealed,
};
use tieline_testkit::fixtures;
use uuid::Uuid;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("tieline.db")
    }

    fn url(&self) -> String {
        format!("sqlite://{}", self.path().display())
    }

    async fn migrated(&self) -> SqliteDatabase {
        let database = SqliteDatabase::open(&self.url()).await.unwrap();
        database.migrate().await.unwrap();
        database
    }

    /// Does something to the file behind the database's back.
    async fn execute(&self, sql: &str) {
        let url = format!("{}?mode=rwc", self.url());
        let mut connection = SqliteConnection::connect(&url).await.unwrap();
        connection.execute(AssertSqlSafe(sql)).await.unwrap();
        connection.close().await.unwrap();
    }
}

fn is_unavailable<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Unavailable(_)))
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_and_its_folder_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    let path = folder.0.path().join("deep/er/tieline.db");
    let database = SqliteDatabase::open(&format!("sqlite://{}", path.display()))
        .await
        .unwrap();
    database.migrate().await.unwrap();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path.clone()), 0o600);
    assert_eq!(mode(path.with_extension("db-wal")), 0o600);
    assert_eq!(mode(path.parent().unwrap().to_owned()), 0o700);
}

#[tokio::test]
async fn migrating_twice_is_harmless() {
    let folder = Folder::new();
    let database = SqliteDatabase::open(&folder.url()).await.unwrap();
    let first = database.migrate().await.unwrap();
    assert!(!first.applied.is_empty());
    assert_eq!(first.applied[0].description, "create tables");
    database
        .stores()
        .environments
        .insert_organization(&fixtures::organization())
        .await
        .unwrap();
    let second = database.migrate().await.unwrap();
    assert_eq!(second.applied, []);
    assert_eq!(
        database
            .stores()
            .environments
            .list_organizations()
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_migrate_exactly_one_does() {
    let folder = Folder::new();
    let mut migrating = Vec::new();
    for _ in 0..4 {
        let database = SqliteDatabase::open(&folder.url()).await.unwrap();
        migrating.push(tokio::spawn(
            async move { database.migrate().await.unwrap() },
        ));
    }
    let mut migrated = 0;
    for task in migrating {
        migrated += usize::from(!task.await.unwrap().applied.is_empty());
    }
    assert_eq!(migrated, 1);
}

#[tokio::test]
async fn what_was_written_survives_a_reopening() {
    let folder = Folder::new();
    let database = folder.migrated().await;
    let organization = fixtures::organization();
    database
        .stores()
        .environments
        .insert_organization(&organization)
        .await
        .unwrap();
    database.close().await;
    let reopened = SqliteDatabase::open(&folder.url()).await.unwrap();
    reopened.is_ready().await.unwrap();
    let found = reopened
        .stores()
        .environments
        .list_organizations()
        .await
        .unwrap();
    assert_eq!(found, [organization]);
}

#[tokio::test]
async fn a_database_is_ready_once_it_is_migrated() {
    let folder = Folder::new();
    let database = SqliteDatabase::open(&folder.url()).await.unwrap();
    assert!(is_unavailable(&database.is_ready().await));
    database.migrate().await.unwrap();
    database.is_ready().await.unwrap();
}

#[tokio::test]
async fn how_the_tables_stand_is_told_without_touching_them() {
    let folder = Folder::new();
    let database = SqliteDatabase::open(&folder.url()).await.unwrap();
    let before = database.migration_state().await.unwrap();
    assert_eq!((before.applied, before.is_newer), (None, false));
    assert_eq!(
        database.migrate().await.unwrap().applied,
        before.pending,
        "what is pending is what a run applies"
    );
    let after = database.migration_state().await.unwrap();
    assert_eq!(after.applied, before.pending.last().map(|it| it.version));
    assert!(after.pending.is_empty() && !after.is_newer);
    folder
        .execute("INSERT INTO _sqlx_migrations VALUES (99990101000000, 'later', 0, TRUE, x'00', 0)")
        .await;
    assert!(database.migration_state().await.unwrap().is_newer);
}

/// The tables as they were before a migration, with an environment and what else is put there.
async fn older_tables(before: i64, rows: &str) -> Folder {
    let folder = Folder::new();
    let migrations = sqlx::migrate!()
        .iter()
        .filter(|migration| migration.version < before);
    let url = format!("{}?mode=rwc", folder.url());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    let migrator = Migrator::with_migrations(migrations.cloned().collect());
    migrator.run(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let environment = "INSERT INTO organizations VALUES (zeroblob(16), 'Acme', 1);
         INSERT INTO environments VALUES (zeroblob(16), zeroblob(16), 'Development', 1);";
    folder.execute(&[environment, rows].concat()).await;
    folder
}

#[tokio::test]
async fn answers_of_older_tables_are_repeated() {
    let folder = older_tables(
        20_261_127_000_000,
        "INSERT INTO idempotency_records VALUES
             (zeroblob(16), 'POST /v1/subscribers', zeroblob(32), zeroblob(32), x'07', 9)",
    )
    .await;
    let kept = IdempotencyRecord {
        scope: IdempotencyScope {
            environment_id: EnvironmentId(Uuid::nil()),
            route: "POST /v1/subscribers".to_owned(),
            key_hash: [0; 32],
        },
        fingerprint: [0; 32],
        response: Sealed(vec![7]),
        expires_at: Timestamp::from_microsecond(9).unwrap(),
    };
    let store = folder.migrated().await.stores().idempotency;
    let second = IdempotencyRecord {
        response: Sealed(vec![8]),
        ..kept.clone()
    };
    let claim = store.claim(&second, Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!(claim, IdempotencyClaim::Taken(Box::new(kept)));
}

#[tokio::test]
async fn connections_of_older_tables_are_asked_about_soon() {
    let folder = older_tables(
        20_261_126_000_000,
        "INSERT INTO integrations VALUES
             (zeroblob(16), zeroblob(16), 'slack', 'slack', 'Slack', TRUE, x'00', 1, 1, 1);
         INSERT INTO connections VALUES
             (zeroblob(16), zeroblob(16), 'acme', zeroblob(16), NULL, '[]', 'T1', NULL, NULL, 3,
              1000000, 2000000)",
    )
    .await;
    let database = folder.migrated().await;
    let updated_at = Timestamp::from_second(2).unwrap();
    let due = database.stores().upkeep.list_due(updated_at, &[], 9).await;
    let [connection] = due.unwrap().try_into().unwrap();
    assert_eq!(connection.generation, 3);
    assert_eq!(connection.health, Health::unproved(updated_at));
    let due = Upkeep {
        due_at: Some(updated_at),
        ..Upkeep::default()
    };
    assert_eq!(connection.upkeep, due);
    assert_eq!(connection.updated_at, updated_at);
}

/// The ids of the contexts in whose type or id a text is.
async fn found(database: &SqliteDatabase, text: &str) -> Vec<String> {
    let filter = ContextFilter {
        search: Some(text.to_owned()),
        ..ContextFilter::default()
    };
    let page = PageRequest {
        limit: 9,
        from: From::Start,
        order: Order::Ascending,
        total: None,
    };
    let environment = EnvironmentId(Uuid::nil());
    let store = database.stores().contexts;
    let contexts = store
        .list(environment, &filter, &page)
        .await
        .unwrap()
        .items
        .into_iter();
    contexts
        .map(|context| context.key.id().to_owned())
        .collect()
}

#[tokio::test]
async fn contexts_of_older_tables_are_found_by_a_part_of_their_key() {
    let folder = older_tables(
        20_261_128_000_002,
        "INSERT INTO contexts VALUES
             (randomblob(16), zeroblob(16), 'tenant', 'acme', '{}', NULL, 1, 1),
             (randomblob(16), zeroblob(16), 'project', 'atlas', '{}', NULL, 2, 2)",
    )
    .await;
    let database = folder.migrated().await;
    assert_eq!(found(&database, "a").await, ["acme", "atlas"]);
    assert_eq!(found(&database, "nant").await, ["acme"]);
    assert_eq!(found(&database, "las").await, ["atlas"]);
}

#[tokio::test]
async fn contexts_are_found_in_a_file_whose_rows_have_moved() {
    let folder = Folder::new();
    let database = folder.migrated().await;
    folder
        .execute(
            "INSERT INTO organizations VALUES (zeroblob(16), 'Acme', 1);
             INSERT INTO environments VALUES (zeroblob(16), zeroblob(16), 'Development', 1);
             INSERT INTO contexts VALUES
                 (7, randomblob(16), zeroblob(16), 'tenant', 'acme', '{}', NULL, 1, 1),
                 (8, randomblob(16), zeroblob(16), 'tenant', 'atlas', '{}', NULL, 2, 2);
             DELETE FROM contexts WHERE number = 7;
             VACUUM",
        )
        .await;
    assert_eq!(found(&database, "tenant").await, ["atlas"]);
    assert_eq!(found(&database, "tla").await, ["atlas"]);
}

#[test]
fn the_file_of_a_url_is_told_and_not_made() {
    let folder = Folder::new();
    assert_eq!(SqliteDatabase::path(&folder.url()).unwrap(), folder.path());
    assert!(!folder.path().exists());
    assert!(SqliteDatabase::path("mysql://localhost/x").is_err());
}

#[tokio::test]
async fn the_tables_of_a_newer_program_are_refused() {
    let folder = Folder::new();
    let database = folder.migrated().await;
    folder
        .execute("INSERT INTO _sqlx_migrations VALUES (99990101000000, 'later', 0, TRUE, x'00', 0)")
        .await;
    assert!(is_unavailable(&database.is_ready().await));
    let error = database.migrate().await.unwrap_err();
    assert!(error.to_string().contains("newer version"), "{error}");
}

#[tokio::test]
async fn a_migration_that_was_altered_is_refused() {
    let folder = Folder::new();
    let database = folder.migrated().await;
    folder
        .execute("UPDATE _sqlx_migrations SET checksum = x'00'")
        .await;
    let error = database.migrate().await.unwrap_err();
    assert!(
        error.to_string().contains("altered after it had run"),
        "{error}"
    );
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let folder = Folder::new();
    let text = "Not a database, but something that somebody may need. ".repeat(100);
    fs::write(folder.path(), &text).unwrap();
    let error = SqliteDatabase::open(&folder.url()).await.unwrap_err();
    assert!(
        matches!(error, OpenDatabaseError::ForeignFile { .. }),
        "{error:?}"
    );
    assert!(
        error
            .to_string()
            .contains("tieline.db is not a database of Tieline"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(folder.path()).unwrap(), text);
}

#[tokio::test]
async fn the_database_of_another_program_is_refused() {
    let marked = "PRAGMA application_id = 7";
    for sql in ["CREATE TABLE bookmarks (url TEXT)", marked] {
        let folder = Folder::new();
        folder.execute(sql).await;
        let before = fs::read(folder.path()).unwrap();
        let error = SqliteDatabase::open(&folder.url()).await.unwrap_err();
        assert!(
            matches!(error, OpenDatabaseError::ForeignFile { .. }),
            "{error:?}"
        );
        assert_eq!(fs::read(folder.path()).unwrap(), before);
    }
}

#[tokio::test]
async fn a_url_of_another_form_is_refused() {
    for url in [
        "",
        "tieline.db",
        "sqlite:",
        "sqlite://",
        "sqlite::memory:",
        "postgres://host/db",
    ] {
        let error = SqliteDatabase::open(url).await.unwrap_err();
        assert!(
            matches!(error, OpenDatabaseError::InvalidUrl),
            "{url}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_made_is_named() {
    let folder = Folder::new();
    fs::write(folder.path(), "in the way").unwrap();
    let error = SqliteDatabase::open(&format!("{}/inside.db", folder.url()))
        .await
        .unwrap_err();
    assert!(
        matches!(error, OpenDatabaseError::Create { .. }),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("tieline.db/inside.db"),
        "{error}"
    );
}

#[tokio::test]
async fn a_file_that_was_removed_or_replaced_is_not_ready() {
    let folder = Folder::new();
    let database = folder.migrated().await;
    fs::remove_file(folder.path()).unwrap();
    assert!(is_unavailable(&database.is_ready().await));
    fs::write(folder.path(), "").unwrap();
    assert!(is_unavailable(&database.is_ready().await));
}

#[tokio::test]
async fn a_closed_database_is_unavailable() {
    let folder = Folder::new();
    let database = folder.migrated().await;
    let store = database.stores().environments;
    database.close().await;
    assert!(is_unavailable(&store.list().await));
    assert!(is_unavailable(
        &store.insert_organization(&fixtures::organization()).await
    ));
    assert!(is_unavailable(&database.is_ready().await));
}
