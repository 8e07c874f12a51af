//! A database that is a Postgres server's.

use tieline_adapter_postgres::{OpenDatabaseError, PgDatabase, PgExamination, PgSettings};
use tieline_domain::ports::Clock;

use super::{Examined, Finding, Reading, Tables, WHAT, tables, writable};
use crate::{config::Settings, system::SystemClock};

/// The oldest version that the tests run on.
const OLDEST: u32 = 15;

pub(super) async fn check(
    url: &str,
    settings: &Settings,
    findings: &mut Vec<Finding>,
) -> Option<Examined> {
    let own = PgSettings {
        connections: 2,
        pooler: settings.database_pooler,
        ..PgSettings::DEFAULT
    };
    let database = match PgDatabase::open_with(url, own).await {
        Ok(database) => database,
        Err(error) => {
            findings.push(unusable(&error));
            return None;
        }
    };
    let state = database.migration_state().await.map(|state| Tables {
        applied: state.applied,
        pending: state.pending.iter().map(|it| it.version).collect(),
        is_newer: state.is_contracted,
    });
    let (is_current, tables) = tables(state);
    findings.push(tables);
    let mend = "Point database_url to the primary: a standby, or a database that is set to read \
        only, takes no writes.";
    if let (true, Err(error)) = (is_current, database.is_ready().await) {
        let told = format!("It answers, and is not ready: {error}.");
        findings.push(Finding::bad(WHAT, told, mend));
    } else {
        findings.push(writable(&database.transactions(), mend).await);
    }
    let asked_at = SystemClock.now();
    let examined = database.examine().await.ok();
    let took = SystemClock.now().duration_since(asked_at);
    let per_node = settings.database_connections;
    findings.extend(examined.as_ref().map(|it| server(it, per_node)));
    Some(Examined {
        stores: database.stores(),
        is_current,
        clock: examined.map(|examined| Reading {
            of: "the database".to_owned(),
            ahead: examined.now.duration_since(asked_at),
            doubt: took,
        }),
    })
}

fn unusable(error: &OpenDatabaseError) -> Finding {
    let mend = match error {
        OpenDatabaseError::InvalidUrl => {
            "Set database_url to postgres://user:password@host:port/database, with every special \
             character of the password percent-encoded."
        }
        OpenDatabaseError::Unreachable { .. } => {
            "Start it, let this machine through to it, make the user and the database \
             (docs/operations.md), and look at host, port, password and sslmode in database_url."
        }
        OpenDatabaseError::Encoding { .. } => {
            "Make the database anew: createdb --encoding=UTF8 --template=template0."
        }
    };
    Finding::bad(WHAT, format!("{error}."), mend)
}

fn server(examined: &PgExamination, per_node: u32) -> Finding {
    let PgExamination {
        version,
        max_connections,
        ..
    } = examined;
    let told = format!(
        "It is Postgres {version}, for {max_connections} connections; a node takes up to {per_node}."
    );
    let major = version.split('.').next().and_then(|it| it.parse().ok());
    if major.is_some_and(|major: u32| major < OLDEST) {
        let mend = "Take Postgres 15 or newer: with an older one nothing was tried.";
        return Finding::warning(WHAT, told, mend);
    }
    Finding::good(WHAT, told)
}

#[cfg(test)]
mod tests {
    use super::{super::super::State, *};

    #[test]
    fn an_old_server_is_told_of() {
        let told = |version: &str| {
            let examined = PgExamination {
                version: version.to_owned(),
                max_connections: 100,
                now: SystemClock.now(),
            };
            server(&examined, 10).state
        };
        assert_eq!(told("14.20"), State::Warning);
        assert_eq!(told("17.2 (Debian 17.2-1)"), State::Good);
        assert_eq!(told("18beta1"), State::Good);
    }
}
