//! What can be told of the server and the tables without touching them.

use jiff::{SignedDuration, Timestamp};

use crate::support::TestDatabase;

#[tokio::test]
async fn how_the_tables_stand_is_told_without_touching_them() {
    let test = TestDatabase::empty().await;
    let database = test.open().await;
    let before = database.migration_state().await.unwrap();
    assert_eq!((before.applied, before.is_contracted), (None, false));
    assert_eq!(
        database.migrate().await.unwrap().applied,
        before.pending,
        "what is pending is what a run applies"
    );
    let after = database.migration_state().await.unwrap();
    assert_eq!(after.applied, before.pending.last().map(|it| it.version));
    assert!(after.pending.is_empty() && !after.is_contracted);
    test.execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (99990101000000, 'contract something', TRUE, '', 0)",
    )
    .await;
    assert!(database.migration_state().await.unwrap().is_contracted);
}

#[tokio::test]
async fn the_server_tells_its_version_its_room_and_its_time() {
    let test = TestDatabase::empty().await;
    let told = test.open().await.examine().await.unwrap();
    assert!(
        told.version
            .starts_with(|first: char| first.is_ascii_digit())
    );
    assert!(told.max_connections > 1);
    let now: i64 = sqlx::query_scalar("SELECT extract(epoch FROM clock_timestamp())::bigint")
        .fetch_one(&mut test.connect().await)
        .await
        .unwrap();
    let later = Timestamp::from_second(now)
        .unwrap()
        .duration_since(told.now);
    assert!(later.abs() < SignedDuration::from_mins(1), "{later:?}");
}
