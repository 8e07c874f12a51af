//! How a store reaches the database: by the pool, or within one transaction that it shares.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use sqlx::{AssertSqlSafe, Executor, PgPool, Postgres, Transaction};
use tieline_domain::ports::StoreError;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{
    last_break::LastBreak,
    session::{Route, Session},
};
use crate::error::unavailable;

/// Where a store's statements go.
#[derive(Clone, Debug)]
pub(crate) enum Access {
    /// Each to a connection of the pool.
    Server(Server),
    /// All to the connection of one transaction, as long as that is there.
    Transaction(Weak<Mutex<OpenTransaction>>),
}

/// The server, and what stands before it.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) pool: PgPool,
    pub(crate) pooler: bool,
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) last_break: Arc<LastBreak>,
}

/// A transaction that stores share.
#[derive(Debug)]
pub(crate) struct OpenTransaction {
    pub(super) transaction: Transaction<'static, Postgres>,
    pub(super) server: Server,
    step: Step,
}

/// How far a step of a transaction has come. On Postgres every write is one: a statement that
/// fails would otherwise take along all that was written before it. Each has a savepoint, and each
/// way to the server that can be saved is: the first one is set with the `BEGIN`, the next ones as
/// those before them are released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Its savepoint is set, and nothing was written since.
    Ready,
    /// It may have written. Whoever finds this knows that the step was given up.
    Open,
    /// It has written, and is to stay.
    Kept,
    /// The server is asked to move on. Whoever finds this knows that the future which asked was
    /// dropped, and cannot know how far it came.
    Moving,
}

impl Access {
    /// A session for one statement that reads.
    pub(crate) async fn reader(&self) -> Result<Session, StoreError> {
        match self {
            Self::Server(server) => server.session().await.map_err(unavailable),
            Self::Transaction(open) => lock(open).await.map(Session::shared),
        }
    }

    /// A session [`Session::without_names`].
    pub(crate) async fn planner(&self) -> Result<Session, StoreError> {
        self.reader().await.map(Session::without_names)
    }

    /// A session for one statement that writes; it is kept by [`Session::commit`].
    pub(crate) async fn writer(&self) -> Result<Session, StoreError> {
        match self {
            Self::Server(server) => server.session().await.map_err(unavailable),
            Self::Transaction(_) => self.begin_write().await,
        }
    }

    /// Begins to write what is to be there as a whole or not at all: [`Session::commit`] keeps it.
    pub(crate) async fn begin_write(&self) -> Result<Session, StoreError> {
        match self {
            Self::Server(server) => server.begin().await.map_err(unavailable),
            Self::Transaction(open) => {
                let mut open = lock(open).await?;
                open.begin_step().await.map_err(unavailable)?;
                Ok(Session::shared(open))
            }
        }
    }
}

impl Server {
    /// A session for one statement.
    pub(crate) async fn session(&self) -> Result<Session, sqlx::Error> {
        if self.pooler {
            // Preparing a statement and running it are two exchanges, which outside a transaction
            // may go to two server processes.
            return self.begin().await;
        }
        let connection = self.pool.acquire().await?;
        Ok(Session::new(Route::Connection(connection), self))
    }

    /// A session that is a transaction.
    pub(crate) async fn begin(&self) -> Result<Session, sqlx::Error> {
        let transaction = self.begin_transaction(None).await?;
        Ok(Session::new(Route::Transaction(transaction), self))
    }

    /// Begins, and says what is said first in the transaction: all in one message, which a pooler
    /// has no choice but to keep together. It is a task of its own, which comes to its end though
    /// the caller go away: a connection whose `BEGIN` was given up would go back to the pool within
    /// a transaction, and what the next one writes would never be committed.
    pub(super) async fn begin_transaction(
        &self,
        first: Option<&str>,
    ) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let settings = self
            .pooler
            .then(|| settings("SET LOCAL", self.statement_timeout));
        let statements = [Some("BEGIN"), settings.as_deref(), first];
        let statements: Vec<_> = statements.into_iter().flatten().collect();
        let (pool, sql) = (self.pool.clone(), statements.join("; "));
        let beginning = tokio::spawn(async move { pool.begin_with(AssertSqlSafe(sql)).await });
        let begun = beginning.await.map_err(|_| sqlx::Error::WorkerCrashed)?;
        begun.inspect_err(|error| self.last_break.look_at(error))
    }
}

/// What every statement is run with. Compiling one takes longer than any of them runs, and the
/// server would do so where it takes a statement for a large one.
pub(super) fn settings(set: &str, statement_timeout: Option<Duration>) -> String {
    let settings = format!("{set} jit = off");
    match statement_timeout {
        // 0 would be no limit at all.
        Some(limit) => format!(
            "{settings}; {set} statement_timeout = {}",
            limit.as_millis().max(1)
        ),
        None => settings,
    }
}

async fn lock(
    open: &Weak<Mutex<OpenTransaction>>,
) -> Result<OwnedMutexGuard<OpenTransaction>, StoreError> {
    let ended = || StoreError::Unavailable("the transaction has ended".into());
    let open = open.upgrade().ok_or_else(ended)?;
    let mut open = open.lock_owned().await;
    open.undo_step().await.map_err(unavailable)?;
    Ok(open)
}

impl OpenTransaction {
    pub(super) async fn begin(server: &Server) -> Result<Self, sqlx::Error> {
        Ok(Self {
            transaction: server.begin_transaction(Some("SAVEPOINT step")).await?,
            server: server.clone(),
            step: Step::Ready,
        })
    }

    async fn begin_step(&mut self) -> Result<(), sqlx::Error> {
        const NEXT: &str = "RELEASE SAVEPOINT step; SAVEPOINT step";
        if self.step == Step::Kept {
            self.move_to(Step::Ready, NEXT).await?;
        }
        self.step = Step::Open;
        Ok(())
    }

    pub(super) fn keep_step(&mut self) {
        if self.step == Step::Open {
            self.step = Step::Kept;
        }
    }

    async fn undo_step(&mut self) -> Result<(), sqlx::Error> {
        match self.step {
            Step::Ready | Step::Kept => Ok(()),
            Step::Open => {
                self.move_to(Step::Ready, "ROLLBACK TO SAVEPOINT step")
                    .await
            }
            Step::Moving => Err(sqlx::Error::WorkerCrashed),
        }
    }

    async fn move_to(&mut self, step: Step, sql: &'static str) -> Result<(), sqlx::Error> {
        self.step = Step::Moving;
        self.execute(sql).await?;
        self.step = step;
        Ok(())
    }

    async fn execute(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        let done = self.transaction.execute(sql).await;
        done.map(drop)
            .inspect_err(|error| self.server.last_break.look_at(error))
    }

    /// Commits what was kept.
    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.undo_step().await?;
        // Postgres answers the commit of a transaction in which something failed by rolling it
        // back, without an error; any other statement is refused there.
        self.execute("RELEASE SAVEPOINT step").await?;
        self.transaction.commit().await
    }
}
