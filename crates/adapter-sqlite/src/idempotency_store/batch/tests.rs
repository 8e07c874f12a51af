//! No claim costs more for the records that there are: each is led to by its key, in each of the
//! few periods that there are.

use sqlx::{AssertSqlSafe, Connection, SqliteConnection, query_as};

use super::{INSERT, SELECT};

#[tokio::test]
async fn claims_are_led_to_the_records_of_their_keys() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    sqlx::migrate!()
        .run_direct(None, &mut connection, false)
        .await
        .unwrap();
    for sql in [INSERT, SELECT] {
        let sql = format!("EXPLAIN QUERY PLAN {sql}");
        let plan: Vec<(i64, i64, i64, String)> = query_as(AssertSqlSafe(sql))
            .fetch_all(&mut connection)
            .await
            .unwrap();
        let steps: Vec<_> = plan.iter().map(|(.., step)| step.as_str()).collect();
        for step in [
            "SEARCH k USING PRIMARY KEY (period=? AND key_start=?)",
            "SEARCH r USING INTEGER PRIMARY KEY (rowid=?)",
            "SEARCH k USING PRIMARY KEY (period>?)",
        ] {
            assert!(steps.contains(&step), "{step}: {steps:#?}");
        }
    }
}
