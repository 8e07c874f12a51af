//! Whether the server is there: the circuit breaker.

use std::sync::{
    PoisonError, RwLock,
    atomic::{AtomicU32, Ordering},
};

use redis::{Cmd, FromRedisValue, RedisError, aio::MultiplexedConnection};
use tokio::sync::watch;

/// So many failures in a row, each of a command that was begun after the one before it had failed,
/// and the server is left alone.
const MAX_FAILURES: u32 = 5;

/// A connection.
#[derive(Clone)]
pub(crate) enum Connection {
    Node(MultiplexedConnection),
    Cluster(redis::cluster_async::ClusterConnection),
}

impl Connection {
    pub(crate) async fn ask<T: FromRedisValue>(&mut self, command: &Cmd) -> Result<T, RedisError> {
        match self {
            Self::Node(connection) => command.query_async(connection).await,
            Self::Cluster(connection) => command.query_async(connection).await,
        }
    }
}

/// The connection while the server is there.
pub(crate) struct Presence {
    connection: RwLock<Option<Established>>,
    failures: AtomicU32,
    /// What the server has been, last.
    state: watch::Sender<State>,
}

#[derive(Clone)]
pub(crate) struct Established {
    pub(crate) connection: Connection,
    /// How many there were before.
    number: u64,
    /// How many failures there were in a row when it was taken.
    failures: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nobody knows yet.
    Unknown,
    There,
    /// Away, and why.
    Away(String),
}

impl Presence {
    pub(crate) fn new() -> Self {
        Self {
            connection: RwLock::new(None),
            failures: AtomicU32::new(0),
            state: watch::Sender::new(State::Unknown),
        }
    }

    pub(crate) fn state(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    pub(crate) fn connection(&self) -> Option<Established> {
        let held = self.connection.read();
        let held = held.unwrap_or_else(PoisonError::into_inner).clone()?;
        let failures = self.failures.load(Ordering::SeqCst);
        Some(Established { failures, ..held })
    }

    pub(crate) fn establish(&self, connection: Connection, number: u64) {
        self.failures.store(0, Ordering::SeqCst);
        self.set(Some(Established {
            connection,
            number,
            failures: 0,
        }));
        self.state.send_replace(State::There);
    }

    /// Nothing could be established.
    pub(crate) fn give_up(&self, cause: String) {
        self.state.send_replace(State::Away(cause));
    }

    pub(crate) fn succeeded(&self) {
        if self.failures.load(Ordering::Relaxed) != 0 {
            self.failures.store(0, Ordering::SeqCst);
        }
    }

    /// Notes a failure of this connection, unless another was noted since it was taken: with the
    /// last of too many it is given up.
    pub(crate) fn failed(&self, failed: &Established, cause: impl FnOnce() -> String) {
        let failures = failed.failures + 1;
        let order = Ordering::SeqCst;
        let noted = self
            .failures
            .compare_exchange(failed.failures, failures, order, order);
        if noted.is_ok() && failures >= MAX_FAILURES && self.drop_connection(failed.number) {
            self.give_up(cause());
        }
    }

    /// Whether it was this one.
    fn drop_connection(&self, number: u64) -> bool {
        let mut held = self
            .connection
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let same = held.as_ref().is_some_and(|held| held.number == number);
        if same {
            *held = None;
        }
        same
    }

    fn set(&self, connection: Option<Established>) {
        let mut held = self
            .connection
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *held = connection;
    }
}
