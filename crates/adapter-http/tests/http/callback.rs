//! The callback: where it sends a person, and what it does not spend.

use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::json;

use crate::{
    bench::{Bench, TENANT, callback, for_ada, grants, state_of, with},
    pages::assert_guarded,
};

/// B01, B20
#[tokio::test]
async fn a_person_is_sent_to_our_page_relative_to_the_callback() {
    let bench = Bench::start().await.with(grants("Acme"));
    let state = bench.state(&for_ada()).await;
    let answer = bench
        .call_back(&[("state", &state), ("code", "the-code")])
        .await;
    answer.assert_is(303);
    assert_guarded(&answer);
    let location = answer.header("location").unwrap();
    let id = bench.attempts().await[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(location, format!("../../../../connect/{id}"));
    assert!(answer.body.is_empty());
    let page = bench.open(&format!("/connect/{id}")).await;
    assert!(page.text().contains("Acme is connected"));
}

/// Under whatever path the public URL has, our page is found.
#[tokio::test]
async fn our_page_is_found_below_the_path_of_the_public_url() {
    let bench = Bench::start().await;
    let state = bench.state(&for_ada()).await;
    let answer = bench
        .call_back(&[("state", &state), ("error", "access_denied")])
        .await;
    let location = answer.header("location").unwrap();
    for base in ["https://connect.test", "https://product.test/tieline"] {
        let at = format!("{base}{}?x", tieline_adapter_http::CALLBACK_PATH);
        let page = url::Url::parse(&at).unwrap().join(location).unwrap();
        assert!(
            page.as_str().starts_with(&format!("{base}/connect/")),
            "{page}"
        );
    }
}

/// B01, B20
#[tokio::test]
async fn a_person_is_sent_to_the_products_page() {
    let bench = Bench::start().await.with(grants("Acme"));
    bench
        .integrate(
            "slack",
            "returning",
            &[("redirectUrl", "https://app.test/done")],
        )
        .await;
    let mut body = with("integrationIdentifier", "returning");
    body["connectionIdentifier"] = json!("mine");
    let state = bench.state(&body).await;
    let answer = bench
        .call_back(&[("state", &state), ("code", "the-code")])
        .await;
    answer.assert_is(303);
    assert_guarded(&answer);
    let location = "https://app.test/done?status=completed&connectionIdentifier=mine";
    assert_eq!(answer.header("location"), Some(location));
}

/// A06, E02
#[tokio::test]
async fn a_person_who_consented_is_sent_to_the_sign_in() {
    let bench = Bench::start().await;
    let state = bench.state(&with("integrationIdentifier", "msteams")).await;
    let query = [
        ("state", &*state),
        ("tenant", TENANT),
        ("admin_consent", "True"),
    ];
    let answer = bench.call_back(&query).await;
    answer.assert_is(303);
    assert_guarded(&answer);
    let location = answer.header("location").unwrap();
    assert!(location.starts_with("https://entra.test/organizations/oauth2/v2.0/authorize?"));
    assert_ne!(state_of(location), state);
}

/// B18, C1
#[tokio::test]
async fn a_head_spends_nothing() {
    let bench = Bench::start().await.with(grants("Acme"));
    let state = bench.state(&for_ada()).await;
    let uri = callback(&[("state", &state), ("code", "the-code")]);
    for _ in 0..3 {
        let request = Request::builder().method(Method::HEAD).uri(&uri);
        let answer = bench.send(request.body(Body::empty()).unwrap()).await;
        answer.assert_is(200);
        assert_guarded(&answer);
        assert!(answer.body.is_empty());
        assert_eq!(answer.header("location"), None);
    }
    assert!(bench.attempts().await.is_empty());
    bench.open(&uri).await.assert_is(303);
    assert_eq!(bench.attempts().await[0]["status"], "completed");
}

/// B19
#[tokio::test]
async fn a_post_is_a_405_and_spends_nothing() {
    let bench = Bench::start().await;
    let state = bench.state(&for_ada()).await;
    let uri = callback(&[("state", &state), ("code", "the-code")]);
    let answer = bench
        .send(Request::post(uri).body(Body::empty()).unwrap())
        .await;
    answer.assert_is(405);
    assert!(bench.attempts().await.is_empty());
}

/// B05
#[tokio::test]
async fn who_comes_again_is_sent_to_the_same_page() {
    let bench = Bench::start().await.with(grants("Acme"));
    let state = bench.state(&for_ada()).await;
    let query = [("state", &*state), ("code", "the-code")];
    let first = bench.call_back(&query).await;
    let second = bench.call_back(&query).await;
    assert_eq!(first.header("location"), second.header("location"));
}

/// B13, B16: the state is not spent by what cannot be read.
#[tokio::test]
async fn a_malformed_query_is_a_400_and_spends_nothing() {
    let bench = Bench::start().await;
    let state = bench.state(&for_ada()).await;
    let long = "a".repeat(20 * 1024);
    for (name, value) in [
        ("state", &*state),
        ("code", "b"),
        ("error", "access_denied"),
        ("tenant", "a\0b"),
        ("code", &long),
    ] {
        let query = [
            ("state", &*state),
            ("code", "a"),
            ("error", "e"),
            (name, value),
        ];
        let answer = bench.call_back(&query).await;
        answer.assert_is(400);
        assert!(!answer.text().contains(&state), "{name}");
    }
    for raw in ["code=%ff", "code=%00", "state=%ff&code=a"] {
        let path = format!("{}&{raw}", callback(&[("state", &state)]));
        bench.open(&path).await.assert_is(400);
    }
    assert!(bench.attempts().await.is_empty());
}

/// B21
#[tokio::test]
async fn no_parameter_changes_where_a_person_is_sent() {
    let bench = Bench::start().await;
    for name in [
        "redirect",
        "redirect_uri",
        "redirectUrl",
        "return_to",
        "RelayState",
        "next",
    ] {
        let state = bench.state(&for_ada()).await;
        let query = [
            ("state", &*state),
            ("error", "access_denied"),
            (name, "https://evil.test"),
        ];
        let answer = bench.call_back(&query).await;
        let location = answer.header("location").unwrap();
        assert!(location.starts_with("../../../../connect/"), "{location}");
    }
}

/// I10: the page says nothing that the query said.
#[tokio::test]
async fn no_secret_of_the_query_is_in_any_answer() {
    let bench = Bench::start().await;
    let state = bench.state(&for_ada()).await;
    bench.clock.advance(jiff::SignedDuration::from_mins(6));
    let expired = bench
        .call_back(&[("state", &state), ("code", "canary-code")])
        .await;
    expired.assert_is(400);
    assert!(expired.text().contains("expired"));
    for secret in ["canary-code", &state] {
        assert!(!expired.text().contains(secret));
        assert!(!format!("{:?}", expired.headers).contains(secret));
    }
}

/// C7: the browser goes, the work goes on.
#[tokio::test]
async fn a_browser_that_goes_does_not_stop_the_work() {
    let bench = Bench::start().await.with(grants("Acme"));
    let state = bench.state(&for_ada()).await;
    let uri = callback(&[("state", &state), ("code", "the-code")]);
    let request = Request::get(uri).body(Body::empty()).unwrap();
    let service = tieline_adapter_http::router(bench.api.clone());
    let mut answer = Box::pin(tower::ServiceExt::oneshot(service, request));
    let polled =
        std::future::poll_fn(|context| std::task::Poll::Ready(answer.as_mut().poll(context)));
    assert!(polled.await.is_pending());
    drop(answer);
    bench.api.tasks.close();
    bench.api.tasks.wait().await;
    assert_eq!(bench.attempts().await[0]["status"], "completed");
}
