//! One connection: its requests, and how it is ended from outside.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::ConnectInfo,
    http::{HeaderValue, Request, header},
};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use tieline_adapter_http::{RETRY_AFTER, Refused, TooSoon};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::{
    body::{WholeBody, is_too_long},
    connections::Connections,
};

/// The most bytes that a connection may have us keep of what was read and not yet understood: the
/// head of a request over HTTP/1 has to fit.
const BUFFER: usize = 64 * 1024;

/// How many requests at once a connection over HTTP/2 may have.
const STREAMS: u32 = 100;

/// How long nothing more is done for a connection on which a request was [`Refused`]; after another
/// refusal soon after that twice as long, and so on, for as long as `Retry-After` says at the most.
/// Whoever asks again at once, whatever it says, would keep the machine from what was let in.
pub(super) const REST: Duration = Duration::from_millis(250);

/// What is known of a connection from outside.
pub(super) struct State {
    number: u64,
    working: AtomicU32,
    used: AtomicBool,
    /// The tick at which it was opened or last had work.
    idle_since: AtomicU64,
    ending: CancellationToken,
    cut: CancellationToken,
}

/// A connection that is entered among the others until this is dropped.
pub(super) struct Connection {
    all: Arc<Connections>,
    state: Arc<State>,
}

/// A request that is worked on.
struct Work {
    all: Arc<Connections>,
    state: Arc<State>,
}

/// Serves a connection to its end.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    router: Router,
    connection: Connection,
) {
    let (connection, rest) = (Arc::new(connection), Rest::default());
    let service = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        if rest.comes_too_soon(now) {
            request.extensions_mut().insert(TooSoon);
        }
        let (connection, rest) = (Arc::clone(&connection), rest.clone());
        let is_last = is_too_long(&request);
        let request = WholeBody::of(request, &connection.state);
        let answer = router.clone().oneshot(request);
        async move {
            // Meanwhile it is idle: for want of room it may be cut for one that asks the first time.
            let rested = rest.is_over().await;
            let work = connection.begin();
            let mut answer = answer.await?;
            drop(work);
            if is_last {
                let close = HeaderValue::from_static("close");
                answer.headers_mut().insert(header::CONNECTION, close);
            }
            if answer.extensions().get::<Refused>().is_some() {
                rest.begin(now());
            } else if rested {
                rest.forget(now());
            }
            Ok::<_, Infallible>(answer)
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().max_buf_size(BUFFER);
    builder.http2().max_concurrent_streams(STREAMS);
    let mut served = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let state = &connection.state;
    tokio::select! {
        _ = served.as_mut() => return,
        () = state.cut.cancelled() => return,
        () = state.is_to_end() => served.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        _ = served => {}
        () = state.cut.cancelled() => {}
    }
}

/// Whether a connection has to rest. All requests on it wait for that.
#[derive(Clone, Default)]
pub(super) struct Rest(Arc<Mutex<Option<LastRest>>>);

/// The rest that is not over, or after which nothing was let in yet.
#[derive(Clone, Copy)]
struct LastRest {
    until: Instant,
    length: Duration,
    /// When the first of these refusals was, each of which came soon after the rest for the one before.
    refused_at: Instant,
}

impl Rest {
    /// Begins one and answers until when; of many requests at once that are refused, one does.
    pub(super) fn begin(&self, now: Instant) -> Instant {
        let mut last = self.last();
        let (length, refused_at) = match *last {
            Some(last) if now < last.until => return last.until,
            Some(last) if now < last.until + RETRY_AFTER => {
                ((last.length * 2).min(RETRY_AFTER), last.refused_at)
            }
            _ => (REST, now),
        };
        let until = now + length;
        *last = Some(LastRest {
            until,
            length,
            refused_at,
        });
        until
    }

    /// Something was let in: whoever is refused after that rests as for the first time. A rest that
    /// began meanwhile, for another request on the connection, goes on.
    pub(super) fn forget(&self, now: Instant) {
        self.last().take_if(|last| last.until <= now);
    }

    /// Whether a request that comes now is worked on sooner than `Retry-After` has said. Who was
    /// refused for as long as that comes in time, however often they asked.
    pub(super) fn comes_too_soon(&self, now: impl FnOnce() -> Instant) -> bool {
        let last = *self.last();
        last.is_some_and(|last| last.until.max(now()) < last.refused_at + RETRY_AFTER)
    }

    /// Waits until it is; answers whether there was any.
    #[expect(
        clippy::disallowed_methods,
        reason = "it is time itself that has to pass"
    )]
    pub(super) async fn is_over(&self) -> bool {
        let last = *self.last();
        if let Some(last) = last {
            tokio::time::sleep_until(last.until).await;
        }
        last.is_some()
    }

    fn last(&self) -> MutexGuard<'_, Option<LastRest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a rest lasts as long as timers say"
)]
fn now() -> Instant {
    Instant::now()
}

impl State {
    /// A connection that was just opened, and is asked to end when `stopping` is cancelled.
    pub(super) fn new(number: u64, now: u64, stopping: &CancellationToken) -> Self {
        Self {
            number,
            working: AtomicU32::new(0),
            used: AtomicBool::new(false),
            idle_since: AtomicU64::new(now),
            ending: stopping.child_token(),
            cut: CancellationToken::new(),
        }
    }

    /// Whether it ever had a request.
    pub(super) fn was_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    /// Since which tick it has been without work; nothing while it has some.
    pub(super) fn idle_since(&self) -> Option<u64> {
        let is_idle = self.working.load(Ordering::Relaxed) == 0;
        is_idle.then(|| self.idle_since.load(Ordering::Relaxed))
    }

    /// Waits until it is to end.
    pub(super) async fn is_to_end(&self) {
        self.ending.cancelled().await;
    }

    /// Has it end after what it is doing.
    pub(super) fn ask_to_end(&self) {
        self.ending.cancel();
    }

    /// Ends it at once.
    pub(super) fn cut(&self) {
        self.cut.cancel();
    }
}

impl Connection {
    pub(super) fn new(all: Arc<Connections>, state: Arc<State>) -> Self {
        Self { all, state }
    }

    fn begin(&self) -> Work {
        self.state.used.store(true, Ordering::Relaxed);
        self.state.working.fetch_add(1, Ordering::Relaxed);
        Work {
            all: Arc::clone(&self.all),
            state: Arc::clone(&self.state),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.all.close(self.state.number);
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let state = &self.state;
        state.idle_since.store(self.all.now(), Ordering::Relaxed);
        state.working.fetch_sub(1, Ordering::Relaxed);
    }
}
