//! The database is away: every route says so, at once, and works again when it is back.

use axum::http::Method;

use crate::{
    bench::{Answer, Bench, callback, for_ada, grants},
    contract::{Operation, operations},
    pages::assert_guarded,
};

#[track_caller]
fn assert_unavailable(answer: &Answer, media_type: &str) {
    answer.assert_is(503);
    assert_eq!(answer.media_type(), Some(media_type));
    assert_eq!(answer.header("retry-after"), Some("2"));
}

/// M4, I10
#[tokio::test]
async fn every_operation_of_the_api_is_a_503_and_then_works_again() {
    let bench = Bench::start().await;
    for operation in operations().iter().filter(|operation| operation.is_keyed()) {
        bench.storage.fail(u32::MAX);
        let answer = ask(&bench, operation).await;
        assert_unavailable(&answer, "application/json");
        assert_eq!(answer.code(), "unavailable");
        bench.storage.fail(0);
        let answer = ask(&bench, operation).await;
        assert!(
            ![422, 503].contains(&answer.status.as_u16()),
            "{} {}",
            operation.id(),
            answer.text()
        );
    }
}

/// Asks for an operation, of an object that does not exist, with the document's own example.
async fn ask(bench: &Bench, operation: &Operation) -> Answer {
    let method: Method = operation.method.to_uppercase().parse().unwrap();
    bench
        .json(method, &operation.path_of("nothing"), &operation.example())
        .await
}

/// C9, I10
#[tokio::test]
async fn a_person_in_front_of_an_outage_sees_a_page_and_may_reload() {
    let bench = Bench::start().await.with(grants("Acme"));
    let state = bench.state(&for_ada()).await;
    let uri = callback(&[("state", &state), ("code", "the-code")]);
    for _ in 0..3 {
        bench.storage.fail(u32::MAX);
        let answer = bench.open(&uri).await;
        assert_unavailable(&answer, "text/html");
        assert_guarded(&answer);
        assert!(
            answer.text().contains("nothing was lost"),
            "{}",
            answer.text()
        );
        bench.storage.fail(0);
        assert!(bench.attempts().await.is_empty());
    }
    bench.open(&uri).await.assert_is(303);
    assert_eq!(bench.attempts().await[0]["status"], "completed");
}

#[tokio::test]
async fn the_page_of_an_attempt_is_a_503() {
    let bench = Bench::start().await;
    let attempt = bench.attempt();
    bench.store_attempt(&attempt).await;
    bench.storage.fail(u32::MAX);
    let answer = bench.open(&format!("/connect/{}", attempt.id)).await;
    assert_unavailable(&answer, "text/html");
    assert_guarded(&answer);
}

/// The product's wish cannot be looked up: our own page tells the end.
#[tokio::test]
async fn an_outage_after_the_end_leads_to_our_own_page() {
    let bench = Bench::start().await;
    let credentials = [("redirectUrl", "https://app.test/done")];
    bench.integrate("slack", "returning", &credentials).await;
    let mut client = tieline_domain::ports::MockProviderClient::new();
    let storage = bench.storage.clone();
    client
        .expect_exchange_code()
        .times(1)
        .returning(move |_, _| {
            storage.fail(2);
            Err(tieline_domain::reason::Reason::CodeRejected.into())
        });
    let bench = bench.with(client);
    let state = bench
        .state(&crate::bench::with("integrationIdentifier", "returning"))
        .await;
    let answer = bench
        .call_back(&[("state", &state), ("code", "the-code")])
        .await;
    answer.assert_is(303);
    let location = answer.header("location").unwrap();
    assert!(location.starts_with("../../../../connect/"), "{location}");
}

#[tokio::test]
async fn probes_tell_readiness_from_life() {
    let bench = Bench::start().await;
    bench.open("/readyz").await.assert_is(200);
    bench.storage.fail(u32::MAX);
    let ready = bench.open("/readyz").await;
    ready.assert_is(503);
    assert_eq!(ready.json()["status"], "database");
    let live = bench.open("/healthz").await;
    live.assert_is(200);
    assert_eq!(live.json()["status"], "ok");
}

#[tokio::test]
async fn what_asks_no_database_is_answered() {
    let bench = Bench::start().await;
    bench.storage.fail(u32::MAX);
    bench.open("/openapi.json").await.assert_is(200);
    bench.open("/v1/nothing").await.assert_is(404);
    bench.open("/v1/channel-connections").await.assert_is(401);
    let request = bench.request(Method::PUT, "/healthz");
    let answer = bench
        .send(request.body(axum::body::Body::empty()).unwrap())
        .await;
    answer.assert_is(405);
}
