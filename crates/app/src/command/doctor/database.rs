//! The database: whether it is there and ours, how its tables stand, whether it can be written to.

use secrecy::ExposeSecret;
use tieline_domain::ports::{StoreError, Stores, Transactions};

use super::{Finding, clock::Reading, files};
use crate::{config::Settings, wiring::is_postgres};

mod postgres;
mod sqlite;

const WHAT: &str = "database";

/// A database that answers.
pub(super) struct Examined {
    pub(super) stores: Stores,
    /// Whether its tables are those of this program.
    pub(super) is_current: bool,
    /// What its clock said, where it has one of its own.
    pub(super) clock: Option<Reading>,
}

/// How the tables stand.
struct Tables {
    applied: Option<i64>,
    /// The migrations that were not applied.
    pending: Vec<i64>,
    is_newer: bool,
}

/// Looks at the database; nothing where it cannot be read. Makes nothing.
pub(super) async fn check(settings: &Settings, findings: &mut Vec<Finding>) -> Option<Examined> {
    let url = settings.database_url();
    let url = url.expose_secret();
    if is_postgres(url) {
        return postgres::check(url, settings, findings).await;
    }
    sqlite::check(url, findings).await
}

/// Whether the tables are those of this program, and what there is to say of it.
fn tables(state: Result<Tables, StoreError>) -> (bool, Finding) {
    let what = "migrations";
    let state = match state {
        Ok(state) => state,
        Err(error) => {
            let told = format!("How the tables stand cannot be read: {error}.");
            let mend = "Restore the database from its backup, with its key file.";
            return (false, Finding::bad(what, told, mend));
        }
    };
    let applied = state.applied.unwrap_or_default();
    if state.is_newer {
        let told = format!("The tables are at version {applied}, made by a newer Tieline.");
        let mend = "Start the newer version. To go back, restore the backup that was made before \
            the upgrade: there are no steps backwards.";
        return (false, Finding::bad(what, told, mend));
    }
    let Some(first) = state.pending.first() else {
        let told = format!("The tables are at version {applied}, which this program needs.");
        return (true, Finding::good(what, told));
    };
    let told = format!(
        "{} of this program's migrations were not applied, the first of them {first}.",
        state.pending.len()
    );
    let mend = "Make a backup, then run `tieline migrate`.";
    (false, Finding::bad(what, told, mend))
}

/// Begins to write, and gives it up.
async fn writable(transactions: &dyn Transactions, mend: &str) -> Finding {
    match transactions.begin().await {
        Ok(_) => Finding::good(WHAT, "It answers, and can be written to."),
        Err(error) => {
            let told = format!("It answers, and cannot be written to: {error}.");
            Finding::bad(WHAT, told, mend)
        }
    }
}
