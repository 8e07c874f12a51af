//! Claims that wait at the same time are handed to the store together, which writes them with few
//! statements and commits.
//!
//! They are written on a thread of their own. On those of the requests each step of a batch would
//! wait in line with all requests that there are, and where thousands are refused in a second,
//! hardly any of those that were let in would come to its end.

use std::{
    collections::HashSet,
    error::Error,
    fmt, io, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    id::EnvironmentId,
    idempotency::{IdempotencyRecord, IdempotencyScope},
    ports::{Deletion, IdempotencyClaim, IdempotencyStore, StoreError},
    sealed::Sealed,
};
use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
};

/// So many claims are written together at the most.
const BATCH: usize = 1024;

/// A store whose claims are written together with those that wait beside them.
pub struct GroupedIdempotencyStore {
    store: Arc<dyn IdempotencyStore>,
    queue: Arc<ClaimQueue>,
}

/// Claims that wait to be written, and whether somebody writes.
#[derive(Default)]
struct ClaimQueue(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    is_written: bool,
    /// Started for the first claim.
    thread: Option<Thread>,
}

struct Waiting {
    record: IdempotencyRecord,
    now: Timestamp,
    told: oneshot::Sender<Result<IdempotencyClaim, StoreError>>,
}

/// A thread on which tasks run until this is dropped.
struct Thread {
    tasks: Handle,
    _until: oneshot::Sender<()>,
}

impl GroupedIdempotencyStore {
    /// Groups the claims of a store.
    #[must_use]
    pub fn new(store: Arc<dyn IdempotencyStore>) -> Self {
        let queue = Arc::default();
        Self { store, queue }
    }
}

impl fmt::Debug for GroupedIdempotencyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupedIdempotencyStore")
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl IdempotencyStore for GroupedIdempotencyStore {
    async fn claim_all(
        &self,
        records: &[IdempotencyRecord],
        now: Timestamp,
    ) -> Result<Vec<Result<IdempotencyClaim, StoreError>>, StoreError> {
        self.store.claim_all(records, now).await
    }

    /// Writes a claim with all that wait beside it. It is written even if nobody waits for it any
    /// more.
    async fn claim(
        &self,
        record: &IdempotencyRecord,
        now: Timestamp,
    ) -> Result<IdempotencyClaim, StoreError> {
        let (told, answer) = oneshot::channel();
        let record = record.clone();
        let waiting = Waiting { record, now, told };
        let tasks = self.queue.push(waiting);
        if let Some(tasks) = tasks.map_err(|error| StoreError::Unavailable(Box::new(error)))? {
            let turn = Turn {
                queue: Arc::clone(&self.queue),
                is_over: false,
            };
            tasks.spawn(write_all(turn, Arc::clone(&self.store)));
        }
        let ended = |_| StoreError::Unavailable("the writing of claims has ended".into());
        answer.await.map_err(ended)?
    }

    async fn answer(
        &self,
        scope: &IdempotencyScope,
        response: &Sealed,
    ) -> Result<bool, StoreError> {
        self.store.answer(scope, response).await
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        after: Option<&IdempotencyRecord>,
        limit: u32,
    ) -> Result<Vec<IdempotencyRecord>, StoreError> {
        self.store.list(environment, after, limit).await
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<Deletion, StoreError> {
        self.store.delete_expired(now, limit).await
    }
}

impl ClaimQueue {
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
            .partition(|waiting| keys.len() < BATCH && keys.insert(waiting.record.scope.key_hash));
        queue.waiting = later;
        queue.is_written = !keys.is_empty();
        batch
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Thread {
    fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
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

async fn write_all(mut turn: Turn, store: Arc<dyn IdempotencyStore>) {
    loop {
        let batch = turn.queue.take();
        // By the latest of their clocks: they all began before this.
        let Some(now) = batch.iter().map(|waiting| waiting.now).max() else {
            turn.is_over = true;
            return;
        };
        write(&*store, batch, now).await;
    }
}

async fn write(store: &dyn IdempotencyStore, batch: Vec<Waiting>, now: Timestamp) {
    let parts = batch
        .into_iter()
        .map(|waiting| (waiting.record, waiting.told));
    let (records, told): (Vec<_>, Vec<_>) = parts.unzip();
    let claims = match store.claim_all(&records, now).await {
        Ok(claims) => claims,
        Err(error) => {
            let cause: Arc<dyn Error + Send + Sync> = match error {
                StoreError::Unavailable(cause) => cause.into(),
                error @ StoreError::Corrupt { .. } => Arc::new(error),
            };
            let again = || StoreError::Unavailable(Box::new(Arc::clone(&cause)));
            told.iter().map(|_| Err(again())).collect()
        }
    };
    for (told, claim) in told.into_iter().zip(claims) {
        // Whoever asked may have gone.
        drop(told.send(claim));
    }
}
