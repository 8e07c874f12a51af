//! More than can be worked on at once.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{Method, Request},
};
use tieline_adapter_http::{Refused, TooSoon, WorkLimit, router};
use tieline_domain::ports::IdempotencyStore;
use tokio::{sync::Notify, task::JoinHandle};
use tower::ServiceExt;

use crate::{
    bench::{Bench, for_ada, with},
    contract::operations,
    pages::assert_guarded,
    patience::{Silent, slow_bench},
};

/// A bench with this many places, whose mints under a key wait for ever.
async fn busy(places: usize) -> Bench {
    let mut bench = Bench::start().await;
    bench.api.work = WorkLimit::of(places);
    let silent: Arc<dyn IdempotencyStore> = Arc::new(Silent);
    bench.api.broker.replays = Arc::new(silent);
    bench
}

/// Sends a request that will wait, and comes back once it does.
async fn begin(bench: &Bench, request: Request<Body>) -> JoinHandle<()> {
    let app = router(bench.api.clone());
    let task = tokio::spawn(async move { drop(app.oneshot(request).await) });
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    assert!(!task.is_finished());
    task
}

async fn begin_mint(bench: &Bench, key: &str) -> JoinHandle<()> {
    let request = bench.request(Method::POST, crate::bench::MINT);
    let request = request
        .header("content-type", "application/json")
        .header("idempotency-key", key);
    let request = request.body(Body::from(for_ada().to_string()));
    begin(bench, request.unwrap()).await
}

/// Whether the answer is marked as a refusal.
async fn is_refused(bench: &Bench, request: Request<Body>) -> bool {
    let answer = router(bench.api.clone()).oneshot(request).await.unwrap();
    answer.extensions().get() == Some(&Refused)
}

#[tokio::test]
async fn a_refusal_is_marked_for_whoever_serves_the_connection() {
    let bench = busy(1).await;
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    assert!(!is_refused(&bench, get("/v1/channel-connections")).await);
    let _first = begin_mint(&bench, "one").await;
    assert!(is_refused(&bench, get("/v1/channel-connections")).await);
    assert!(!is_refused(&bench, get("/readyz")).await);
}

#[tokio::test]
async fn what_comes_beyond_the_limit_is_a_503_at_once() {
    let bench = busy(2).await;
    let first = begin_mint(&bench, "one").await;
    bench.get("/v1/channel-connections").await.assert_is(200);
    let _second = begin_mint(&bench, "two").await;
    for path in ["/v1/channel-connections", "/nothing/here", "/openapi.json"] {
        let answer = bench.get(path).await;
        assert_eq!(answer.refusal(), (503, "overloaded".to_owned()), "{path}");
        assert_eq!(answer.header("retry-after"), Some("2"));
    }
    // Before anything is asked: a key that is wrong is not told so.
    let stranger = bench.holding("tl_unknown-unknown");
    stranger.get("/v1/channel-connections").await.assert_is(503);
    // Who goes away makes room, and all of it a second after there was none.
    first.abort();
    let _ = first.await;
    bench.get("/v1/channel-connections").await.assert_is(503);
    bench.clock.advance(jiff::SignedDuration::from_secs(1));
    bench.get("/v1/channel-connections").await.assert_is(200);
}

#[tokio::test]
async fn who_comes_sooner_than_they_were_told_is_let_in_after_the_others() {
    let bench = busy(64).await;
    let get = |too_soon: Option<TooSoon>| {
        let mut request = Request::get("/v1/channel-connections");
        if let (Some(too_soon), Some(extensions)) = (too_soon, request.extensions_mut()) {
            extensions.insert(too_soon);
        }
        request.body(Body::empty()).unwrap()
    };
    let mut begun = Vec::new();
    for number in 0..64 {
        begun.push(begin_mint(&bench, &number.to_string()).await);
    }
    assert!(is_refused(&bench, get(None)).await);
    for task in begun.drain(2..) {
        task.abort();
        let _ = task.await;
    }
    assert!(is_refused(&bench, get(Some(TooSoon))).await);
    assert!(!is_refused(&bench, get(None)).await);
    // A second after there was no room there is enough for everybody.
    bench.clock.advance(jiff::SignedDuration::from_secs(1));
    assert!(!is_refused(&bench, get(Some(TooSoon))).await);
}

#[tokio::test]
async fn probes_are_answered_whatever_the_load() {
    let bench = busy(1).await;
    let _only = begin_mint(&bench, "one").await;
    for path in ["/healthz", "/readyz"] {
        bench.open(path).await.assert_is(200);
    }
    bench.open("/openapi.json").await.assert_is(503);
}

#[tokio::test]
async fn a_busy_api_leaves_the_pages_room() {
    let bench = busy(1).await;
    let _only = begin_mint(&bench, "one").await;
    bench.open("/connect/x").await.assert_is(404);
    bench
        .open(&crate::bench::callback(&[]))
        .await
        .assert_is(400);
}

/// A callback holds its place as long as its work takes, though its browser went away.
#[tokio::test]
async fn a_provider_that_hangs_fills_the_places_of_callbacks_alone() {
    let go = Arc::new(Notify::new());
    let mut bench = slow_bench(go.clone()).await;
    bench.api.work = WorkLimit::of(1);
    let state = bench.state(&for_ada()).await;
    let query = [("state", &*state), ("code", "the-code")];
    let request = Request::get(crate::bench::callback(&query)).body(Body::empty());
    let visit = begin(&bench, request.unwrap()).await;
    visit.abort();
    let _ = visit.await;

    let page = bench.open("/connect/x").await;
    page.assert_is(503);
    assert_eq!(page.media_type(), Some("text/html"));
    assert_guarded(&page);
    assert_eq!(page.header("retry-after"), Some("2"));
    let told = "The service has more to do than it can do at once.";
    assert!(page.text().contains(told), "{}", page.text());
    let second = bench.state(&with("connectionIdentifier", "second")).await;
    let query = [("state", &*second), ("code", "the-code")];
    bench.call_back(&query).await.assert_is(503);
    assert_eq!(bench.attempts().await.len(), 1, "nothing of it was spent");

    go.notify_one();
    bench.api.tasks.close();
    bench.api.tasks.wait().await;
    bench.open("/connect/x").await.assert_is(404);
    assert_eq!(bench.attempts().await[0]["status"], "completed");
}

/// Deletes a connection at a provider that hangs; the only place for such calls is taken then.
async fn begin_deletion(bench: &Bench) -> JoinHandle<()> {
    let connection = bench.connection();
    bench.store(&connection, Vec::new()).await;
    let path = format!("/v1/channel-connections/{}", connection.identifier);
    let request = bench.request(Method::DELETE, &path).body(Body::empty());
    begin(bench, request.unwrap()).await
}

/// What documents a 502 may ask a provider. A deletion does as well, and says in its receipt what
/// came of it; pages have places of their own.
#[tokio::test]
async fn a_provider_that_hangs_stops_only_what_may_ask_one() {
    let mut bench = slow_bench(Arc::default()).await;
    bench.api.work = WorkLimit::of(1);
    let _deletion = begin_deletion(&bench).await;
    let mut refused = Vec::new();
    for operation in operations() {
        let asks = match operation.id() {
            "deleteChannelConnection" => true,
            "showConnectResult" => false,
            _ => operation.responses().contains_key("502"),
        };
        let method = operation.method.to_uppercase();
        let request = Request::builder()
            .method(&*method)
            .uri(operation.path_of("x"));
        let is_refused = is_refused(&bench, request.body(Body::empty()).unwrap()).await;
        assert_eq!(is_refused, asks, "{operation:?}");
        refused.extend(is_refused.then(|| operation.id()));
    }
    assert_eq!(refused.len(), 7, "{refused:?}");
}
