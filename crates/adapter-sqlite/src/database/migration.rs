//! Migrations: embedded, forward only.

use sqlx::{SqlitePool, migrate::Migrator};
use tieline_domain::ports::StoreError;

use crate::error::unavailable;

static MIGRATOR: Migrator = sqlx::migrate!();

/// Which migrations a run applied; none when the tables were up to date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationReport {
    /// Those that ran, oldest first.
    pub applied: Vec<AppliedMigration>,
}

/// A migration that ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedMigration {
    /// The number its file's name begins with.
    pub version: i64,
    /// The rest of the name, in words.
    pub description: String,
}

/// How the tables stand to the migrations that this program was built with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationState {
    /// The newest that was applied.
    pub applied: Option<i64>,
    /// Those that a run would apply, oldest first.
    pub pending: Vec<AppliedMigration>,
    /// Whether a newer version of this program has been here.
    pub is_newer: bool,
}

/// Why nothing was migrated.
#[derive(Debug, thiserror::Error)]
#[error("the database cannot be migrated: {problem}")]
pub struct MigrateDatabaseError {
    problem: String,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// Runs in one transaction, which keeps out other processes that migrate, too.
pub(super) async fn migrate(pool: &SqlitePool) -> Result<MigrationReport, MigrateDatabaseError> {
    let mut tx = pool
        .begin_with("BEGIN IMMEDIATE")
        .await
        .map_err(MigrateDatabaseError::from)?;
    let before = newest_applied(&mut tx).await?.unwrap_or_default();
    MIGRATOR.run_direct(None, &mut *tx, false).await?;
    tx.commit().await?;
    Ok(MigrationReport {
        applied: after(before),
    })
}

/// Checks that the tables are those that this program was built with.
pub(super) async fn check_newest(pool: &SqlitePool) -> Result<(), StoreError> {
    let mut connection = pool.acquire().await.map_err(unavailable)?;
    let found = newest_applied(&mut connection)
        .await
        .map_err(unavailable)?
        .unwrap_or_default();
    let needed = MIGRATOR
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or_default();
    if found == needed {
        return Ok(());
    }
    let problem = format!("the tables are at version {found}, this program needs {needed}");
    Err(StoreError::Unavailable(problem.into()))
}

/// Looks how the tables stand, and changes nothing.
pub(super) async fn state(pool: &SqlitePool) -> Result<MigrationState, StoreError> {
    let mut connection = pool.acquire().await.map_err(unavailable)?;
    let applied = newest_applied(&mut connection).await.map_err(unavailable)?;
    let known = MIGRATOR.iter().map(|migration| migration.version).max();
    Ok(MigrationState {
        applied,
        pending: after(applied.unwrap_or_default()),
        is_newer: applied > known,
    })
}

async fn newest_applied(
    connection: &mut sqlx::SqliteConnection,
) -> Result<Option<i64>, sqlx::Error> {
    let exists: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations')",
    )
    .fetch_one(&mut *connection)
    .await?;
    if !exists {
        return Ok(None);
    }
    sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
        .fetch_one(connection)
        .await
}

fn after(version: i64) -> Vec<AppliedMigration> {
    MIGRATOR
        .iter()
        .filter(|migration| migration.version > version)
        .map(|migration| AppliedMigration {
            version: migration.version,
            description: migration.description.to_string(),
        })
        .collect()
}

impl From<sqlx::Error> for MigrateDatabaseError {
    fn from(error: sqlx::Error) -> Self {
        Self {
            problem: error.to_string(),
            source: Box::new(error),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for MigrateDatabaseError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        use sqlx::migrate::MigrateError;
        let problem = match &error {
            MigrateError::VersionMissing(version) => {
                format!("migration {version} was made by a newer version of this program")
            }
            MigrateError::VersionMismatch(version) => {
                format!("migration {version} was altered after it had run")
            }
            other => other.to_string(),
        };
        Self {
            problem,
            source: Box::new(error),
        }
    }
}
