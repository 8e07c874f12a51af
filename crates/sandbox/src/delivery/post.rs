//! The one way out of the sandbox. It leads to loopback addresses alone.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::body::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, lookup_host};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use url::{Host, Url};

use super::{DeliveryState, Letter};

/// "The Events API" (docs.slack.dev): three seconds for an answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// What is kept of an answer.
const ANSWER_LIMIT: usize = 64 * 1024;

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// Posts a letter and waits for the answer, three seconds at most.
pub(super) async fn post(letter: &Letter) -> DeliveryState {
    let failed = |reason: String| DeliveryState::Failed { reason };
    match timeout(PATIENCE, attempt(letter)).await {
        Ok(Ok((status, body))) => DeliveryState::Answered { status, body },
        Ok(Err(error)) => failed(error.to_string()),
        Err(_) => failed("there was no answer for three seconds".to_owned()),
    }
}

async fn attempt(letter: &Letter) -> Result<(u16, String), AnyError> {
    let address = loopback(&letter.to).await?;
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let _connection = Connection(tokio::spawn(connection).abort_handle());
    let response = sender.send_request(request(letter)?).await?;
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), ANSWER_LIMIT);
    let body = body.collect().await?.to_bytes();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

/// Ends with what it was made for.
struct Connection(AbortHandle);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn request(letter: &Letter) -> Result<Request<Full<Bytes>>, AnyError> {
    let target = &letter.to[url::Position::BeforePath..url::Position::AfterQuery];
    let host = &letter.to[url::Position::BeforeHost..url::Position::AfterPort];
    let mut request = Request::post(target)
        .header(HOST, host)
        .header(CONTENT_TYPE, "application/json");
    for (name, value) in &letter.headers {
        request = request.header(name, value);
    }
    Ok(request.body(Full::from(letter.body.clone()))?)
}

async fn loopback(url: &Url) -> Result<SocketAddr, AnyError> {
    const ELSEWHERE: &str = "the sandbox delivers to loopback addresses over http only";
    if url.scheme() != "http" {
        return Err(ELSEWHERE.into());
    }
    let port = url.port_or_known_default().unwrap_or(80);
    let address = match url.host() {
        Some(Host::Ipv4(ip)) => Some(SocketAddr::new(IpAddr::V4(ip), port)),
        Some(Host::Ipv6(ip)) => Some(SocketAddr::new(IpAddr::V6(ip), port)),
        // No other name: looking it up would be traffic already.
        Some(Host::Domain("localhost")) => lookup_host(("localhost", port)).await?.next(),
        _ => None,
    };
    let address = address.filter(|address| address.ip().is_loopback());
    address.ok_or_else(|| ELSEWHERE.into())
}
