//! The header `idempotency-key` at the main job.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{HeaderValue, Method, header},
};
use jiff::SignedDuration;
use secrecy::SecretSlice;
use serde_json::{Value, json};
use tieline_domain::{
    api_key::ApiKeyRole,
    ports::{OpenError, Sealer},
    sealed::{Sealed, SealedColumn, SealedPlace},
};
use tieline_testkit::{FakeSealer, MemoryStorage};
use tokio::{sync::Barrier, task::JoinSet};

use crate::bench::{Answer, Bench, MINT, for_ada, with};

const KEY: &str = "idempotency-key";

async fn keyed(bench: &Bench, key: &str, body: &Value) -> Answer {
    bench.mint_with(body, &[(KEY, key)]).await
}

fn is_replay(answer: &Answer) -> bool {
    answer.header("idempotency-replay") == Some("true")
}

/// Checks that an answer is the first of its key, and echoes it.
#[track_caller]
fn assert_first(answer: &Answer, key: &str) {
    answer.assert_is(201);
    assert_eq!(answer.header(KEY), Some(key));
    assert_eq!(answer.header("idempotency-replay"), None);
}

/// Checks that an answer repeats another, byte for byte.
#[track_caller]
fn assert_replays(answer: &Answer, first: &Answer) {
    assert!(is_replay(answer));
    assert_eq!(answer.status, first.status);
    assert_eq!(answer.body, first.body);
    for name in [KEY, "content-type", "connect-attempt-id"] {
        assert_eq!(answer.headers.get(name), first.headers.get(name), "{name}");
    }
}

/// I9
#[tokio::test]
async fn the_same_key_and_body_get_the_same_bytes() {
    let bench = Bench::start().await;
    let first = keyed(&bench, "k1", &for_ada()).await;
    assert_first(&first, "k1");
    let second = keyed(&bench, "k1", &for_ada()).await;
    assert_replays(&second, &first);
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}

#[tokio::test]
async fn without_a_key_every_url_is_another() {
    let bench = Bench::start().await;
    let (first, second) = (bench.mint(&for_ada()).await, bench.mint(&for_ada()).await);
    assert_ne!(first.body, second.body);
    assert_eq!(first.header(KEY), None);
}

#[tokio::test]
async fn an_empty_key_is_none() {
    let bench = Bench::start().await;
    let first = keyed(&bench, "", &for_ada()).await;
    let second = keyed(&bench, " ", &for_ada()).await;
    assert_ne!(first.body, second.body);
    assert!(!is_replay(&second));
}

#[tokio::test]
async fn order_of_members_and_blanks_do_not_make_another_body() {
    let bench = Bench::start().await;
    let first = raw(
        &bench,
        "k1",
        r#"{"subscriberId":"ada","integrationIdentifier":"slack"}"#,
    )
    .await;
    let body = "{ \"integrationIdentifier\" : \"sl\\u0061ck\",\n \"subscriberId\": \"ada\" }";
    assert_replays(&raw(&bench, "k1", body).await, &first);
}

async fn raw(bench: &Bench, key: &str, body: &str) -> Answer {
    let request = bench.request(Method::POST, MINT).header(KEY, key);
    let request = request.header(header::CONTENT_TYPE, "application/json");
    bench
        .send(request.body(Body::from(body.to_owned())).unwrap())
        .await
}

/// I9
#[tokio::test]
async fn another_body_under_a_used_key_is_a_422() {
    let bench = Bench::start().await;
    keyed(&bench, "k1", &for_ada()).await;
    for body in [
        with("autoLinkUser", true),
        with("scope", json!(["chat:write"])),
        with("autoLinkUser", Value::Null),
    ] {
        let answer = keyed(&bench, "k1", &body).await;
        assert_eq!(answer.refusal(), (422, "idempotency_key_reused".to_owned()));
        let told = "Request with key \"k1\" is being reused for a different body";
        assert_eq!(answer.message(), told);
        assert_eq!(answer.json()["errors"], json!({}));
        assert_eq!(answer.header("link"), Some("</docs>; rel=\"help\""));
        assert_eq!(answer.header(KEY), Some("k1"));
        assert!(!is_replay(&answer));
    }
}

#[tokio::test]
async fn a_quoted_key_is_the_same_key_and_echoed_as_it_came() {
    let bench = Bench::start().await;
    let first = keyed(&bench, "k1", &for_ada()).await;
    let quoted = keyed(&bench, "\"k1\"", &for_ada()).await;
    assert_eq!(quoted.body, first.body);
    assert_eq!(quoted.header(KEY), Some("\"k1\""));
    assert!(is_replay(&quoted));
}

#[tokio::test]
async fn a_key_has_255_visible_characters_at_most() {
    let bench = Bench::start().await;
    let longest = "k".repeat(255);
    assert_first(&keyed(&bench, &longest, &for_ada()).await, &longest);
    let answer = keyed(&bench, &"k".repeat(256), &for_ada()).await;
    assert_eq!(
        answer.refusal(),
        (400, "idempotency_key_invalid".to_owned())
    );
    assert_eq!(answer.header(KEY), None);
    let told = "has exceeded the maximum allowed length of 255 characters";
    assert!(answer.message().ends_with(told), "{}", answer.message());
}

#[tokio::test]
async fn a_malformed_key_is_a_400_without_an_echo() {
    let bench = Bench::start().await;
    for key in [&b"a b"[..], b"a\tb", b"\xff", "é".as_bytes(), b"\"\""] {
        let request = bench.request(Method::POST, MINT);
        let request = request.header(KEY, HeaderValue::from_bytes(key).unwrap());
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let answer = bench
            .send(request.body(Body::from(for_ada().to_string())).unwrap())
            .await;
        assert_eq!(
            answer.refusal(),
            (400, "idempotency_key_invalid".to_owned()),
            "{key:?}"
        );
        assert_eq!(answer.header(KEY), None);
    }
}

#[tokio::test]
async fn two_headers_are_a_400_even_if_they_are_the_same() {
    let bench = Bench::start().await;
    let answer = bench
        .mint_with(&for_ada(), &[(KEY, "k1"), (KEY, "k1")])
        .await;
    assert_eq!(
        answer.refusal(),
        (400, "idempotency_key_invalid".to_owned())
    );
    assert_eq!(answer.header(KEY), None);
}

/// Nobody gets a URL that has died, nor a new one while the old one may be in somebody's hands.
#[tokio::test]
async fn an_answer_is_repeated_for_six_minutes() {
    let bench = Bench::start().await;
    let first = keyed(&bench, "k1", &for_ada()).await;
    bench
        .clock
        .advance(SignedDuration::from_mins(6) - SignedDuration::from_millis(1));
    assert_replays(&keyed(&bench, "k1", &for_ada()).await, &first);
    bench.clock.advance(SignedDuration::from_millis(1));
    let fresh = keyed(&bench, "k1", &for_ada()).await;
    assert_first(&fresh, "k1");
    assert_ne!(fresh.body, first.body);
}

/// After that, the key is as free as if it had never been used.
#[tokio::test]
async fn an_expired_key_takes_another_body() {
    let bench = Bench::start().await;
    keyed(&bench, "k1", &for_ada()).await;
    bench.clock.advance(SignedDuration::from_mins(6));
    let answer = keyed(&bench, "k1", &with("autoLinkUser", true)).await;
    assert_first(&answer, "k1");
}

/// I02, I2
#[tokio::test]
async fn a_key_of_another_environment_is_another_key() {
    let storage = MemoryStorage::new();
    let ours = Bench::on(storage.clone(), "Development").await;
    let theirs = Bench::on(storage, "Production").await;
    let first = keyed(&ours, "k1", &for_ada()).await;
    let other = keyed(&theirs, "k1", &for_ada()).await;
    assert_first(&other, "k1");
    assert_ne!(first.body, other.body);
}

/// A retry must outlive the rotation of an API key.
#[tokio::test]
async fn another_api_key_of_the_environment_gets_the_same_answer() {
    let bench = Bench::start().await;
    let first = keyed(&bench, "k1", &for_ada()).await;
    let rotated = bench.holding(&bench.key_of(ApiKeyRole::Connect).await);
    assert_replays(&keyed(&rotated, "k1", &for_ada()).await, &first);
}

#[tokio::test]
async fn a_key_that_may_only_read_fetches_no_stored_answer() {
    let bench = Bench::start().await;
    keyed(&bench, "k1", &for_ada()).await;
    let reader = bench.holding(&bench.key_of(ApiKeyRole::Read).await);
    let answer = keyed(&reader, "k1", &for_ada()).await;
    answer.assert_is(403);
    assert_eq!(answer.header(KEY), None);
}

/// What was refused may be mended under the same key.
#[tokio::test]
async fn a_refusal_is_echoed_and_not_kept() {
    let bench = Bench::start().await;
    for body in [
        with("subscriberId", "eve"),
        with("scope", json!(["nonsense"])),
        with("unknown", 1),
        json!({}),
    ] {
        let answer = keyed(&bench, "k1", &body).await;
        assert!(answer.status.is_client_error());
        assert_eq!(answer.header(KEY), Some("k1"));
    }
    assert_first(&keyed(&bench, "k1", &for_ada()).await, "k1");
}

/// Keyed or not, nothing is handed out that could not be repeated.
#[tokio::test]
async fn a_store_that_is_away_is_a_503_with_the_echo() {
    let mut bench = Bench::start().await;
    let records = MemoryStorage::new();
    bench.api.broker.replays = Arc::new(records.stores().idempotency);
    records.fail(1);
    let answer = keyed(&bench, "k1", &for_ada()).await;
    assert_eq!(answer.refusal(), (503, "unavailable".to_owned()));
    assert_eq!(answer.header("retry-after"), Some("2"));
    assert_eq!(answer.header(KEY), Some("k1"));
    assert_eq!(answer.header("connect-attempt-id"), None);
    assert_first(&keyed(&bench, "k1", &for_ada()).await, "k1");
}

/// What was kept under another sealing key cannot be repeated, and is not minted anew either.
#[tokio::test]
async fn an_answer_that_does_not_open_is_our_own_fault() {
    let mut bench = Bench::start().await;
    keyed(&bench, "k1", &for_ada()).await;
    bench.api.broker.sealer = Arc::new(KeepsNothing);
    let answer = keyed(&bench, "k1", &for_ada()).await;
    assert_eq!(answer.refusal(), (500, "internal".to_owned()));
    assert_eq!(answer.header(KEY), Some("k1"));
}

/// Opens an integration's credentials, and nothing else.
struct KeepsNothing;

impl Sealer for KeepsNothing {
    fn seal(&self, _: &[u8], _: &SealedPlace) -> Sealed {
        Sealed(Vec::new())
    }

    fn open(&self, sealed: &Sealed, place: &SealedPlace) -> Result<SecretSlice<u8>, OpenError> {
        if place.column == SealedColumn::IntegrationCredentials {
            return FakeSealer::default().open(sealed, place);
        }
        Err(OpenError::Refused)
    }
}

#[tokio::test]
async fn where_nothing_is_made_a_key_is_ignored() {
    let bench = Bench::start().await;
    for key in ["k1", "not a key at all"] {
        let request = bench
            .request(Method::GET, "/v1/channel-connections")
            .header(KEY, key);
        let answer = bench.send(request.body(Body::empty()).unwrap()).await;
        answer.assert_is(200);
        assert_eq!(answer.header(KEY), None);
    }
}

/// I9, M9
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_get_one_answer() {
    const MANY: usize = 32;
    let bench = Arc::new(Bench::start().await);
    let barrier = Arc::new(Barrier::new(MANY));
    let mut tasks = JoinSet::new();
    for _ in 0..MANY {
        let (bench, barrier) = (bench.clone(), barrier.clone());
        tasks.spawn(async move {
            barrier.wait().await;
            keyed(&bench, "k1", &for_ada()).await
        });
    }
    let answers = tasks.join_all().await;
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
    assert_eq!(
        answers.iter().filter(|answer| !is_replay(answer)).count(),
        1
    );
}
