//! The database: opening it, and the pool of connections to it.

use std::{str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    AssertSqlSafe, Connection, Executor, PgConnection, Row,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tieline_domain::ports::{StoreError, Stores};

mod access;
mod examination;
mod last_break;
mod migration;
mod session;
mod transaction;

pub(crate) use access::Access;
pub(crate) use access::Server;
pub use examination::PgExamination;
use last_break::LastBreak;
pub use migration::{AppliedMigration, MigrateDatabaseError, MigrationReport, MigrationState};
pub(crate) use session::Session;
pub use transaction::PgTransactions;

/// How a database is opened.
#[derive(Clone, Copy, Debug)]
pub struct PgSettings {
    /// How many connections there are at the most.
    pub connections: u32,
    /// How long to wait for a connection.
    pub acquire_timeout: Duration,
    /// How long the server may work on a statement, waiting for locks included; then it gives it
    /// up, and the call ends as unavailable. As long as the server itself allows where there is
    /// none. Migrations take the time that they need.
    pub statement_timeout: Option<Duration>,
    /// Whether a pooler stands between, which may give each transaction to another server process
    /// (`PgBouncer` calls that transaction mode). Then everything is a transaction and no statement
    /// is prepared for later: slower, and right whatever the pooler knows of prepared statements.
    pub pooler: bool,
}

impl PgSettings {
    /// What is taken where nobody says otherwise.
    pub const DEFAULT: Self = Self {
        connections: 10,
        acquire_timeout: Duration::from_secs(2),
        statement_timeout: Some(Duration::from_secs(5)),
        pooler: false,
    };
}

impl Default for PgSettings {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Why a database was not opened. The URL is not repeated: it may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenDatabaseError {
    /// The URL has another form.
    #[error("the database URL must have the form postgres://user:password@host:port/database")]
    InvalidUrl,
    /// The server does not answer, or does not let us in.
    #[error("the Postgres server at {place} cannot be used: {problem}")]
    Unreachable {
        /// Host, port and database.
        place: String,
        /// Why not.
        problem: String,
    },
    /// The database cannot hold every text.
    #[error("the database is encoded in {encoding}; Tieline needs one in UTF8")]
    Encoding {
        /// Its encoding.
        encoding: String,
    },
}

/// How long the first connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// A Postgres database, ready to hand out stores.
#[derive(Clone, Debug)]
pub struct PgDatabase {
    server: Server,
}

impl PgDatabase {
    /// Opens the database at a URL of the form `postgres://user:password@host:port/database`, with
    /// parameters such as `sslmode=verify-full` behind it.
    pub async fn open(url: &str) -> Result<Self, OpenDatabaseError> {
        Self::open_with(url, PgSettings::default()).await
    }

    /// Like [`Self::open`], with settings of one's own.
    pub async fn open_with(url: &str, settings: PgSettings) -> Result<Self, OpenDatabaseError> {
        let options = options(url)?;
        // The pool would try again and again, and in the end say nothing but that it did.
        check(&options).await?;
        let (pooler, statement_timeout) = (settings.pooler, settings.statement_timeout);
        // What a pooler's client sets for the session stays with somebody else's: there, every
        // transaction sets its own.
        let of_session = (!pooler).then(|| access::settings("SET", statement_timeout));
        let last_break = Arc::new(LastBreak::default());
        let breaks = Arc::clone(&last_break);
        let pool = PgPoolOptions::new()
            .max_connections(settings.connections)
            .acquire_timeout(settings.acquire_timeout)
            // Asking before every use whether a connection lives would double the way to the
            // server; one that was in use a moment ago does.
            .test_before_acquire(false)
            .before_acquire(move |connection, idle| {
                let breaks = Arc::clone(&breaks);
                Box::pin(async move { breaks.check_alive(connection, idle.idle_for).await })
            })
            .after_connect(move |connection, _| {
                let settings = of_session.clone();
                Box::pin(async move { set(connection, settings).await })
            })
            .connect_lazy_with(options);
        Ok(Self {
            server: Server {
                pool,
                pooler,
                statement_timeout,
                last_break,
            },
        })
    }

    /// Brings the tables up to date. Harmless when they are; all or nothing when they are not. Of
    /// many nodes that do it at once, one does, and the others wait for it.
    pub async fn migrate(&self) -> Result<MigrationReport, MigrateDatabaseError> {
        migration::migrate(&self.server).await
    }

    /// How the tables stand to those that this program needs. Changes nothing.
    pub async fn migration_state(&self) -> Result<MigrationState, StoreError> {
        migration::state(&self.server).await
    }

    /// What the server tells of itself.
    pub async fn examine(&self) -> Result<PgExamination, StoreError> {
        examination::examine(&self.server).await
    }

    /// Whether the database answers, can be written to, and has the tables that this program
    /// needs.
    pub async fn is_ready(&self) -> Result<(), StoreError> {
        migration::check_newest(&self.server).await
    }

    /// The stores on this database.
    #[must_use]
    pub fn stores(&self) -> Stores {
        Access::Server(self.server.clone()).stores()
    }

    /// Transactions on this database.
    #[must_use]
    pub fn transactions(&self) -> PgTransactions {
        PgTransactions {
            server: self.server.clone(),
        }
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// Ends all connections, after what they are doing.
    pub async fn close(&self) {
        self.server.pool.close().await;
    }
}

fn options(url: &str) -> Result<PgConnectOptions, OpenDatabaseError> {
    let is_ours = ["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| url.starts_with(scheme));
    let options = is_ours.then(|| PgConnectOptions::from_str(url).ok());
    let options = options.flatten().ok_or(OpenDatabaseError::InvalidUrl)?;
    // A pooler knows few parameters of a session, and refuses this one.
    let options = options.extra_float_digits(None);
    Ok(match options.get_application_name() {
        Some(_) => options,
        None => options.application_name("tieline"),
    })
}

/// Sets what holds for a session. Said in a statement, not at the start of the session: of its
/// parameters some servers, and all poolers, take only those that they know.
async fn set(connection: &mut PgConnection, settings: Option<String>) -> Result<(), sqlx::Error> {
    if let Some(settings) = settings {
        connection.execute(AssertSqlSafe(settings)).await?;
    }
    Ok(())
}

/// Checks that the server lets us in, and that its database can hold every text.
async fn check(options: &PgConnectOptions) -> Result<(), OpenDatabaseError> {
    let asked = tokio::time::timeout(CONNECT_LIMIT, encoding(options)).await;
    let problem = match asked {
        Ok(Ok(encoding)) if encoding == "UTF8" => return Ok(()),
        Ok(Ok(encoding)) => return Err(OpenDatabaseError::Encoding { encoding }),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer in {} seconds", CONNECT_LIMIT.as_secs()),
    };
    let place = place(options);
    Err(OpenDatabaseError::Unreachable { place, problem })
}

async fn encoding(options: &PgConnectOptions) -> Result<String, sqlx::Error> {
    let mut connection = PgConnection::connect_with(options).await?;
    let row = sqlx::raw_sql("SHOW server_encoding")
        .fetch_one(&mut connection)
        .await?;
    connection.close().await?;
    row.try_get(0)
}

fn place(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or(options.get_username());
    let (host, port) = (options.get_host(), options.get_port());
    match options.get_socket() {
        Some(socket) => format!("{}/{database}", socket.display()),
        None => format!("{host}:{port}/{database}"),
    }
}
