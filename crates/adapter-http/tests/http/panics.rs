//! A panic is the end of one request, and of nothing else.

use std::sync::Arc;

use tieline_domain::{
    id::EnvironmentId,
    page::Position,
    ports::{CursorSealer, MockProviderClient},
};

use crate::{
    bench::{Bench, for_ada},
    pages::assert_guarded,
};

struct Panics;

impl CursorSealer for Panics {
    fn seal(&self, _: EnvironmentId, _: &str, _: Position) -> String {
        panic!("canary-seal")
    }

    fn open(&self, _: EnvironmentId, _: &str, cursor: &str) -> Option<Position> {
        std::panic::panic_any(format!("canary {cursor}"))
    }
}

#[tokio::test]
async fn a_panic_is_a_500_for_its_own_request() {
    let mut bench = Bench::start().await;
    bench.api.cursors = Arc::new(Panics);
    let answer = bench.get("/v1/channel-connections?after=x").await;
    assert_eq!(answer.refusal(), (500, "internal".to_owned()));
    assert_eq!(answer.message(), "Something failed on our side.");
    let id = answer.header("x-request-id").unwrap();
    assert_eq!(answer.json()["requestId"], id);
    assert!(!answer.text().contains("canary"));
    bench.get("/v1/channel-connections").await.assert_is(200);
}

/// The task of a callback panics: the person sees a page, and the attempt is not exchanged again.
#[tokio::test]
async fn a_panic_at_a_providers_is_a_page() {
    let mut client = MockProviderClient::new();
    client
        .expect_exchange_code()
        .times(1)
        .returning(|_, _| panic!("canary"));
    let bench = Bench::start().await.with(client);
    let state = bench.state(&for_ada()).await;
    let answer = bench
        .call_back(&[("state", &state), ("code", "the-code")])
        .await;
    answer.assert_is(500);
    assert_eq!(answer.media_type(), Some("text/html"));
    assert_guarded(&answer);
    assert!(!answer.text().contains("canary"));
    let again = bench
        .call_back(&[("state", &state), ("code", "the-code")])
        .await;
    again.assert_is(303);
    assert_eq!(bench.attempts().await[0]["status"], "exchanging");
}
