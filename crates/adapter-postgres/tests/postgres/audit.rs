//! That the database itself keeps the audit log as it is, whoever asks it to do otherwise, and that
//! nobody waits for it who has nothing to do with it.

use sqlx::{AssertSqlSafe, Executor, PgConnection};
use tieline_domain::{audit::AuditEvent, id::EnvironmentId};
use tieline_testkit::{StorageHarness, TestStores, fixtures};

use crate::contract::PgHarness;

/// A log of three events, and a connection to its database beside the adapter.
struct Log {
    harness: PgHarness,
    environment: EnvironmentId,
    events: Vec<AuditEvent>,
    raw: PgConnection,
}

impl Log {
    async fn start() -> Self {
        let harness = PgHarness::start().await;
        let stores = harness.stores();
        let environment = stores.environment().await.id;
        let mut events = Vec::new();
        for _ in 0..3 {
            let entry = fixtures::audit_entry(environment);
            events.push(stores.audit.append(entry).await.unwrap());
        }
        Self {
            raw: harness.connect().await,
            harness,
            environment,
            events,
        }
    }

    fn stores(&self) -> &TestStores {
        self.harness.stores()
    }

    /// Tries a statement, which is refused, and leaves the log as it was.
    async fn refuses(&mut self, sql: &str, because: &str) {
        let error = self.raw.execute(AssertSqlSafe(sql)).await.unwrap_err();
        assert!(error.to_string().contains(because), "{sql}: {error}");
        let log = self.stores().audit.list_after(self.environment, 0, 9).await;
        assert_eq!(log.unwrap(), self.events, "{sql}");
    }
}

#[tokio::test]
async fn an_event_is_neither_changed_nor_deleted() {
    let mut log = Log::start().await;
    for sql in [
        "UPDATE audit_events SET subject = 'another'",
        "UPDATE audit_events SET hash = hash WHERE sequence = 2",
        "INSERT INTO audit_events SELECT * FROM audit_events
         ON CONFLICT (id) DO UPDATE SET subject = 'another'",
        "DELETE FROM audit_events",
        "DELETE FROM audit_events WHERE sequence = 3",
        "TRUNCATE audit_events",
        "TRUNCATE organizations CASCADE",
    ] {
        log.refuses(
            sql,
            "what is in audit_events is neither changed nor deleted",
        )
        .await;
    }
    log.refuses("DELETE FROM environments", "foreign key").await;
    let fork = "INSERT INTO audit_events
                SELECT gen_random_uuid(), environment_id, sequence, created_at, actor, action,
                    'another', details, previous, hash
                FROM audit_events";
    log.refuses(fork, "audit_events_environment_id_sequence_key")
        .await;
}

#[tokio::test]
async fn a_log_that_was_tried_to_be_changed_goes_on() {
    let mut log = Log::start().await;
    log.refuses("DELETE FROM audit_events", "neither changed nor deleted")
        .await;
    let entry = fixtures::audit_entry(log.environment);
    let next = log.stores().audit.append(entry).await.unwrap();
    assert!(next.follows(log.events[2].head()));
}

#[tokio::test]
async fn who_appends_holds_up_nobody_but_those_who_append_to_the_same_log() {
    let log = Log::start().await;
    let stores = log.stores();
    let other = stores.environment().await.id;
    let transaction = stores.transactions.begin().await.unwrap();
    let inside = &transaction.stores().audit;
    let entry = fixtures::audit_entry(log.environment);
    inside.append(entry).await.unwrap();
    // Rows that refer to its environment are written meanwhile, and other logs.
    let ada = fixtures::subscriber(log.environment, "ada");
    stores.subscribers.insert(&ada).await.unwrap();
    let entry = fixtures::audit_entry(other);
    stores.audit.append(entry).await.unwrap();
    transaction.commit().await.unwrap();
}
