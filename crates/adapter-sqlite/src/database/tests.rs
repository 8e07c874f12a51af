use sqlx::Sqlite;

use super::*;

async fn pragma<T>(pool: &SqlitePool, name: &str) -> T
where
    T: Send + Unpin + sqlx::Type<Sqlite> + for<'r> sqlx::Decode<'r, Sqlite>,
{
    let sql = sqlx::AssertSqlSafe(format!("PRAGMA {name}"));
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

async fn database(folder: &tempfile::TempDir) -> SqliteDatabase {
    let url = format!("sqlite://{}/tieline.db", folder.path().display());
    SqliteDatabase::open(&url).await.unwrap()
}

#[tokio::test]
async fn the_writer_keeps_what_it_wrote_and_forgets_what_it_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let writer = database(&folder).await.pools.write;
    assert_eq!(pragma::<String>(&writer, "journal_mode").await, "wal");
    assert_eq!(pragma::<i64>(&writer, "synchronous").await, 2, "FULL");
    assert_eq!(pragma::<i64>(&writer, "secure_delete").await, 1);
    assert_eq!(pragma::<i64>(&writer, "foreign_keys").await, 1);
    assert_eq!(pragma::<i64>(&writer, "busy_timeout").await, 5000);
}

#[tokio::test]
async fn there_is_one_writer_at_a_time_with_the_lock_from_the_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let pools = database(&folder).await.pools;
    assert_eq!(pools.write.size(), 1);
    let tx = pools.begin().await.unwrap();
    let another = database(&folder).await.pools;
    sqlx::query("PRAGMA busy_timeout = 0")
        .execute(&another.write)
        .await
        .unwrap();
    assert!(another.begin().await.is_err());
    tx.rollback().await.unwrap();
    another.begin().await.unwrap();
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let reader = database(&folder).await.pools.read;
    let written = sqlx::query("CREATE TABLE oops (id INTEGER)")
        .execute(&reader)
        .await;
    assert!(written.unwrap_err().to_string().contains("readonly"));
}
