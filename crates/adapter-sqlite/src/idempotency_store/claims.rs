//! Claims that wait at the same time are written together: one statement and one commit for all.
//!
//! They are written on a thread of their own. On those of the requests each step of a batch would
//! wait in line with all requests that there are, and where thousands are refused in a second,
//! hardly any of those that were let in would come to its end.

use std::{
    collections::HashSet,
    io, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use sqlx::SqlitePool;
use tieline_domain::ports::{IdempotencyClaim, StoreError};
use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
};

use super::batch::{Claim, Outcome, claim_all};
use crate::error::is_foreign_key_violation;

/// So many claims go into one statement at the most.
const BATCH: usize = 1024;

/// Claims that wait to be written, and whether somebody writes.
#[derive(Debug, Default)]
pub(crate) struct ClaimQueue(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Waiting>,
    is_written: bool,
    /// Started for the first claim.
    thread: Option<Thread>,
}

/// A thread on which tasks run until this is dropped.
#[derive(Debug)]
struct Thread {
    tasks: Handle,
    _until: oneshot::Sender<()>,
}

impl Thread {
    fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let tasks = runtime.handle().clone();
        let (until, ended) = oneshot::channel();
        let thread = thread::Builder::new().name("claims".to_owned());
        thread.spawn(move || {
            let _dropped = runtime.block_on(ended);
        })?;
        Ok(Self {
            tasks,
            _until: until,
        })
    }
}

#[derive(Debug)]
struct Waiting {
    claim: Claim,
    told: oneshot::Sender<Result<IdempotencyClaim, StoreError>>,
}

impl ClaimQueue {
    /// Writes a claim with all that wait beside it. It is written even if nobody waits for it any
    /// more.
    pub(super) async fn claim(
        self: &Arc<Self>,
        pool: &SqlitePool,
        claim: Claim,
    ) -> Result<IdempotencyClaim, StoreError> {
        let (told, answer) = oneshot::channel();
        let unavailable = |error| StoreError::Unavailable(Box::new(error));
        if let Some(tasks) = self.push(Waiting { claim, told }).map_err(unavailable)? {
            let turn = Turn {
                queue: Arc::clone(self),
                is_over: false,
            };
            tasks.spawn(write_all(turn, pool.clone()));
        }
        let ended = |_| StoreError::Unavailable("the database is being closed".into());
        answer.await.map_err(ended)?
    }

    /// Answers where it is to be written, if nobody writes yet.
    fn push(&self, waiting: Waiting) -> io::Result<Option<Handle>> {
        let mut queue = self.lock();
        let tasks = match &queue.thread {
            Some(thread) => thread.tasks.clone(),
            None => queue.thread.insert(Thread::start()?).tasks.clone(),
        };
        queue.waiting.push(waiting);
        let is_written = mem::replace(&mut queue.is_written, true);
        Ok((!is_written).then_some(tasks))
    }

    /// What is to be written next: no two claims under one key, since the second of them may have
    /// to see what became of the first.
    fn take(&self) -> Vec<Waiting> {
        let mut queue = self.lock();
        let mut keys = HashSet::new();
        let (batch, later) = mem::take(&mut queue.waiting)
            .into_iter()
            .partition(|waiting| {
                keys.len() < BATCH && keys.insert(waiting.claim.record.scope.key_hash)
            });
        queue.waiting = later;
        queue.is_written = !keys.is_empty();
        batch
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever writes holds this. Were they to end before the queue is empty, those who wait are told,
/// and the next one writes.
struct Turn {
    queue: Arc<ClaimQueue>,
    is_over: bool,
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.is_over {
            *self.queue.lock() = Queue::default();
        }
    }
}

async fn write_all(mut turn: Turn, pool: SqlitePool) {
    loop {
        let batch = turn.queue.take();
        if batch.is_empty() {
            turn.is_over = true;
            return;
        }
        write(&turn.queue, &pool, batch).await;
    }
}

async fn write(queue: &ClaimQueue, pool: &SqlitePool, waiting: Vec<Waiting>) {
    let claims: Vec<_> = waiting.iter().map(|waiting| &waiting.claim).collect();
    match claim_pooled(pool, &claims).await {
        Ok(outcomes) => {
            for (waiting, outcome) in waiting.into_iter().zip(outcomes) {
                match outcome {
                    Outcome::Decided(claim) => waiting.tell(claim),
                    Outcome::AskAgain => queue.lock().waiting.push(waiting),
                }
            }
        }
        // One that names no environment must not harm the others.
        Err(error) if is_foreign_key_violation(&error) && waiting.len() > 1 => {
            for waiting in waiting {
                Box::pin(write(queue, pool, vec![waiting])).await;
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            for waiting in waiting {
                let cause = Box::new(Arc::clone(&error));
                waiting.tell(Err(StoreError::Unavailable(cause)));
            }
        }
    }
}

async fn claim_pooled(pool: &SqlitePool, claims: &[&Claim]) -> Result<Vec<Outcome>, sqlx::Error> {
    claim_all(&mut *pool.acquire().await?, claims).await
}

impl Waiting {
    fn tell(self, claim: Result<IdempotencyClaim, StoreError>) {
        // Whoever asked may have gone.
        drop(self.told.send(claim));
    }
}
