//! The database of the settings, whichever it is.

use std::sync::Arc;

use anyhow::{Context, bail};
use async_trait::async_trait;
use secrecy::ExposeSecret;
use tieline_adapter_http::Readiness;
use tieline_adapter_postgres::{PgChangeFeed, PgDatabase, PgSettings};
use tieline_adapter_sqlite::SqliteDatabase;
use tieline_domain::ports::{ChangeFeed, ChangeListener, StoreError, Stores, Transactions};

use crate::{config::Settings, system::TokioTimer};

/// An open database.
#[derive(Clone)]
pub(crate) enum Database {
    Sqlite(SqliteDatabase),
    Postgres(PgDatabase),
}

/// A migration that ran: its version, and what it is in words.
pub(crate) type Migration = (i64, String);

impl Database {
    /// Opens the database that the URL of the settings names.
    pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        let url = settings.database_url();
        Self::at(url.expose_secret(), settings)
            .await
            .context("setting database_url")
    }

    /// Opens it if it is there: a SQLite file that is not is not made.
    pub(crate) async fn open_existing(settings: &Settings) -> anyhow::Result<Self> {
        let url = settings.database_url();
        let url = url.expose_secret();
        let is_absent = !is_postgres(url) && !SqliteDatabase::path(url)?.exists();
        if is_absent {
            bail!("setting database_url: there is no such file");
        }
        Self::open(settings).await
    }

    /// Opens the database at a URL. No error repeats the URL, which may hold a password whatever
    /// its form.
    pub(crate) async fn at(url: &str, settings: &Settings) -> anyhow::Result<Self> {
        if !is_postgres(url) {
            return Ok(Self::Sqlite(SqliteDatabase::open(url).await?));
        }
        let own = PgSettings {
            connections: settings.database_connections.max(1),
            pooler: settings.database_pooler,
            statement_timeout: settings.database_statement_timeout(),
            ..PgSettings::DEFAULT
        };
        Ok(Self::Postgres(PgDatabase::open_with(url, own).await?))
    }

    /// Whether the tables are those that this program was built with.
    pub(crate) async fn is_current(&self) -> anyhow::Result<bool> {
        Ok(match self {
            Self::Sqlite(database) => {
                let state = database.migration_state().await?;
                state.pending.is_empty() && !state.is_newer
            }
            Self::Postgres(database) => {
                let state = database.migration_state().await?;
                state.pending.is_empty() && !state.is_contracted
            }
        })
    }

    /// Brings the tables up to date, and tells what was done.
    pub(crate) async fn migrate(&self) -> anyhow::Result<Vec<Migration>> {
        Ok(match self {
            Self::Sqlite(database) => {
                let applied = database.migrate().await?.applied.into_iter();
                applied.map(|it| (it.version, it.description)).collect()
            }
            Self::Postgres(database) => {
                let applied = database.migrate().await?.applied.into_iter();
                applied.map(|it| (it.version, it.description)).collect()
            }
        })
    }

    /// Brings the tables up to date where that is asked for, and always where the file is this
    /// program's alone. Elsewhere nodes of an older version may still be at work on them.
    pub(crate) async fn prepare(&self, settings: &Settings) -> anyhow::Result<()> {
        let Self::Postgres(database) = self else {
            return self.migrate().await.map(drop);
        };
        if settings.migrate {
            return self.migrate().await.map(drop);
        }
        let state = database.migration_state().await?;
        if state.is_contracted {
            bail!("a newer version of this program took away what this one needs of the tables");
        }
        if !state.pending.is_empty() {
            bail!(
                "the tables are not up to date: run `tieline migrate`, or `tieline serve --migrate`"
            );
        }
        Ok(())
    }

    pub(crate) fn stores(&self) -> Stores {
        match self {
            Self::Sqlite(database) => database.stores(),
            Self::Postgres(database) => database.stores(),
        }
    }

    pub(crate) fn transactions(&self) -> Arc<dyn Transactions> {
        match self {
            Self::Sqlite(database) => Arc::new(database.transactions()),
            Self::Postgres(database) => Arc::new(database.transactions()),
        }
    }

    /// How nodes on this database tell each other what changed. Processes on one SQLite file do
    /// not hear each other: what they remember grows old by itself.
    pub(crate) fn changes(&self, listener: Arc<dyn ChangeListener>) -> Arc<dyn ChangeFeed> {
        match self {
            Self::Sqlite(_) => Arc::new(()),
            Self::Postgres(database) => {
                let timer = Arc::new(TokioTimer);
                Arc::new(PgChangeFeed::start(database, listener, timer))
            }
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(database) => database.close().await,
            Self::Postgres(database) => database.close().await,
        }
    }
}

#[async_trait]
impl Readiness for Database {
    async fn check(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(database) => database.is_ready().await,
            Self::Postgres(database) => database.is_ready().await,
        }
    }
}

/// Whether a database's URL names a Postgres server.
pub(crate) fn is_postgres(url: &str) -> bool {
    ["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
}
