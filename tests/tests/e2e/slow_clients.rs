//! Clients that are slow, many, or send too much.

use std::{collections::VecDeque, net::SocketAddr};

use tieline_tests::{Api, BOOTSTRAP_KEY, Home, Server, Stage, raw_exchange, within};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

const PART_OF_A_HEAD: &[u8] = b"GET /v1/channel-connections HTTP/1.1\r\nHost: x\r\nX-Slow: ";

fn address(server: &Server) -> SocketAddr {
    let addresses = server.url("/").socket_addrs(|| None);
    addresses.expect("an address")[0]
}

async fn begun(address: SocketAddr, part: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    // It may have been cut already.
    let _ = stream.write_all(part).await;
    stream
}

/// The only test here that waits as long as a client may: each way to be slow, at once.
#[tokio::test]
async fn a_connection_on_which_no_request_comes_is_cut() {
    let server = Server::start(Home::empty()).await;
    let mut cut = JoinSet::new();
    for part in [
        &b""[..],
        b"P",
        PART_OF_A_HEAD,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let mut stream = begun(address(&server), part).await;
        cut.spawn(async move {
            let mut answer = Vec::new();
            // Cut it is, one way or another.
            let _ = within("it is cut", stream.read_to_end(&mut answer)).await;
        });
    }
    cut.join_all().await;
}

#[tokio::test]
async fn five_thousand_slow_connections_stop_no_good_client() {
    let stage = Stage::start_with(|setup| setup.home.set("CLIENT_CONNECTIONS", "200")).await;
    let address = address(&stage.server);
    let mut slow = VecDeque::new();
    for number in 0..5000 {
        slow.push_back(begun(address, PART_OF_A_HEAD).await);
        // Those that the server has cut long ago; a test may not have so many open, either.
        if slow.len() > 400 {
            slow.pop_front();
        }
        if number % 100 == 99 {
            // On a connection of its own.
            let api = Api::of(&stage.server);
            assert_eq!(api.get("/v1/channel-connections").await.status, 200);
            assert_eq!(stage.api.get("/readyz").await.status, 200);
        }
    }
}

#[tokio::test]
async fn a_head_of_too_many_lines_or_bytes_is_refused() {
    let server = Server::start(Home::empty()).await;
    let request = |lines: usize, bytes: usize| {
        let line = format!("x-line: {}\r\n", "x".repeat(bytes));
        let lines = line.repeat(lines);
        format!("GET /healthz HTTP/1.1\r\n{lines}Host: x\r\nConnection: close\r\n\r\n")
    };
    for (lines, bytes, expected) in [
        (98, 10, "HTTP/1.1 200 "),
        (99, 10, "HTTP/1.1 431 "),
        (1, 60_000, "HTTP/1.1 200 "),
        (1, 70_000, "HTTP/1.1 431 "),
    ] {
        let answer = raw_exchange(&server, request(lines, bytes).as_bytes()).await;
        assert!(answer.starts_with(expected), "{lines} {bytes}: {answer}");
    }
}

/// A million brackets are no million levels: nothing is read beyond 64 KiB, nothing parsed beyond
/// some levels.
#[tokio::test]
async fn deep_and_large_bodies_cost_little_memory() {
    const MIB: u64 = 1024;
    let stage = Stage::start().await;
    let before = stage.server.peak_kib();
    for body in [
        "[".repeat(1_000_000),
        "[".repeat(60_000),
        "x".repeat(2_000_000),
    ] {
        let mut sending = JoinSet::new();
        for _ in 0..20 {
            let (api, body) = (stage.api.clone(), body.clone());
            sending.spawn(async move {
                let request = api.request(reqwest::Method::POST, "/v1/channel-connections");
                let request = request.header("content-type", "application/json");
                // The connection may break as it is refused.
                let answer = request.body(body).send().await.ok()?;
                Some(answer.status().as_u16())
            });
        }
        let statuses = within("all are answered", sending.join_all()).await;
        let refused = |status: &Option<u16>| matches!(status, None | Some(400 | 413));
        assert!(statuses.iter().all(refused), "{statuses:?}");
    }
    let grown = stage.server.peak_kib() - before;
    assert!(grown < 32 * MIB, "{grown} KiB");
    // On a connection that was not broken by it.
    let api = Api::of(&stage.server);
    assert_eq!(api.get("/readyz").await.status, 200);
}

/// As clients do that send head and body apart and keep their connection.
#[tokio::test]
async fn an_answer_that_needs_no_body_leaves_its_connection_open() {
    let server = Server::start(Home::empty()).await;
    let mut stream = begun(address(&server), b"").await;
    for (path, key, expected) in [
        ("/v1/nowhere", BOOTSTRAP_KEY, "HTTP/1.1 404 "),
        ("/readyz", BOOTSTRAP_KEY, "HTTP/1.1 405 "),
        ("/v1/channel-connections", "tl_nobody-s", "HTTP/1.1 401 "),
    ] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: ApiKey {key}\r\n\
             Content-Type: application/json\r\nContent-Length: 2\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.expect("it is open");
        let mut answer = vec![0; 4096];
        let read = within("it is answered", stream.read(&mut answer)).await;
        let answer = String::from_utf8_lossy(&answer[..read.expect("it is open")]);
        assert!(answer.starts_with(expected), "{path}: {answer}");
        stream.write_all(b"{}").await.expect("it is open");
    }
}

/// Sends chunks of a body without an end until it is answered or cut off; tells what was answered.
async fn endless(address: SocketAddr, head: String) -> String {
    const CHUNK: [u8; 1024] = [b' '; 1024];
    let mut stream = begun(address, head.as_bytes()).await;
    let (mut receiver, mut sender) = stream.split();
    let mut answer = vec![0; 256];
    let sending = async {
        loop {
            let begin = sender.write_all(b"400\r\n").await;
            if begin.is_err() || sender.write_all(&CHUNK).await.is_err() {
                return;
            }
            if sender.write_all(b"\r\n").await.is_err() {
                return;
            }
        }
    };
    let receiving = receiver.read(&mut answer);
    let read = tokio::select! {
        read = receiving => read,
        () = sending => Ok(0),
    };
    let read = read.unwrap_or_default();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

#[tokio::test]
async fn a_body_without_an_end_is_refused_and_harms_nobody() {
    const MIB: u64 = 1024;
    let stage = Stage::start().await;
    let head = |key: &str| {
        format!(
            "POST /v1/channel-connections HTTP/1.1\r\nHost: x\r\nAuthorization: ApiKey {key}\r\n\
             Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
    };
    let before = stage.server.peak_kib();
    for (key, expected) in [
        (BOOTSTRAP_KEY, "HTTP/1.1 413 "),
        ("tl_nobody-s", "HTTP/1.1 401 "),
    ] {
        let mut sending = JoinSet::new();
        for _ in 0..50 {
            sending.spawn(endless(address(&stage.server), head(key)));
        }
        // Meanwhile the others are served.
        assert_eq!(stage.api.get("/v1/channel-connections").await.status, 200);
        let answers = within("all are answered", sending.join_all()).await;
        // Whoever still sends may find the connection cut before the answer is read.
        let refused = |answer: &String| answer.is_empty() || answer.starts_with(expected);
        assert!(answers.iter().all(refused), "{answers:?}");
        assert!(answers.iter().any(|answer| !answer.is_empty()), "{key}");
    }
    let grown = stage.server.peak_kib() - before;
    assert!(grown < 32 * MIB, "{grown} KiB");
}
