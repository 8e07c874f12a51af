//! A product that receives what the sandbox sends.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use url::Url;

/// Listens, remembers what came, and answers all of it alike.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) url: Url,
    state: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    status: StatusCode,
    received: Mutex<Vec<Received>>,
    /// Each answer takes one away.
    answers: Semaphore,
}

/// What came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Receiver {
    /// Answers with this status at once.
    pub(crate) async fn start(status: u16) -> Self {
        let receiver = Self::start_holding(status).await;
        receiver.answer(1000);
        receiver
    }

    /// Answers when it is told to.
    pub(crate) async fn start_holding(status: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Shared {
            status: StatusCode::from_u16(status).expect("a status"),
            received: Mutex::default(),
            answers: Semaphore::new(0),
        });
        let router = Router::new()
            .fallback(receive)
            .with_state(Arc::clone(&state));
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("it serves");
        });
        let url = Url::parse(&format!("http://{address}/events?from=sandbox")).expect("a URL");
        Self { url, state, server }
    }

    /// Lets so many more be answered.
    pub(crate) fn answer(&self, more: usize) {
        self.state.answers.add_permits(more);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.state.received.lock().expect("no panic").clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Received {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

async fn receive(
    State(state): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    let body = String::from_utf8(body.to_vec()).expect("text");
    let received = Received { headers, body };
    state.received.lock().expect("no panic").push(received);
    state
        .answers
        .acquire()
        .await
        .expect("never closed")
        .forget();
    (state.status, "heard")
}
