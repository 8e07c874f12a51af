//! What a store works on: what is committed, or a transaction's copy of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tieline_domain::ports::StoreError;

use super::{MemoryStorage, tables::Tables};

/// What a store works on.
#[derive(Debug)]
pub(super) enum Access {
    /// What is committed.
    Committed(Arc<Committed>),
    /// The copy of one transaction.
    Open(Arc<Open>),
}

impl Default for Access {
    fn default() -> Self {
        Self::Committed(Arc::default())
    }
}

/// What is committed, and whose turn it is to write.
#[derive(Debug, Default)]
pub(super) struct Committed {
    pub(super) turn: Arc<tokio::sync::Mutex<()>>,
    tables: Mutex<Tables>,
}

/// A transaction's copy.
#[derive(Debug)]
pub(super) struct Open {
    /// None after its end.
    pub(super) tables: Mutex<Option<Tables>>,
    /// How many outages there were before it began: the next one is its end.
    pub(super) outages: u64,
}

impl Open {
    /// Works on the copy, after so many outages.
    pub(super) fn with<T>(
        &self,
        outages: u64,
        work: impl FnOnce(&mut Tables) -> T,
    ) -> Result<T, StoreError> {
        match &mut *lock(&self.tables) {
            Some(tables) if outages == self.outages => Ok(work(tables)),
            _ => Err(StoreError::Unavailable("the transaction has ended".into())),
        }
    }
}

impl Committed {
    pub(super) fn tables(&self) -> Tables {
        lock(&self.tables).clone()
    }

    /// For whoever has the turn.
    pub(super) fn replace(&self, tables: Tables) {
        *lock(&self.tables) = tables;
    }
}

impl MemoryStorage {
    /// Answers a question about what is stored.
    pub(super) fn read<T>(&self, question: impl FnOnce(&Tables) -> T) -> Result<T, StoreError> {
        let outages = self.outage.check()?;
        match &self.access {
            Access::Committed(committed) => Ok(question(&committed.tables())),
            Access::Open(open) => open.with(outages, |tables| question(tables)),
        }
    }

    /// Changes what is stored, or, where the change fails, nothing of it.
    pub(super) async fn write<T, E: From<StoreError>>(
        &self,
        change: impl FnOnce(&mut Tables) -> Result<T, E> + Send,
    ) -> Result<T, E> {
        let outages = self.outage.check()?;
        match &self.access {
            Access::Committed(committed) => {
                let _turn = committed.turn.lock().await;
                let mut tables = committed.tables();
                let answer = change(&mut tables)?;
                committed.replace(tables);
                Ok(answer)
            }
            Access::Open(open) => open.with(outages, |tables| {
                let mut changed = tables.clone();
                let answer = change(&mut changed)?;
                *tables = changed;
                Ok(answer)
            })?,
        }
    }
}

/// What was locked is never half changed, so a panic of somebody else does no harm.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
