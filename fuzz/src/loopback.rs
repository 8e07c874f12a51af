//! The smallest server that a client of the providers can talk to: it answers what it is told to,
//! byte for byte, on connections that stay open.

use std::sync::Arc;

use tieline_providers::{Egress, EgressPolicy};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use url::Url;

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names and values, which have to be fit for a header.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.into(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let length = ("content-length", self.body.len().to_string());
        let mut head = format!("HTTP/1.1 {} -\r\n", self.status);
        for (name, value) in self.headers.iter().chain([&length]) {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.body].concat()
    }
}

/// A client that may call it.
pub(crate) fn egress() -> Egress {
    let policy = EgressPolicy {
        allow_private_addresses: true,
        ..EgressPolicy::default()
    };
    Egress::new(policy).unwrap()
}

/// Answers every request as `script` says, while the runtime runs, and tells where.
pub(crate) async fn serve(script: impl Fn(&Url) -> Answer + Send + Sync + 'static) -> Url {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let base = Url::parse(&format!("http://{address}")).unwrap();
    let asked = base.clone();
    let script = move |path: &str| script(&asked.join(path).unwrap()).bytes();
    let script: Arc<Answers> = Arc::new(script);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(stream, Arc::clone(&script)));
        }
    });
    base
}

/// The same for a path, as bytes.
type Answers = dyn Fn(&str) -> Vec<u8> + Send + Sync;

/// Answers until the client goes.
async fn talk(mut stream: TcpStream, answer: Arc<Answers>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut received = Vec::new();
    loop {
        let (path, length) = loop {
            if let Some(request) = complete(&received) {
                break request;
            }
            if stream.read_buf(&mut received).await.ok()? == 0 {
                return None;
            }
        };
        received.drain(..length);
        stream.write_all(&answer(&path)).await.ok()?;
    }
}

/// The path of the first request, if all of it is there, and its length.
fn complete(received: &[u8]) -> Option<(String, usize)> {
    let end = received.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&received[..end]).to_ascii_lowercase();
    let body = head.split("content-length: ").nth(1);
    let body = body.map_or(0, |rest| rest.split('\r').next().unwrap().parse().unwrap());
    let path = head.split(' ').nth(1)?.to_owned();
    (received.len() >= end + body).then_some((path, end + body))
}
