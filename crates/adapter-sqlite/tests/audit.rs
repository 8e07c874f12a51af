//! That the file itself keeps the audit log as it is, whoever asks it to do otherwise.
#![expect(clippy::unwrap_used, reason = "all of it is a test")]

use sqlx::{AssertSqlSafe, Connection, Executor, SqliteConnection};
use tempfile::TempDir;
use tieline_adapter_sqlite::SqliteDatabase;
use tieline_domain::{audit::AuditEvent, id::EnvironmentId};
use tieline_testkit::{TestStores, fixtures};

/// A log of three events, and a connection to its file beside the adapter.
struct Log {
    stores: TestStores,
    environment: EnvironmentId,
    events: Vec<AuditEvent>,
    raw: SqliteConnection,
    _folder: TempDir,
}

impl Log {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/tieline.db", folder.path().display());
        let database = SqliteDatabase::open(&url).await.unwrap();
        database.migrate().await.unwrap();
        let stores = TestStores {
            stores: database.stores(),
            transactions: std::sync::Arc::new(database.transactions()),
        };
        let environment = stores.environment().await.id;
        let mut events = Vec::new();
        for _ in 0..3 {
            let entry = fixtures::audit_entry(environment);
            events.push(stores.audit.append(entry).await.unwrap());
        }
        Self {
            stores,
            environment,
            events,
            raw: SqliteConnection::connect(&url).await.unwrap(),
            _folder: folder,
        }
    }

    /// Tries a statement, which is refused, and leaves the log as it was.
    async fn refuses(&mut self, sql: &str, because: &str) {
        let error = self.raw.execute(AssertSqlSafe(sql)).await.unwrap_err();
        assert!(error.to_string().contains(because), "{sql}: {error}");
        let log = self.stores.audit.list_after(self.environment, 0, 9).await;
        assert_eq!(log.unwrap(), self.events, "{sql}");
    }
}

#[tokio::test]
async fn an_event_is_not_changed() {
    let mut log = Log::start().await;
    for sql in [
        "UPDATE audit_events SET subject = 'another'",
        "UPDATE audit_events SET hash = hash WHERE sequence = 2",
        "UPDATE audit_events SET sequence = 9 WHERE sequence = 3",
        "UPDATE OR REPLACE audit_events SET sequence = 1 WHERE sequence = 3",
    ] {
        log.refuses(sql, "is not changed").await;
    }
}

#[tokio::test]
async fn an_event_is_not_deleted() {
    let mut log = Log::start().await;
    for sql in [
        "DELETE FROM audit_events",
        "DELETE FROM audit_events WHERE sequence = 3",
    ] {
        log.refuses(sql, "is not deleted").await;
    }
    let sql = "PRAGMA foreign_keys = ON; DELETE FROM environments";
    log.refuses(sql, "FOREIGN KEY").await;
}

#[tokio::test]
async fn an_event_is_not_replaced() {
    let mut log = Log::start().await;
    for (id, sequence) in [
        ("id", "sequence"),
        ("randomblob(16)", "sequence"),
        ("id", "9"),
    ] {
        let sql = format!(
            "INSERT OR REPLACE INTO audit_events
             SELECT {id}, environment_id, {sequence}, created_at, actor, action, 'another',
                 details, previous, hash
             FROM audit_events WHERE sequence = 2"
        );
        log.refuses(&sql, "is not replaced").await;
    }
}

#[tokio::test]
async fn a_log_that_was_tried_to_be_changed_goes_on() {
    let mut log = Log::start().await;
    log.refuses("DELETE FROM audit_events", "is not deleted")
        .await;
    let entry = fixtures::audit_entry(log.environment);
    let next = log.stores.audit.append(entry).await.unwrap();
    assert!(next.follows(log.events[2].head()));
}
