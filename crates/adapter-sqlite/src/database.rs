//! The database file: opening it, and the two pools on it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tieline_domain::ports::{StoreError, Stores};

mod access;
mod file;
mod migration;
mod transaction;

pub(crate) use access::Access;
use access::Pools;
use file::DatabaseFile;
pub use file::OpenDatabaseError;
pub use migration::{AppliedMigration, MigrateDatabaseError, MigrationReport, MigrationState};
pub use transaction::SqliteTransactions;

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

    /// How the tables stand to those that this program needs. Changes nothing.
    pub async fn migration_state(&self) -> Result<MigrationState, StoreError> {
        migration::state(&self.pools.read).await
    }

    /// The file that a URL names, whether it is there or not. Makes nothing.
    pub fn path(url: &str) -> Result<PathBuf, OpenDatabaseError> {
        file::path_of(url).ok_or(OpenDatabaseError::InvalidUrl)
    }

    /// Whether the database answers, is still the file at its path, and has the tables that this
    /// program needs.
    pub async fn is_ready(&self) -> Result<(), StoreError> {
        self.file.check_place()?;
        migration::check_newest(&self.pools.read).await
    }

    /// The stores on this database.
    #[must_use]
    pub fn stores(&self) -> Stores {
        Access::Pools(self.pools.clone()).stores()
    }

    /// Transactions on this database.
    #[must_use]
    pub fn transactions(&self) -> SqliteTransactions {
        SqliteTransactions {
            pools: self.pools.clone(),
        }
    }

    /// Ends all connections, after what they are doing.
    pub async fn close(&self) {
        self.pools.read.close().await;
        self.pools.write.close().await;
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
