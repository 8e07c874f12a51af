//! Where the values of each column are: the one place to which a new one is added.

use tieline_domain::sealed::SealedColumn;

use crate::idempotency_store::{of_scope, with_periods};

/// Where the values of a column are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// In rows with ids.
    Objects(Objects),
    /// Under idempotency keys.
    Answers,
    /// In the key check.
    KeyCheck,
}

/// Where values of rows with ids are. Each is a piece of SQL, in which `t` is the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Objects {
    pub(super) table: &'static str,
    /// The column with the values; where it is NULL there is none.
    value: &'static str,
    /// The column with the ids, which are unique among the rows that [`Self::only`] lets pass.
    id: &'static str,
    /// Which rows of the table are meant.
    only: &'static str,
    /// From where a list reads, by ids in their order.
    from: &'static str,
    /// The ids there.
    from_id: &'static str,
    generation: &'static str,
}

/// A table whose rows have ids, and the column with its values.
const fn rows(table: &'static str, from: &'static str, value: &'static str) -> Objects {
    Objects {
        table,
        value,
        id: "id",
        only: "true",
        from,
        from_id: "t.id",
        generation: "1",
    }
}

/// Tokens have the ids and generations of their connections.
const fn tokens(only: &'static str, value: &'static str) -> Objects {
    Objects {
        id: "connection_id",
        only,
        from: "connections c JOIN connection_credentials t
               ON t.environment_id = c.environment_id AND t.connection_id = c.id",
        from_id: "c.id",
        generation: "c.generation",
        ..rows("connection_credentials", "", value)
    }
}

const BOT: &str = "t.kind = 'bot'";
const USER: &str = "t.kind = 'user'";

pub(super) fn source(column: SealedColumn) -> Source {
    Source::Objects(match column {
        SealedColumn::KeyCheck => return Source::KeyCheck,
        SealedColumn::IdempotencyResponse => return Source::Answers,
        SealedColumn::IntegrationCredentials => Objects {
            generation: "t.generation",
            ..rows("integrations", "integrations t", "credentials")
        },
        SealedColumn::BotAccessToken => tokens(BOT, "access_token"),
        SealedColumn::BotRefreshToken => tokens(BOT, "refresh_token"),
        SealedColumn::UserAccessToken => tokens(USER, "access_token"),
        SealedColumn::UserRefreshToken => tokens(USER, "refresh_token"),
        SealedColumn::EndpointSecret => rows("endpoints", "endpoints t", "secret"),
        SealedColumn::ApiKeySigningState => rows("api_keys", "api_keys t", "signing_state"),
        SealedColumn::RevocationSecrets => rows("revocations", "revocations t", "secrets"),
    })
}

impl Source {
    /// Table, column, and which rows are meant.
    fn column(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Objects(it) => (it.table, it.value, it.only),
            Self::Answers => ("idempotency_records", "response", "true"),
            Self::KeyCheck => ("key_checks", "value", "true"),
        }
    }

    /// Counts the values that begin with so many given bytes.
    pub(super) fn count_sql(self) -> String {
        let (table, value, only) = self.column();
        format!("SELECT count(*) FROM {table} t WHERE {only} AND substr(t.{value}, 1, ?) = ?")
    }

    /// Puts a value in the place of another: in the row of an environment with an id, in that of an
    /// answer, in the only one.
    pub(super) fn replace_sql(self) -> String {
        let (table, value, only) = self.column();
        let row = match self {
            Self::Objects(it) => format!("t.environment_id = ?3 AND t.{} = ?4", it.id),
            Self::Answers => concat!(
                "t.id = (",
                with_periods!(),
                "SELECT r.id FROM ",
                of_scope!("?3", "?4", "?5"),
                ")"
            )
            .to_owned(),
            Self::KeyCheck => "true".to_owned(),
        };
        format!("UPDATE {table} AS t SET {value} = ?1 WHERE t.{value} = ?2 AND {row} AND {only}")
    }
}

impl Objects {
    /// Lists values behind an id, up to a limit.
    pub(super) fn list_sql(&self) -> String {
        let Self {
            value,
            only,
            from,
            from_id,
            generation,
            ..
        } = self;
        format!(
            "SELECT t.environment_id, {from_id}, {generation}, t.{value} FROM {from}
             WHERE {only} AND t.{value} IS NOT NULL AND {from_id} > ? ORDER BY {from_id} LIMIT ?"
        )
    }
}
