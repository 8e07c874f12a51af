//! The connections: accepted up to a limit, each cut when nothing comes of it. `axum::serve` knows
//! neither.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::Router;
use tieline_domain::ports::Timer;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::connection::{Connection, State, serve};
use crate::system::TokioTimer;

/// How often the connections are looked through, and the unit in which their age is told.
const TICK: Duration = Duration::from_secs(1);

/// How many ticks a new connection has until the head of its first request is there.
const FIRST_REQUEST: u64 = 10;

/// How many ticks a connection is kept for another request: longer than the usual proxies keep
/// theirs, so that they do not send one just as it is closed.
const IDLE: u64 = 75;

/// How many ticks a connection has to end by itself, once it was asked to.
const CLOSING: u64 = 10;

/// How long no more are accepted when the operating system has none to give.
const PAUSE: Duration = Duration::from_secs(1);

/// The connections that are open.
pub(super) struct Connections {
    open: Mutex<Open>,
    limit: usize,
    /// How many ticks there were.
    now: AtomicU64,
}

#[derive(Default)]
struct Open {
    by_number: HashMap<u64, Arc<State>>,
    next: u64,
}

impl Connections {
    /// None yet, and never more than this.
    pub(super) fn up_to(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            open: Mutex::default(),
            limit: limit.max(1),
            now: AtomicU64::new(0),
        })
    }

    /// Accepts and serves until `stopping` is cancelled, then lets each come to its end.
    pub(super) async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        router: Router,
        stopping: CancellationToken,
    ) {
        let tasks = TaskTracker::new();
        let mut ticks = tokio::time::interval(TICK);
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = ticks.tick() => {
                    self.tick();
                    continue;
                }
                () = stopping.cancelled() => break,
            };
            match accepted {
                Ok((stream, peer)) => self.admit(stream, peer, &router, &stopping, &tasks),
                Err(error) if is_the_clients(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "no connection can be accepted");
                    TokioTimer.pause(PAUSE).await;
                }
            }
        }
        drop(listener);
        tasks.close();
        loop {
            tokio::select! {
                () = tasks.wait() => return,
                _ = ticks.tick() => self.tick(),
            }
        }
    }

    /// Serves a connection on a task of its own, if there is room for it or room can be made.
    fn admit(
        self: &Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        router: &Router,
        stopping: &CancellationToken,
        tasks: &TaskTracker,
    ) {
        if let Some(connection) = self.open(stopping) {
            tasks.spawn(serve(stream, peer, router.clone(), connection));
        }
    }

    /// Enters a connection, in the place of an idle one where there is no more room.
    pub(super) fn open(self: &Arc<Self>, stopping: &CancellationToken) -> Option<Connection> {
        let mut open = self.lock();
        if open.by_number.len() >= self.limit {
            let evicted = open.most_dispensable()?;
            if let Some(state) = open.by_number.remove(&evicted) {
                state.cut();
            }
        }
        let number = open.next;
        open.next += 1;
        let state = Arc::new(State::new(number, self.now(), stopping));
        open.by_number.insert(number, Arc::clone(&state));
        drop(open);
        Some(Connection::new(Arc::clone(self), state))
    }

    /// Takes out a connection that has ended.
    pub(super) fn close(&self, number: u64) {
        self.lock().by_number.remove(&number);
    }

    /// The tick that it is.
    pub(super) fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    /// Lets time pass, and ends the connections of which nothing comes.
    pub(super) fn tick(&self) {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        for state in self.lock().by_number.values() {
            let Some(since) = state.idle_since() else {
                continue;
            };
            let idle = now.saturating_sub(since);
            match state.was_used() {
                false if idle >= FIRST_REQUEST => state.cut(),
                true if idle >= IDLE + CLOSING => state.cut(),
                true if idle >= IDLE => state.ask_to_end(),
                _ => {}
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// The connection that is missed least: the oldest without a request yet, else the one that
    /// has been without work the longest. None where all are at work.
    fn most_dispensable(&self) -> Option<u64> {
        let idle = self.by_number.iter().filter_map(|(number, state)| {
            let since = state.idle_since()?;
            Some((state.was_used(), since, *number))
        });
        idle.min().map(|(_, _, number)| number)
    }
}

/// Whether the connection broke before it was accepted.
fn is_the_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}
