//! Migrations: embedded, forward only.

use std::collections::BTreeMap;

use sqlx::migrate::{Migration, Migrator};
use tieline_domain::ports::StoreError;

use super::{Session, access::Server};
use crate::error::unavailable;

static MIGRATOR: Migrator = sqlx::migrate!();

/// What the description of a migration begins with that takes away what the version before needs.
/// All others only add, so that nodes of the version before work on while those of the new one
/// come up.
const CONTRACT: &str = "contract ";

/// The lock of whoever migrates this database: "TIELINE" in ASCII.
const LOCK: i64 = 0x0054_4945_4c49_4e45;

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
    /// Whether a newer version of this program has been here, and took away what this one needs.
    /// One that only added something has its tables in common with this one.
    pub is_contracted: bool,
}

/// Why nothing was migrated.
#[derive(Debug, thiserror::Error)]
#[error("the database cannot be migrated: {problem}")]
pub struct MigrateDatabaseError {
    problem: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Runs in one transaction, which holds the lock: the lock of a session would be lost in a pooler,
/// and with it the statements that `sqlx` itself would migrate with.
pub(super) async fn migrate(server: &Server) -> Result<MigrationReport, MigrateDatabaseError> {
    let mut session = server.begin().await?;
    // Another node may be at it for a while, and then tables may be large.
    sqlx::raw_sql("SET LOCAL statement_timeout = 0")
        .execute(&mut session)
        .await?;
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", LOCK)
        .execute(&mut session)
        .await?;
    if !has_history(&mut session).await? {
        make_history(&mut session).await?;
    }
    let history = history(&mut session).await?;
    check(&history)?;
    let mut applied = Vec::new();
    for migration in MIGRATOR.iter() {
        if !history.contains_key(&migration.version) {
            apply(&mut session, migration).await?;
            applied.push(AppliedMigration {
                version: migration.version,
                description: migration.description.to_string(),
            });
        }
    }
    session.commit().await?;
    Ok(MigrationReport { applied })
}

/// Checks that the database can be written to, and that the tables are those that this program was
/// built with.
pub(super) async fn check_newest(server: &Server) -> Result<(), StoreError> {
    let mut session = server.session().await.map_err(unavailable)?;
    let read_only = sqlx::query_scalar!(
        r#"SELECT current_setting('transaction_read_only')::boolean AS "found!""#
    )
    .fetch_one(&mut session)
    .await
    .map_err(unavailable)?;
    if read_only {
        let problem = "the database takes no writes: it is a standby, or set to read only";
        return Err(StoreError::Unavailable(problem.into()));
    }
    let state = state_of(&mut session).await.map_err(unavailable)?;
    if state.pending.is_empty() && !state.is_contracted {
        return Ok(());
    }
    let needed = MIGRATOR.iter().map(|migration| migration.version).max();
    let problem = format!(
        "the tables are at version {}, this program needs {}",
        state.applied.unwrap_or_default(),
        needed.unwrap_or_default()
    );
    Err(StoreError::Unavailable(problem.into()))
}

/// Looks how the tables stand, and changes nothing.
pub(super) async fn state(server: &Server) -> Result<MigrationState, StoreError> {
    let mut session = server.session().await.map_err(unavailable)?;
    state_of(&mut session).await.map_err(unavailable)
}

async fn state_of(session: &mut Session) -> Result<MigrationState, sqlx::Error> {
    let history = if has_history(session).await? {
        history(session).await?
    } else {
        BTreeMap::new()
    };
    let is_known = |version| MIGRATOR.iter().any(|known| known.version == version);
    let is_pending = |migration: &&Migration| !history.contains_key(&migration.version);
    let pending = MIGRATOR.iter().filter(is_pending);
    Ok(MigrationState {
        applied: history.keys().max().copied(),
        pending: pending
            .map(|migration| AppliedMigration {
                version: migration.version,
                description: migration.description.to_string(),
            })
            .collect(),
        is_contracted: history.iter().any(|(version, applied)| {
            !is_known(*version) && applied.description.starts_with(CONTRACT)
        }),
    })
}

async fn has_history(session: &mut Session) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT to_regclass('_sqlx_migrations') IS NOT NULL AS "found!""#)
        .fetch_one(session)
        .await
}

/// Makes the table of what was applied, in the form in which `sqlx` keeps it.
async fn make_history(session: &mut Session) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(
        "CREATE TABLE _sqlx_migrations (
             version        BIGINT      NOT NULL PRIMARY KEY,
             description    TEXT        NOT NULL,
             installed_on   TIMESTAMPTZ NOT NULL DEFAULT now(),
             success        BOOLEAN     NOT NULL,
             checksum       BYTEA       NOT NULL,
             execution_time BIGINT      NOT NULL
         )",
    )
    .execute(&mut *session)
    .await?;
    Ok(())
}

/// A migration that is in the history.
struct Applied {
    description: String,
    checksum: Vec<u8>,
}

/// What was applied, by version. Not checked at compile time, as the table is none of the
/// migrations'.
async fn history(session: &mut Session) -> Result<BTreeMap<i64, Applied>, sqlx::Error> {
    let rows: Vec<(i64, String, Vec<u8>)> =
        sqlx::query_as("SELECT version, description, checksum FROM _sqlx_migrations")
            .fetch_all(&mut *session)
            .await?;
    let applied = |(version, description, checksum)| {
        let applied = Applied {
            description,
            checksum,
        };
        (version, applied)
    };
    Ok(rows.into_iter().map(applied).collect())
}

fn check(history: &BTreeMap<i64, Applied>) -> Result<(), MigrateDatabaseError> {
    for (version, applied) in history {
        let known = MIGRATOR.iter().find(|known| known.version == *version);
        let problem = match known {
            None => format!("migration {version} was made by a newer version of this program"),
            Some(known) if *known.checksum != *applied.checksum => {
                format!("migration {version} was altered after it had run")
            }
            Some(_) => continue,
        };
        return Err(MigrateDatabaseError {
            problem,
            source: None,
        });
    }
    Ok(())
}

async fn apply(session: &mut Session, migration: &Migration) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(migration.sql.clone())
        .execute(&mut *session)
        .await?;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES ($1, $2, TRUE, $3, -1)",
    )
    .bind(migration.version)
    .bind(&*migration.description)
    .bind(&*migration.checksum)
    .execute(&mut *session)
    .await?;
    Ok(())
}

impl From<sqlx::Error> for MigrateDatabaseError {
    fn from(error: sqlx::Error) -> Self {
        Self {
            problem: error.to_string(),
            source: Some(Box::new(error)),
        }
    }
}
