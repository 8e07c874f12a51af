//! Which way the server goes to what is asked for.

use sqlx::{Connection, Row};
use tieline_domain::{
    id::EnvironmentId,
    page::{From, Order, PageRequest},
    ports::ContextFilter,
};
use uuid::Uuid;

use crate::support::TestDatabase;

/// 20,000 contexts of one environment, of which 11 have `-1999` in their id.
async fn with_contexts() -> TestDatabase {
    let test = TestDatabase::migrated().await;
    test.execute(&format!(
        "INSERT INTO organizations VALUES ('{id}', 'Acme', 1);
         INSERT INTO environments VALUES ('{id}', '{id}', 'Development', 1);
         INSERT INTO contexts
             (id, environment_id, kind, context_id, data, created_at, updated_at)
         SELECT gen_random_uuid(), '{id}', 'tenant', 'customer-' || number, '{{}}', number, number
         FROM generate_series(1, 20000) AS number",
        id = Uuid::nil()
    ))
    .await;
    test.execute("VACUUM ANALYZE contexts").await;
    test
}

/// How many contexts a search finds, and what was read for it: entries of the index of pieces, and
/// of the list.
async fn read_for(test: &TestDatabase, text: &str) -> (u64, i64, i64) {
    let database = test.open().await;
    let filter = ContextFilter {
        search: Some(text.to_owned()),
        ..ContextFilter::default()
    };
    let page = PageRequest {
        limit: 10,
        from: From::Start,
        order: Order::Descending,
        total: None,
    };
    let store = database.stores().contexts;
    let environment = EnvironmentId(Uuid::nil());
    let page = store.list(environment, &filter, &page).await.unwrap();
    assert_eq!(page.items.len(), 10);
    database.close().await;

    // What a process has read is told when it ends.
    let mut connection = test.connect().await;
    let others = "SELECT count(*) FROM pg_stat_activity
                  WHERE application_name = $1 AND pid <> pg_backend_pid()";
    loop {
        let others = sqlx::query_scalar(others).bind(test.name());
        let others: i64 = others.fetch_one(&mut connection).await.unwrap();
        if others == 0 {
            break;
        }
    }
    let read = "SELECT pieces.idx_tup_read, age.idx_tup_read + seq_tup_read
                FROM pg_stat_user_indexes AS pieces
                    JOIN pg_stat_user_indexes AS age USING (relid)
                    JOIN pg_stat_user_tables USING (relid)
                WHERE pieces.schemaname = current_schema()
                    AND pieces.indexrelname = 'contexts_by_pieces'
                    AND age.indexrelname = 'contexts_by_age'";
    let read = sqlx::query(read).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    (page.total, read.get(0), read.get(1))
}

#[tokio::test]
async fn a_text_that_few_contexts_have_is_found_by_its_pieces() {
    let test = with_contexts().await;
    let (_, pieces_before, list_before) = read_for(&test, "customer").await;
    let (total, pieces, list) = read_for(&test, "-1999").await;
    assert_eq!((total, list - list_before), (11, 0));
    assert!(pieces > pieces_before);
}

#[tokio::test]
async fn a_text_that_very_many_contexts_have_is_looked_for_along_the_list() {
    let test = with_contexts().await;
    let (total, pieces_before, list_before) = read_for(&test, "customer").await;
    assert_eq!(total, 20_000);
    test.execute(
        "UPDATE pg_class SET reltuples = 10000000
         WHERE oid = 'contexts'::regclass",
    )
    .await;
    let (total, pieces, list) = read_for(&test, "customer").await;
    assert_eq!((total, pieces - pieces_before), (20_000, 0));
    assert!(list > list_before);
}
