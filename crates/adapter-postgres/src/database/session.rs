//! A connection for the statements of one call.

use std::sync::Arc;

use futures_util::{TryFutureExt, TryStreamExt, future::BoxFuture, stream::BoxStream};
use sqlx::{
    Database, Either, Error, Execute, Executor, PgConnection, Postgres, SqlStr, Transaction,
    pool::PoolConnection,
    postgres::{PgQueryResult, PgRow, PgStatement, PgTypeInfo},
};
use tokio::sync::OwnedMutexGuard;

use super::{
    access::{OpenTransaction, Server},
    last_break::LastBreak,
};

/// A connection for one statement, or for several that belong together. What was written is undone
/// unless it is kept, except that a single statement on a connection of its own stands at once.
#[derive(Debug)]
pub(crate) struct Session {
    route: Route,
    /// Whether statements are prepared under names, to be planned once.
    named: bool,
    last_break: Arc<LastBreak>,
}

/// Whose connection it is.
#[derive(Debug)]
pub(super) enum Route {
    Connection(PoolConnection<Postgres>),
    Transaction(Transaction<'static, Postgres>),
    Shared(OwnedMutexGuard<OpenTransaction>),
}

impl Session {
    pub(super) fn new(route: Route, server: &Server) -> Self {
        Self {
            route,
            named: !server.pooler,
            last_break: Arc::clone(&server.last_break),
        }
    }

    pub(super) fn shared(open: OwnedMutexGuard<OpenTransaction>) -> Self {
        let server = open.server.clone();
        Self::new(Route::Shared(open), &server)
    }

    /// The same, for statements that are planned anew each time, by the values they come with: for
    /// those whose best way depends on which of their filters are there.
    pub(crate) fn without_names(self) -> Self {
        Self {
            named: false,
            ..self
        }
    }

    /// Keeps what was written: for good, or as far as the transaction it is a step of is kept.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        match self.route {
            Route::Connection(_) => Ok(()),
            Route::Transaction(transaction) => {
                let committed = transaction.commit().await;
                committed.inspect_err(|error| self.last_break.look_at(error))
            }
            Route::Shared(mut open) => {
                open.keep_step();
                Ok(())
            }
        }
    }
}

impl Route {
    fn connection(&mut self) -> &mut PgConnection {
        match self {
            Self::Connection(connection) => connection,
            Self::Transaction(transaction) => transaction,
            Self::Shared(open) => &mut open.transaction,
        }
    }
}

impl<'c> Executor<'c> for &'c mut Session {
    type Database = Postgres;

    fn fetch_many<'e, 'q, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, Error>>
    where
        'c: 'e,
        'q: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let query = Statement::new(query, self.named);
        let Session {
            route, last_break, ..
        } = self;
        let rows = route.connection().fetch_many(query);
        Box::pin(rows.inspect_err(|error| last_break.look_at(error)))
    }

    fn fetch_optional<'e, 'q, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, Error>>
    where
        'c: 'e,
        'q: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let query = Statement::new(query, self.named);
        let Session {
            route, last_break, ..
        } = self;
        let row = route.connection().fetch_optional(query);
        Box::pin(row.inspect_err(|error| last_break.look_at(error)))
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, Error>>
    where
        'c: 'e,
    {
        self.route.connection().prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<sqlx::Describe<Postgres>, Error>>
    where
        'c: 'e,
    {
        self.route.connection().describe(sql)
    }
}

/// A statement that is prepared under a name only where the session allows it.
struct Statement<E> {
    inner: E,
    named: bool,
}

impl<E> Statement<E> {
    fn new(inner: E, named: bool) -> Self {
        Self { inner, named }
    }
}

impl<'q, E: Execute<'q, Postgres>> Execute<'q, Postgres> for Statement<E> {
    fn sql(self) -> SqlStr {
        self.inner.sql()
    }

    fn statement(&self) -> Option<&PgStatement> {
        self.inner.statement()
    }

    fn take_arguments(
        &mut self,
    ) -> Result<Option<<Postgres as Database>::Arguments>, sqlx::error::BoxDynError> {
        self.inner.take_arguments()
    }

    fn persistent(&self) -> bool {
        self.named && self.inner.persistent()
    }
}
