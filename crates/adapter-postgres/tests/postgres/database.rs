//! The database: what is refused, who migrates, and what happens when it is away.

use std::{
    future::{Future, poll_fn},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Executor, migrate::Migrator};
use tieline_adapter_postgres::{OpenDatabaseError, PgDatabase, PgSettings};
use tieline_domain::{
    connection::{Health, Upkeep},
    ports::{StoreError, Transactions},
};
use tieline_testkit::{TestStores, fixtures};

use crate::support::TestDatabase;

fn is_unavailable<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Unavailable(_)))
}

#[tokio::test]
async fn migrating_twice_is_harmless() {
    let test = TestDatabase::empty().await;
    let database = test.open().await;
    let first = database.migrate().await.unwrap();
    assert!(!first.applied.is_empty());
    assert_eq!(first.applied[0].description, "create tables");
    let environments = database.stores().environments;
    environments
        .insert_organization(&fixtures::organization())
        .await
        .unwrap();
    let second = database.migrate().await.unwrap();
    assert_eq!(second.applied, []);
    assert_eq!(environments.list_organizations().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_nodes_that_migrate_at_once_exactly_one_does() {
    let test = TestDatabase::empty().await;
    let mut migrating = Vec::new();
    for _ in 0..8 {
        let database = test.open().await;
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
async fn a_migration_that_fails_leaves_nothing_behind() {
    let test = TestDatabase::empty().await;
    test.execute("CREATE TABLE key_checks (somebody_elses TEXT)")
        .await;
    let database = test.open().await;
    let error = database.migrate().await.unwrap_err();
    assert!(error.to_string().contains("key_checks"), "{error}");
    test.execute("DROP TABLE key_checks").await;
    assert!(!database.migrate().await.unwrap().applied.is_empty());
}

#[tokio::test]
async fn a_database_is_ready_once_it_is_migrated() {
    let test = TestDatabase::empty().await;
    let database = test.open().await;
    let error = database.is_ready().await.unwrap_err();
    let StoreError::Unavailable(cause) = error else {
        panic!("{error:?}");
    };
    assert!(cause.to_string().contains("are at version 0"), "{cause}");
    database.migrate().await.unwrap();
    database.is_ready().await.unwrap();
}

#[tokio::test]
async fn a_database_that_takes_no_writes_is_not_ready() {
    let test = TestDatabase::migrated().await;
    let url = format!("{}&options=-c default_transaction_read_only=on", test.url());
    let database = PgDatabase::open(&url).await.unwrap();
    assert!(is_unavailable(&database.is_ready().await));
    let environments = database.stores().environments;
    assert_eq!(environments.list_organizations().await.unwrap(), []);
    let organization = fixtures::organization();
    let inserted = environments.insert_organization(&organization).await;
    assert!(is_unavailable(&inserted));
}

#[tokio::test]
async fn a_newer_program_that_only_added_something_leaves_this_one_at_work() {
    let test = TestDatabase::migrated().await;
    let database = test.open().await;
    test.execute(
        "INSERT INTO _sqlx_migrations VALUES (99990101000000, 'later', now(), TRUE, '\\x00', 0)",
    )
    .await;
    database.is_ready().await.unwrap();
    let error = database.migrate().await.unwrap_err();
    assert!(error.to_string().contains("newer version"), "{error}");
}

#[tokio::test]
async fn tables_from_which_a_newer_program_took_something_are_refused() {
    let test = TestDatabase::migrated().await;
    let database = test.open().await;
    test.execute(
        "INSERT INTO _sqlx_migrations
         VALUES (99990101000000, 'contract api keys', now(), TRUE, '\\x00', 0)",
    )
    .await;
    assert!(is_unavailable(&database.is_ready().await));
    let error = database.migrate().await.unwrap_err();
    assert!(error.to_string().contains("newer version"), "{error}");
}

#[tokio::test]
async fn a_migration_that_was_altered_is_refused() {
    let test = TestDatabase::migrated().await;
    let database = test.open().await;
    test.execute("UPDATE _sqlx_migrations SET checksum = '\\x00'")
        .await;
    let error = database.migrate().await.unwrap_err();
    assert!(
        error.to_string().contains("altered after it had run"),
        "{error}"
    );
}

/// The tables as they were before connections were watched, with one connection.
async fn unwatched() -> TestDatabase {
    let test = TestDatabase::empty().await;
    let before = sqlx::migrate!()
        .iter()
        .filter(|it| it.version < 20_261_126_000_000);
    let mut migrator = Migrator::with_migrations(before.cloned().collect());
    let mut connection = test.connect().await;
    migrator
        .set_locking(false)
        .run(&mut connection)
        .await
        .unwrap();
    test.execute(
        "INSERT INTO organizations VALUES (gen_random_uuid(), 'Acme', 1);
         INSERT INTO environments
             SELECT gen_random_uuid(), id, 'Development', 1 FROM organizations;
         INSERT INTO integrations
             SELECT gen_random_uuid(), id, 'slack', 'slack', 'Slack', TRUE, '', 1, 1, 1
             FROM environments",
    )
    .await;
    test
}

/// Inserts a connection as the version before did, which knows nothing of upkeep.
async fn insert_unwatched(test: &TestDatabase, workspace: &str) {
    test.execute(&format!(
        "INSERT INTO connections
             (id, environment_id, identifier, integration_id, subscriber_id, context_keys,
              owner_hash, workspace_id, workspace_name, bot_user_id, generation, created_at,
              updated_at)
         SELECT gen_random_uuid(), environment_id, '{workspace}', id, NULL, ARRAY[]::text[],
             sha256('{workspace}'), '{workspace}', NULL, NULL, 3, 1000000, 2000000
         FROM integrations"
    ))
    .await;
}

#[tokio::test]
async fn connections_of_older_tables_are_asked_about_soon() {
    let test = unwatched().await;
    insert_unwatched(&test, "T1").await;
    let database = test.open().await;
    database.migrate().await.unwrap();
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

#[tokio::test]
async fn what_older_nodes_insert_is_due_at_once() {
    let test = unwatched().await;
    let database = test.open().await;
    database.migrate().await.unwrap();
    let before = database.examine().await.unwrap().now;
    insert_unwatched(&test, "T1").await;
    let after = database.examine().await.unwrap().now;
    let due = database.stores().upkeep.list_due(after, &[], 9).await;
    let [connection] = due.unwrap().try_into().unwrap();
    let since = connection.health.since;
    assert!((before..=after).contains(&since), "{since}");
    assert_eq!(connection.health, Health::unproved(since));
    assert_eq!(connection.upkeep.due_at, Some(since));
    // What they replace changes none of what they do not know.
    test.execute("UPDATE connections SET generation = generation + 1")
        .await;
    let lease = database
        .stores()
        .upkeep
        .lease(&connection, after, after)
        .await;
    assert_eq!(lease.unwrap(), None);
}

#[tokio::test]
async fn a_url_of_another_form_is_refused() {
    for url in [
        "",
        "tieline.db",
        "postgres:",
        "sqlite://path",
        "postgres://host:port/database",
    ] {
        let error = PgDatabase::open(url).await.unwrap_err();
        assert!(
            matches!(error, OpenDatabaseError::InvalidUrl),
            "{url}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_named_without_the_password() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let url = format!("postgres://user:hush@127.0.0.1:{port}/somewhere");
    let error = PgDatabase::open(&url).await.unwrap_err();
    let told = format!("{error} {error:?}");
    assert!(
        told.contains(&format!("127.0.0.1:{port}/somewhere")),
        "{told}"
    );
    assert!(!told.contains("hush"), "{told}");
}

#[tokio::test]
async fn a_database_of_another_encoding_is_refused() {
    let test = TestDatabase::empty().await;
    let name = format!("{}_latin1", test.name());
    let sql = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
    test.execute(&sql).await;
    let url = format!("{}&dbname={name}", test.url());
    let opened = PgDatabase::open(&url).await;
    test.execute(&format!("DROP DATABASE {name} WITH (FORCE)"))
        .await;
    let error = opened.unwrap_err();
    assert!(error.to_string().contains("LATIN1"), "{error}");
}

#[tokio::test]
async fn a_pool_that_is_used_up_is_unavailable_for_the_moment() {
    let test = TestDatabase::migrated().await;
    let settings = PgSettings {
        connections: 1,
        acquire_timeout: Duration::from_millis(500),
        ..PgSettings::default()
    };
    let database = PgDatabase::open_with(&test.url(), settings).await.unwrap();
    let (environments, transactions) = (database.stores().environments, database.transactions());
    let transaction = transactions.begin().await;
    assert!(is_unavailable(&environments.list().await));
    drop(transaction.unwrap());
    environments.list().await.unwrap();
}

/// Settings under which a statement has little time.
pub(crate) fn hurried(settings: PgSettings) -> PgSettings {
    PgSettings {
        statement_timeout: Some(Duration::from_millis(300)),
        ..settings
    }
}

/// A statement that somebody else's lock holds up is given up, whether it reads or writes, alone
/// or in a transaction; and the connection works on.
pub(crate) async fn assert_gives_up(test: &TestDatabase, database: &PgDatabase) {
    let (environments, transactions) = (database.stores().environments, database.transactions());
    let mut other = test.connect().await;
    let lock = "BEGIN; LOCK TABLE organizations, environments IN ACCESS EXCLUSIVE MODE";
    other.execute(lock).await.unwrap();
    for _ in 0..3 {
        assert!(is_unavailable(&environments.list().await));
        let organization = fixtures::organization();
        let inserted = environments.insert_organization(&organization).await;
        assert!(is_unavailable(&inserted));
        let transaction = transactions.begin().await.unwrap();
        let environments = &transaction.stores().environments;
        let inserted = environments.insert_organization(&organization).await;
        assert!(is_unavailable(&inserted));
    }
    other.execute("ROLLBACK").await.unwrap();
    assert_eq!(environments.list_organizations().await.unwrap(), []);
}

#[tokio::test]
async fn a_statement_that_hangs_is_unavailable() {
    let test = TestDatabase::migrated().await;
    let settings = PgSettings {
        connections: 1,
        ..hurried(PgSettings::default())
    };
    let database = PgDatabase::open_with(&test.url(), settings).await.unwrap();
    assert_gives_up(&test, &database).await;
}

/// Inserts something where the server refuses whatever it would compile before it runs it.
pub(crate) async fn assert_is_not_compiled(test: &TestDatabase, database: &PgDatabase) {
    test.execute(
        "CREATE FUNCTION refuse_jit() RETURNS TRIGGER LANGUAGE plpgsql AS $$
         BEGIN
             ASSERT current_setting('jit') = 'off';
             RETURN NEW;
         END
         $$;
         CREATE TRIGGER refuse_jit BEFORE INSERT ON organizations
             FOR EACH ROW EXECUTE FUNCTION refuse_jit()",
    )
    .await;
    let (environments, transactions) = (database.stores().environments, database.transactions());
    let organization = fixtures::organization();
    let inserted = environments.insert_organization(&organization).await;
    inserted.unwrap();
    let transaction = transactions.begin().await.unwrap();
    let environments = &transaction.stores().environments;
    let organization = fixtures::organization();
    let inserted = environments.insert_organization(&organization).await;
    inserted.unwrap();
}

#[tokio::test]
async fn no_statement_is_compiled_before_it_runs() {
    let test = TestDatabase::migrated().await;
    let database = test.open().await;
    assert_is_not_compiled(&test, &database).await;
}

/// A migration may take long, and so may waiting for the node that is at it.
#[tokio::test]
async fn a_migration_is_not_hurried() {
    let test = TestDatabase::empty().await;
    let settings = hurried(PgSettings::default());
    let database = PgDatabase::open_with(&test.url(), settings).await.unwrap();
    let mut other = test.connect().await;
    // The lock of a migration, which spells TIELINE.
    let lock = "BEGIN; SELECT pg_advisory_xact_lock(x'5449454c494e45'::bigint)";
    other.execute(lock).await.unwrap();
    let longer = "SELECT pg_sleep(0.6); COMMIT";
    let (released, migrated) = tokio::join!(other.execute(longer), database.migrate());
    released.unwrap();
    assert!(!migrated.unwrap().applied.is_empty());
}

#[tokio::test]
async fn a_closed_database_is_unavailable() {
    let test = TestDatabase::migrated().await;
    let database = test.open().await;
    let environments = database.stores().environments;
    database.close().await;
    assert!(is_unavailable(&environments.list().await));
    assert!(is_unavailable(&database.is_ready().await));
}

/// Two who hold what the other needs: Postgres looks for that once, a while after one has begun to
/// wait, and ends the one for whom it found it. Here that is the deletion: it begins to wait before
/// the other does, and is looked after when both do.
#[tokio::test]
async fn who_loses_a_deadlock_tries_again() {
    let test = TestDatabase::migrated().await;
    let url = format!("{}&options=-c%20deadlock_timeout%3D2s", test.url());
    let database = PgDatabase::open(&url).await.unwrap();
    let stores = database.stores();
    let tenant = TestStores {
        stores: stores.clone(),
        transactions: Arc::new(database.transactions()),
    }
    .tenant()
    .await;
    let connection = fixtures::connection(&tenant.slack, fixtures::subscriber_owner("ada"));
    stores.connections.insert(&connection).await.unwrap();

    let mut other = test.connect().await;
    other
        .execute("SET deadlock_timeout = '30s'; BEGIN; SELECT 1 FROM connections FOR UPDATE")
        .await
        .unwrap();
    let deleting = tokio::spawn(async move {
        let (environment, ada) = (tenant.environment.id, &tenant.ada.subscriber_id);
        stores.subscribers.delete(environment, ada).await
    });
    // The deletion holds the subscriber, and waits for the connection that goes with it.
    let waiting = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = $1
                   AND wait_event_type = 'Lock')";
    let mut watching = test.connect().await;
    loop {
        let waits = sqlx::query_scalar(waiting).bind(test.name());
        if waits.fetch_one(&mut watching).await.unwrap() {
            break;
        }
    }
    other
        .execute("SELECT 1 FROM subscribers WHERE subscriber_id = 'ada' FOR UPDATE; COMMIT")
        .await
        .unwrap();
    assert!(deleting.await.unwrap().unwrap());
}

#[tokio::test]
async fn a_transaction_whose_beginning_is_given_up_holds_no_later_write() {
    let test = TestDatabase::migrated().await;
    let settings = PgSettings {
        connections: 1,
        ..PgSettings::default()
    };
    let database = PgDatabase::open_with(&test.url(), settings).await.unwrap();
    let (environments, transactions) = (database.stores().environments, database.transactions());
    let mut watching = test.connect().await;
    // Otherwise it would be the connecting that is given up.
    environments.list().await.unwrap();
    for polls in 1..10 {
        let mut beginning = Box::pin(transactions.begin());
        let mut left = polls;
        poll_fn(|context| {
            left -= 1;
            match beginning.as_mut().poll(context) {
                Poll::Pending if left > 0 => Poll::Pending,
                _ => Poll::Ready(()),
            }
        })
        .await;
        drop(beginning);
        let organization = fixtures::organization();
        environments
            .insert_organization(&organization)
            .await
            .unwrap();
        let seen = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM organizations WHERE id = $1)")
            .bind(organization.id.0);
        let seen: bool = seen.fetch_one(&mut watching).await.unwrap();
        assert!(seen, "after {polls} polls");
    }
}

/// Ends the connections of a database that meet a condition, and waits until they are gone.
async fn end_connections(test: &TestDatabase, condition: &str) {
    let mut connection = test.connect().await;
    let end = format!(
        "SELECT count(*) FROM (
             SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE application_name = $1 AND pid <> pg_backend_pid() AND {condition}
         ) AS ended"
    );
    loop {
        let ended = sqlx::query_scalar(AssertSqlSafe(end.as_str())).bind(test.name());
        let ended: i64 = ended.fetch_one(&mut connection).await.unwrap();
        if ended == 0 {
            break;
        }
    }
}

#[tokio::test]
async fn a_connection_that_is_put_back_right_after_a_break_is_asked_first() {
    let test = TestDatabase::migrated().await;
    let settings = PgSettings {
        connections: 2,
        ..PgSettings::default()
    };
    let database = PgDatabase::open_with(&test.url(), settings).await.unwrap();
    let (environments, transactions) = (database.stores().environments, database.transactions());
    let first = transactions.begin().await.unwrap();
    environments.list().await.unwrap();
    end_connections(&test, "state = 'idle'").await;
    // Whether this fails depends on how long the connection was idle; the break is noticed.
    let _ = environments.list().await;
    // The other place in the pool.
    let second = transactions.begin().await.unwrap();
    first.commit().await.unwrap();
    end_connections(&test, "state = 'idle'").await;
    environments.list().await.unwrap();
    second.commit().await.unwrap();
}
