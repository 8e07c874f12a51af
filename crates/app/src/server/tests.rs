//! Connections, one by one: what is slow is cut, and what works is left alone. A test lets time pass
//! by the tick.

use std::{future::poll_fn, net::SocketAddr, pin::pin, sync::Arc, task::Poll, time::Duration};

use axum::{Extension, Router, http::StatusCode, routing::get};
use tieline_adapter_http::{MAX_BODY, RETRY_AFTER, Refused, TooSoon};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    sync::Notify,
    task::JoinHandle,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    connection::{REST, Rest, serve},
    connections::Connections,
};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/// A client's end of a connection, and the task that serves it.
struct Client {
    stream: DuplexStream,
    serving: JoinHandle<()>,
}

impl Client {
    fn of(connections: &Arc<Connections>, router: Router, stopping: &CancellationToken) -> Self {
        let connection = connections.open(stopping).expect("there is room");
        // Little enough that an answer which nobody reads does not fit.
        let (stream, theirs) = duplex(256);
        let peer = SocketAddr::from(([192, 0, 2, 7], 4711));
        let serving = tokio::spawn(serve(theirs, peer, router, connection));
        Self { stream, serving }
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        // What was sent is read before anything else happens.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }

    /// Reads an answer; its body is the word that all of them end with.
    async fn answer(&mut self) -> String {
        let mut answer = Vec::new();
        while !answer.ends_with(b"served") {
            let byte = self.stream.read_u8().await.expect("an answer");
            answer.push(byte);
        }
        String::from_utf8(answer).unwrap()
    }

    /// Waits until the server has ended it.
    async fn ended(&mut self) {
        let ended = timeout(Duration::from_secs(5), &mut self.serving).await;
        ended.expect("it was not ended").unwrap();
    }

    async fn is_open(&mut self) -> bool {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        !self.serving.is_finished()
    }
}

fn router() -> Router {
    Router::new().route("/", get(async || "served"))
}

fn pass(connections: &Connections, ticks: u64) {
    for _ in 0..ticks {
        connections.tick();
    }
}

#[tokio::test]
async fn a_new_connection_without_a_whole_head_is_cut_after_ten_seconds() {
    let stopping = CancellationToken::new();
    for part in [
        &b""[..],
        b"P",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"PRI * HTTP/2.0\r\n\r\nSM",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let connections = Connections::up_to(10);
        let mut client = Client::of(&connections, router(), &stopping);
        client.send(part).await;
        pass(&connections, 9);
        assert!(client.is_open().await, "{}", part.escape_ascii());
        pass(&connections, 1);
        client.ended().await;
    }
}

#[tokio::test]
async fn a_head_that_comes_in_time_is_answered_however_it_comes() {
    let stopping = CancellationToken::new();
    let connections = Connections::up_to(10);
    let mut client = Client::of(&connections, router(), &stopping);
    let (first, rest) = REQUEST.split_at(20);
    client.send(first).await;
    pass(&connections, 9);
    client.send(rest).await;
    assert!(client.answer().await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn a_kept_connection_is_closed_after_75_idle_seconds() {
    let stopping = CancellationToken::new();
    let connections = Connections::up_to(10);
    let mut client = Client::of(&connections, router(), &stopping);
    for _ in 0..3 {
        client.send(REQUEST).await;
        client.answer().await;
        pass(&connections, 74);
        assert!(client.is_open().await);
    }
    pass(&connections, 1);
    client.ended().await;
}

#[tokio::test]
async fn a_request_that_is_worked_on_is_not_cut() {
    let go = Arc::new(Notify::new());
    let waiting = Arc::clone(&go);
    let slow = async move || {
        waiting.notified().await;
        "served"
    };
    let stopping = CancellationToken::new();
    let connections = Connections::up_to(10);
    let mut client = Client::of(&connections, Router::new().route("/", get(slow)), &stopping);
    client.send(REQUEST).await;
    pass(&connections, 500);
    // Nor is it when the server is asked to end.
    stopping.cancel();
    go.notify_one();
    assert!(client.answer().await.starts_with("HTTP/1.1 200 OK"));
    client.ended().await;
}

#[tokio::test]
async fn who_does_not_read_the_answer_is_cut() {
    let long = Router::new().route("/", get(async || "served".repeat(100_000)));
    let stopping = CancellationToken::new();
    let connections = Connections::up_to(10);
    let mut client = Client::of(&connections, long, &stopping);
    client.send(REQUEST).await;
    pass(&connections, 84);
    assert!(client.is_open().await);
    pass(&connections, 1);
    client.ended().await;
}

#[tokio::test]
async fn an_idle_connection_ends_with_the_server() {
    let stopping = CancellationToken::new();
    let connections = Connections::up_to(10);
    let mut new = Client::of(&connections, router(), &stopping);
    let mut kept = Client::of(&connections, router(), &stopping);
    kept.send(REQUEST).await;
    kept.answer().await;
    stopping.cancel();
    new.ended().await;
    kept.ended().await;
}

#[tokio::test]
async fn one_too_many_takes_the_place_of_the_one_that_is_missed_least() {
    let stopping = CancellationToken::new();
    let connections = Connections::up_to(3);
    let client = || Client::of(&connections, router(), &stopping);
    let mut kept = client();
    kept.send(REQUEST).await;
    kept.answer().await;
    let (mut first, mut second) = (client(), client());

    let mut third = client();
    first.ended().await;
    let mut fourth = client();
    second.ended().await;
    for used in [&mut third, &mut fourth] {
        used.send(REQUEST).await;
        used.answer().await;
    }
    pass(&connections, 1);
    for used in [&mut third, &mut fourth] {
        used.send(REQUEST).await;
        used.answer().await;
    }
    let mut fifth = client();
    kept.ended().await;
    assert!(third.is_open().await && fourth.is_open().await && fifth.is_open().await);
}

#[tokio::test]
async fn none_that_works_is_cut_for_another() {
    let forever = Router::new().route("/", get(std::future::pending::<&str>));
    let stopping = CancellationToken::new();
    let connections = Connections::up_to(2);
    let mut working = Vec::new();
    for _ in 0..2 {
        let mut client = Client::of(&connections, forever.clone(), &stopping);
        client.send(REQUEST).await;
        working.push(client);
    }
    assert!(connections.open(&stopping).is_none());
    // Who goes away makes room.
    drop(working.pop().map(|client| client.stream));
    let made = async {
        while connections.open(&stopping).is_none() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(5), made).await.expect("room");
}

#[expect(clippy::disallowed_methods, reason = "it is about time that passes")]
fn now() -> Instant {
    Instant::now()
}

fn refusing() -> Router {
    let refusal = async || {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            Extension(Refused),
            "served",
        )
    };
    Router::new().route("/", get(refusal))
}

/// M5
#[tokio::test]
async fn who_was_refused_for_want_of_room_has_to_rest() {
    let stopping = CancellationToken::new();
    let mut client = Client::of(&Connections::up_to(10), refusing(), &stopping);
    let began = now();
    for _ in 0..2 {
        client.send(REQUEST).await;
        assert!(client.answer().await.starts_with("HTTP/1.1 503 "));
    }
    assert!(began.elapsed() >= REST);
}

#[test]
fn who_is_refused_again_and_again_rests_longer_each_time() {
    let (rest, mut now) = (Rest::default(), now());
    for length in [REST, REST * 2, REST * 4, RETRY_AFTER, RETRY_AFTER] {
        let until = rest.begin(now);
        assert_eq!(until - now, length);
        // What is refused meanwhile makes it no longer.
        assert_eq!(rest.begin(until - length / 2), until);
        now = until;
    }
    rest.forget(now);
    assert_eq!(rest.begin(now) - now, REST);
    // What is refused long after that is refused for the first time.
    let later = now + REST + RETRY_AFTER;
    assert_eq!(rest.begin(later) - later, REST);
}

/// M5
#[test]
fn who_comes_again_sooner_than_they_were_told_comes_too_soon() {
    let (rest, now) = (Rest::default(), now());
    assert!(!rest.comes_too_soon(|| now));
    let told = now + RETRY_AFTER;
    let until = rest.begin(now);
    assert!(rest.comes_too_soon(|| until) && !rest.comes_too_soon(|| told));
    let until = rest.begin(until);
    assert!(rest.comes_too_soon(|| now) && until < told);
    let until = rest.begin(until);
    assert!(rest.comes_too_soon(|| now) && until < told);
    // After this one as long has passed since the first refusal as was told then.
    assert!(rest.begin(until) >= told && !rest.comes_too_soon(|| now));
    rest.forget(told + RETRY_AFTER);
    assert!(!rest.comes_too_soon(|| told + RETRY_AFTER));
}

/// M5
#[tokio::test]
async fn the_request_after_a_refusal_is_marked() {
    let stopping = CancellationToken::new();
    let told = async |too_soon: Option<Extension<TooSoon>>| {
        let word = too_soon.map_or("in time", |_| "too soon");
        ([("when", word)], "served")
    };
    let router = refusing().route("/told", get(told));
    let mut client = Client::of(&Connections::up_to(10), router, &stopping);
    let mut asked = async |path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        client.send(request.as_bytes()).await;
        client.answer().await
    };
    assert!(asked("/told").await.contains("when: in time"));
    assert!(asked("/").await.starts_with("HTTP/1.1 503 "));
    assert!(asked("/told").await.contains("when: too soon"));
    assert!(asked("/told").await.contains("when: in time"));
}

/// Over HTTP/2 one request may be let in while another is refused.
#[test]
fn a_rest_that_is_not_over_is_not_forgotten() {
    let (rest, now) = (Rest::default(), now());
    let until = rest.begin(now);
    rest.forget(until - REST / 2);
    assert_eq!(rest.begin(until - REST / 2), until);
}

/// Answers without a look at the body.
fn heedless() -> Router {
    Router::new().route("/", get(async || "served").post(async || "served"))
}

#[tokio::test]
async fn a_body_that_comes_after_its_answer_leaves_the_connection_as_it_was() {
    const LENGTH: &[u8] = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n";
    const CHUNKED: &[u8] = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    let stopping = CancellationToken::new();
    for (head, parts) in [
        (LENGTH, [&b"late"[..], b"body"]),
        (CHUNKED, [b"4\r\nlate\r\n", b"4\r\nbody\r\n0\r\n\r\n"]),
    ] {
        let mut client = Client::of(&Connections::up_to(10), heedless(), &stopping);
        for _ in 0..2 {
            client.send(head).await;
            assert!(client.answer().await.starts_with("HTTP/1.1 200 OK"));
            for part in parts {
                client.send(part).await;
            }
            client.send(REQUEST).await;
            assert!(client.answer().await.starts_with("HTTP/1.1 200 OK"));
        }
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_is_told_to_end_the_connection() {
    let stopping = CancellationToken::new();
    for (length, ends) in [(MAX_BODY, false), (MAX_BODY + 1, true)] {
        let mut client = Client::of(&Connections::up_to(10), heedless(), &stopping);
        let head = format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
        client.send(head.as_bytes()).await;
        let answer = client.answer().await;
        assert_eq!(answer.contains("connection: close"), ends, "{answer}");
        if ends {
            client.ended().await;
        }
    }
}

#[tokio::test]
async fn a_body_without_an_end_ends_the_connection() {
    let stopping = CancellationToken::new();
    let mut client = Client::of(&Connections::up_to(10), heedless(), &stopping);
    let head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.send(head).await;
    client.answer().await;
    let mut sent = 0;
    while client.stream.write_all(b"4\r\nmore\r\n").await.is_ok() {
        sent += 4;
    }
    client.ended().await;
    assert!((MAX_BODY..MAX_BODY * 2).contains(&sent), "{sent}");
}

/// Nor does it matter to a server that ends.
#[tokio::test]
async fn a_body_that_never_comes_makes_a_connection_no_busier() {
    let head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nlate";
    for stops in [false, true] {
        let (connections, stopping) = (Connections::up_to(10), CancellationToken::new());
        let mut client = Client::of(&connections, heedless(), &stopping);
        client.send(head).await;
        client.answer().await;
        assert!(client.is_open().await);
        if stops {
            stopping.cancel();
        } else {
            pass(&connections, 75);
        }
        client.ended().await;
    }
}

/// Eight short rests; with each twice as long as the one before, they would take most of twelve
/// seconds.
#[tokio::test]
async fn who_was_let_in_rests_as_for_the_first_time() {
    let stopping = CancellationToken::new();
    let router = refusing().route("/open", get(async || "served"));
    let mut client = Client::of(&Connections::up_to(10), router, &stopping);
    let began = now();
    for _ in 0..8 {
        client.send(REQUEST).await;
        client.answer().await;
        client.send(b"GET /open HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(client.answer().await.starts_with("HTTP/1.1 200 "));
    }
    assert!(began.elapsed() < RETRY_AFTER * 4);
}

#[tokio::test]
async fn who_got_another_503_has_not() {
    let stopping = CancellationToken::new();
    let away = async || (StatusCode::SERVICE_UNAVAILABLE, "served");
    let router = Router::new().route("/", get(away));
    let mut client = Client::of(&Connections::up_to(10), router, &stopping);
    let many = async {
        for _ in 0..100 {
            client.send(REQUEST).await;
            client.answer().await;
        }
    };
    // Ninety-nine rests would take far longer.
    assert!(timeout(REST * 40, many).await.is_ok());
}

#[tokio::test]
async fn all_requests_of_a_connection_wait_for_the_same_rest() {
    let rest = Rest::default();
    rest.begin(now());
    for _ in 0..2 {
        let mut over = pin!(rest.is_over());
        let waits = poll_fn(|context| Poll::Ready(over.as_mut().poll(context).is_pending()));
        assert!(waits.await);
    }
}
