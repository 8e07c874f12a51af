//! The id of a request.

use std::collections::HashSet;

use axum::{body::Body, http::Request};

use crate::bench::{Answer, Bench, callback};

async fn with_id(bench: &Bench, path: &str, id: &[u8]) -> Answer {
    let request = Request::get(path).header("x-request-id", id);
    bench.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_sane_id_is_the_clients_own() {
    let bench = Bench::start().await;
    for id in [
        "a",
        "0198f3a2-7c11-7d7e-b0a4-5a3d5c6f7e80",
        "A.b_c-9",
        &"x".repeat(64),
    ] {
        let answer = with_id(&bench, "/v1/channel-connections", id.as_bytes()).await;
        assert_eq!(answer.header("x-request-id"), Some(id));
        assert_eq!(answer.json()["requestId"], id);
    }
}

#[tokio::test]
async fn any_other_id_is_replaced() {
    let bench = Bench::start().await;
    let long = "x".repeat(65);
    for id in [
        &b""[..],
        b"a b",
        b"<script>",
        b"a;b",
        b"a\tb",
        b"\xff",
        "é".as_bytes(),
        long.as_bytes(),
    ] {
        let answer = with_id(&bench, "/v1/channel-connections", id).await;
        let given = answer.header("x-request-id").unwrap();
        assert!(given.parse::<uuid::Uuid>().is_ok(), "{given}");
        assert_eq!(answer.json()["requestId"], given);
    }
}

#[tokio::test]
async fn every_answer_has_one_of_its_own() {
    let bench = Bench::start().await;
    let paths = [
        "/healthz",
        "/readyz",
        "/v1/nothing",
        "/v1/channel-connections",
        "/connect/x",
        "/openapi.json",
        &callback(&[]),
    ];
    let mut seen = HashSet::new();
    for path in paths {
        let answer = bench.open(path).await;
        seen.insert(answer.header("x-request-id").unwrap().to_owned());
    }
    assert_eq!(seen.len(), paths.len());
}

/// What a person without an attempt is shown finds the request in the log.
#[tokio::test]
async fn a_page_without_an_attempt_shows_the_id() {
    let bench = Bench::start().await;
    let answer = with_id(&bench, &callback(&[]), b"my-reference").await;
    assert!(answer.text().contains("my-reference"));
}
