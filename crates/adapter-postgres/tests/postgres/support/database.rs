//! A database of its own for each test: a schema on the server that the surroundings name, which is
//! made and dropped much quicker than a database is.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use tieline_adapter_postgres::PgDatabase;

/// A database, gone when this is dropped.
pub(crate) struct TestDatabase {
    schema: String,
}

impl TestDatabase {
    /// An empty one.
    pub(crate) async fn empty() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let schema = format!("tieline_test_{}_{number}", std::process::id());
        let sql = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}");
        execute(&server_url(), &sql).await;
        Self { schema }
    }

    /// One with the tables of this program in it.
    pub(crate) async fn migrated() -> Self {
        let test = Self::empty().await;
        let database = test.open().await;
        database.migrate().await.unwrap();
        database.close().await;
        test
    }

    /// Its name, by which the server knows its connections, too.
    pub(crate) fn name(&self) -> &str {
        &self.schema
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        let (server, schema) = (server_url(), &self.schema);
        let begin = if server.contains('?') { '&' } else { '?' };
        format!("{server}{begin}application_name={schema}&options=-c%20search_path%3D{schema}")
    }

    /// Where it is for whoever goes by another address, `host:port`.
    pub(crate) fn url_at(&self, address: &str) -> String {
        let url = self.url();
        let (before, rest) = url.split_once("://").unwrap();
        let (place, rest) = rest.split_once('/').unwrap();
        let account = place
            .rsplit_once('@')
            .map_or("postgres", |(account, _)| account);
        format!("{before}://{account}@{address}/{rest}")
    }

    /// Opens it.
    pub(crate) async fn open(&self) -> PgDatabase {
        PgDatabase::open(&self.url()).await.unwrap()
    }

    /// A connection to it, for what is done behind the program's back.
    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url()).await.unwrap()
    }

    /// Does something in it behind the program's back.
    pub(crate) async fn execute(&self, sql: &str) {
        execute(&self.url(), sql).await;
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let schema = &self.schema;
        // What the test has left open would be waited for.
        let sql = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE application_name = '{schema}';
             DROP SCHEMA {schema} CASCADE"
        );
        // The runtime of the test may be one thread, and that is busy with ending the test.
        let dropping = std::thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().unwrap();
            runtime.block_on(execute(&server_url(), &sql));
        });
        dropping.join().unwrap();
    }
}

/// The server for tests.
#[expect(
    clippy::disallowed_methods,
    reason = "tests have no configuration but their surroundings"
)]
fn server_url() -> String {
    std::env::var("TIELINE_TEST_POSTGRES_URL").expect(
        "TIELINE_TEST_POSTGRES_URL names no server: `cargo xtask test` starts one and sets it \
         (`cargo xtask test -- --package tieline-adapter-postgres` for these tests alone)",
    )
}

/// Host and port of the server.
pub(crate) fn server_address() -> (String, u16) {
    let options: PgConnectOptions = server_url().parse().unwrap();
    (options.get_host().to_owned(), options.get_port())
}

async fn execute(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    connection.execute(AssertSqlSafe(sql)).await.unwrap();
    connection.close().await.unwrap();
}
