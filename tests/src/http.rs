//! HTTP as a back end and a browser speak it.

use reqwest::{Client, Response, header, redirect};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::Url;

use crate::{Server, within};

/// A client that follows no redirect and asks no proxy.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "it stands for somebody else's client, on loopback only"
)]
pub fn http_client() -> Client {
    Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        // Nobody here speaks TLS, and reading the system's certificates takes its time.
        .tls_certs_only([])
        .build()
        .expect("a client")
}

/// Where an answer sends its reader.
pub(crate) fn location(response: &Response) -> Option<Url> {
    let location = response.headers().get(header::LOCATION)?;
    let location = location.to_str().expect("a location is text");
    Some(response.url().join(location).expect("a location is a URL"))
}

/// The query parameter of this name.
#[must_use]
pub fn param(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    let (_, value) = pairs.find(|(known, _)| known == name)?;
    Some(value.into_owned())
}

/// The URL with this parameter set to another value, where it stood or at the end.
#[must_use]
pub fn with_param(url: &Url, name: &str, value: &str) -> Url {
    let mut changed = without_param(url, name);
    changed.query_pairs_mut().append_pair(name, value);
    changed
}

/// The URL without this parameter.
#[must_use]
pub fn without_param(url: &Url, name: &str) -> Url {
    let mut changed = url.clone();
    let kept = url.query_pairs().filter(|(known, _)| known != name);
    changed.query_pairs_mut().clear().extend_pairs(kept);
    changed
}

/// All headers in one text, for searching.
#[must_use]
pub fn headers_of(headers: &header::HeaderMap) -> String {
    let line = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
        format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()))
    };
    headers.iter().map(line).collect()
}

/// Sends these very bytes to a server and answers what comes back, to the end.
pub async fn raw_exchange(server: &Server, request: &[u8]) -> String {
    let url = server.url("/");
    let address = url.socket_addrs(|| None).expect("an address");
    let mut stream = TcpStream::connect(&*address).await.expect("it listens");
    stream.write_all(request).await.expect("it reads");
    let mut answer = Vec::new();
    // A server that refuses early may reset the connection behind its answer.
    let _ = within("an answer", stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}
