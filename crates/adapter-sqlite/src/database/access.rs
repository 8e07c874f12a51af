//! How a store reaches the database: by the pools, or within one transaction that it shares.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Weak},
};

use sqlx::{Executor, Sqlite, SqliteConnection, SqlitePool, Transaction, pool::PoolConnection};
use tieline_domain::ports::StoreError;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::error::unavailable;

/// Where a store's statements go.
#[derive(Clone, Debug)]
pub(crate) enum Access {
    /// Each to a connection of the pools.
    Pools(Pools),
    /// All to the connection of one transaction, as long as that is there.
    Transaction(Weak<Mutex<OpenTransaction>>),
}

/// Many connections that read and a single one that writes: SQLite has one writer at a time
/// anyway, and waiting for a connection is fairer and cheaper than polling for a lock.
#[derive(Clone, Debug)]
pub(crate) struct Pools {
    pub(crate) read: SqlitePool,
    pub(crate) write: SqlitePool,
}

/// A transaction that stores share.
#[derive(Debug)]
pub(crate) struct OpenTransaction {
    transaction: Transaction<'static, Sqlite>,
    step: Step,
}

/// How far a step of a transaction has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// There is none.
    None,
    /// Its savepoint is being set, or kept, or undone. Whoever finds this knows that its future
    /// was dropped, and cannot know how far it came.
    Moving,
    /// It has a savepoint. Whoever finds this knows that the step was given up.
    Open,
}

/// A connection for one statement.
#[derive(Debug)]
pub(crate) enum Session {
    Pooled(PoolConnection<Sqlite>),
    Shared(OwnedMutexGuard<OpenTransaction>),
}

/// Statements that belong together: a transaction, or a step of one. Undone unless kept.
#[derive(Debug)]
pub(crate) enum Work {
    Transaction(Transaction<'static, Sqlite>),
    Step(OwnedMutexGuard<OpenTransaction>),
}

impl Access {
    /// A connection for one statement that reads.
    pub(crate) async fn reader(&self) -> Result<Session, StoreError> {
        match self {
            Self::Pools(pools) => Session::pooled(&pools.read).await,
            Self::Transaction(open) => lock(open).await.map(Session::Shared),
        }
    }

    /// A connection for one statement that writes.
    pub(crate) async fn writer(&self) -> Result<Session, StoreError> {
        match self {
            Self::Pools(pools) => Session::pooled(&pools.write).await,
            Self::Transaction(open) => lock(open).await.map(Session::Shared),
        }
    }

    /// Begins to read what is to be one state of the database throughout.
    pub(crate) async fn begin_read(&self) -> Result<Work, StoreError> {
        match self {
            Self::Pools(pools) => {
                let transaction = pools.read.begin().await.map_err(unavailable)?;
                Ok(Work::Transaction(transaction))
            }
            Self::Transaction(open) => lock(open).await.map(Work::Step),
        }
    }

    /// Begins to write what is to be there as a whole or not at all.
    pub(crate) async fn begin_write(&self) -> Result<Work, StoreError> {
        match self {
            Self::Pools(pools) => pools.begin().await.map(Work::Transaction),
            Self::Transaction(open) => {
                let mut open = lock(open).await?;
                open.begin_step().await.map_err(unavailable)?;
                Ok(Work::Step(open))
            }
        }
    }
}

impl Pools {
    /// Begins a transaction that holds the write lock from its beginning: one that asks for it
    /// only later can be refused in the middle, whatever the busy timeout.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.write
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(unavailable)
    }
}

async fn lock(
    open: &Weak<Mutex<OpenTransaction>>,
) -> Result<OwnedMutexGuard<OpenTransaction>, StoreError> {
    let ended = || StoreError::Unavailable("the transaction has ended".into());
    let open: Arc<_> = open.upgrade().ok_or_else(ended)?;
    let mut open = open.lock_owned().await;
    open.undo_step().await.map_err(unavailable)?;
    Ok(open)
}

impl OpenTransaction {
    pub(crate) fn new(transaction: Transaction<'static, Sqlite>) -> Self {
        Self {
            transaction,
            step: Step::None,
        }
    }

    async fn begin_step(&mut self) -> Result<(), sqlx::Error> {
        self.move_to(Step::Open, "SAVEPOINT step").await
    }

    async fn keep_step(&mut self) -> Result<(), sqlx::Error> {
        match self.step {
            Step::Open => self.move_to(Step::None, "RELEASE step").await,
            _ => Ok(()),
        }
    }

    async fn undo_step(&mut self) -> Result<(), sqlx::Error> {
        match self.step {
            Step::None => Ok(()),
            Step::Moving => Err(sqlx::Error::WorkerCrashed),
            Step::Open => {
                self.move_to(Step::None, "ROLLBACK TO step; RELEASE step")
                    .await
            }
        }
    }

    async fn move_to(&mut self, step: Step, sql: &'static str) -> Result<(), sqlx::Error> {
        self.step = Step::Moving;
        self.transaction.execute(sql).await?;
        self.step = step;
        Ok(())
    }

    /// Commits what was kept.
    pub(crate) async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.undo_step().await?;
        self.transaction.commit().await
    }
}

impl Session {
    async fn pooled(pool: &SqlitePool) -> Result<Self, StoreError> {
        let connection = pool.acquire().await.map_err(unavailable)?;
        Ok(Self::Pooled(connection))
    }
}

impl Work {
    /// Keeps what was written: for good, or as far as the transaction it is a step of is kept.
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Transaction(transaction) => transaction.commit().await,
            Self::Step(mut open) => open.keep_step().await,
        }
    }
}

impl Deref for Session {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        match self {
            Self::Pooled(connection) => connection,
            Self::Shared(open) => &open.transaction,
        }
    }
}

impl DerefMut for Session {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match self {
            Self::Pooled(connection) => connection,
            Self::Shared(open) => &mut open.transaction,
        }
    }
}

impl Deref for Work {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        match self {
            Self::Transaction(transaction) => transaction,
            Self::Step(open) => &open.transaction,
        }
    }
}

impl DerefMut for Work {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match self {
            Self::Transaction(transaction) => transaction,
            Self::Step(open) => &mut open.transaction,
        }
    }
}
