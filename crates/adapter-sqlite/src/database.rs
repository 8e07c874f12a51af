//! The database file: opening it, and the two pools on it.

use std::{path::Path, time::Duration};

use sqlx::{
    Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tieline_domain::ports::StoreError;

use crate::{
    SqliteApiKeyStore, SqliteAttemptStore, SqliteConnectionStore, SqliteContextStore,
    SqliteEndpointStore, SqliteEnvironmentStore, SqliteIdempotencyStore, SqliteIntegrationStore,
    SqliteKeyCheckStore, SqliteSubscriberStore, error::unavailable,
};

mod file;
mod migration;

use file::DatabaseFile;
pub use file::OpenDatabaseError;
pub use migration::{AppliedMigration, MigrateDatabaseError, MigrationReport};

/// How a database is opened.
#[derive(Clone, Copy, Debug)]
pub struct SqliteSettings {
    /// How many connections read at a time.
    pub readers: u32,
    /// How long to wait for another process that writes.
    pub busy_timeout: Duration,
    /// How long to wait for a connection of ours.
    pub acquire_timeout: Duration,
}

impl Default for SqliteSettings {
    fn default() -> Self {
        Self {
            readers: 4,
            busy_timeout: Duration::from_secs(5),
            acquire_timeout: Duration::from_secs(2),
        }
    }
}

/// A SQLite database, ready to hand out stores.
#[derive(Clone, Debug)]
pub struct SqliteDatabase {
    file: DatabaseFile,
    pools: Pools,
}

/// Many connections that read and a single one that writes: SQLite has one writer at a time
/// anyway, and waiting for a connection is fairer and cheaper than polling for a lock.
#[derive(Clone, Debug)]
pub(crate) struct Pools {
    pub(crate) read: SqlitePool,
    pub(crate) write: SqlitePool,
}

impl SqliteDatabase {
    /// Opens the database at a URL of the form `sqlite://path`. A file that is not there is made,
    /// with its folder, for the eyes of its owner only. A file that is not Tieline's is refused.
    pub async fn open(url: &str) -> Result<Self, OpenDatabaseError> {
        Self::open_with(url, SqliteSettings::default()).await
    }

    /// Like [`Self::open`], with settings of one's own.
    pub async fn open_with(url: &str, settings: SqliteSettings) -> Result<Self, OpenDatabaseError> {
        let file = DatabaseFile::prepare(url)?;
        let (reader, writer) = (
            reader(file.path(), &settings),
            writer(file.path(), &settings),
        );
        file.check_owner(&reader).await?;
        let write = open_pool(&settings, 1, writer).await;
        let write = write.map_err(|error| file.open_error(error))?;
        let read = open_pool(&settings, settings.readers, reader).await;
        let read = read.map_err(|error| file.open_error(error))?;
        Ok(Self {
            file,
            pools: Pools { read, write },
        })
    }

    /// Brings the tables up to date. Harmless when they are; all or nothing when they are not.
    pub async fn migrate(&self) -> Result<MigrationReport, MigrateDatabaseError> {
        migration::migrate(&self.pools.write).await
    }

    /// Whether the database answers, is still the file at its path, and has the tables that this
    /// program needs.
    pub async fn is_ready(&self) -> Result<(), StoreError> {
        self.file.check_place()?;
        migration::check_newest(&self.pools.read).await
    }

    /// Ends all connections, after what they are doing.
    pub async fn close(&self) {
        self.pools.read.close().await;
        self.pools.write.close().await;
    }
}

macro_rules! stores {
    ($($(#[$doc:meta])* $accessor:ident: $store:ident,)*) => {
        impl SqliteDatabase {$(
            $(#[$doc])*
            #[must_use]
            pub fn $accessor(&self) -> $store {
                $store { pools: self.pools.clone() }
            }
        )*}
    };
}

stores! {
    /// The store of organizations and environments.
    environments: SqliteEnvironmentStore,
    /// The store of API keys.
    api_keys: SqliteApiKeyStore,
    /// The store of integrations.
    integrations: SqliteIntegrationStore,
    /// The store of subscribers.
    subscribers: SqliteSubscriberStore,
    /// The store of contexts.
    contexts: SqliteContextStore,
    /// The store of connect attempts.
    attempts: SqliteAttemptStore,
    /// The store of connections.
    connections: SqliteConnectionStore,
    /// The store of endpoints.
    endpoints: SqliteEndpointStore,
    /// The store of answers under idempotency keys.
    idempotency: SqliteIdempotencyStore,
    /// The store of the key check.
    key_checks: SqliteKeyCheckStore,
}

impl Pools {
    /// Begins a transaction that sees one state of the database throughout.
    pub(crate) async fn begin_read(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.read.begin().await.map_err(unavailable)
    }

    /// Begins a transaction that holds the write lock from its beginning: one that asks for it
    /// only later can be refused in the middle, whatever the busy timeout.
    pub(crate) async fn begin_write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.write
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(unavailable)
    }
}

async fn open_pool(
    settings: &SqliteSettings,
    connections: u32,
    options: SqliteConnectOptions,
) -> Result<SqlitePool, sqlx::Error> {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(connections)
        .acquire_timeout(settings.acquire_timeout)
        // A file does not hang up: connections neither age nor need to be asked whether they live.
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_with(options)
        .await
}

fn writer(path: &Path, settings: &SqliteSettings) -> SqliteConnectOptions {
    options(path, settings)
        .journal_mode(SqliteJournalMode::Wal)
        // What was answered survives a power cut.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // What is deleted leaves no old secrets. Seldom a page that was split keeps some in its gap
        // until that is written over or the file is vacuumed.
        .pragma("secure_delete", "ON")
}

fn reader(path: &Path, settings: &SqliteSettings) -> SqliteConnectOptions {
    options(path, settings).pragma("query_only", "ON")
}

fn options(path: &Path, settings: &SqliteSettings) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(settings.busy_timeout)
}

#[cfg(test)]
mod tests;
