//! Callbacks and pages: how many of one address.

use std::time::Duration;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request},
};
use tieline_adapter_http::RateLimits;
use tieline_domain::ports::RateLimit;

use crate::{
    bench::{Answer, Bench, Counter, callback, for_ada, grants},
    pages::assert_guarded,
};

const LIMIT: RateLimit = RateLimit {
    burst: 3,
    interval: Duration::from_secs(1),
};

async fn limited() -> Bench {
    let mut bench = Bench::start().await;
    bench.api.limits = RateLimits {
        address_limiter: Counter::new(),
        pages: Some(LIMIT),
        ..RateLimits::off()
    };
    bench
}

async fn open(bench: &Bench, method: Method, path: &str, peer: [u8; 4]) -> Answer {
    let peer = std::net::SocketAddr::from((peer, 4711));
    let request = Request::builder().method(method).uri(path);
    let request = request.extension(ConnectInfo(peer));
    bench.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn an_address_opens_so_many_pages_and_is_told_when_to_come_back() {
    let bench = limited().await;
    let here = [192, 0, 2, 1];
    // All of them count together, those of link scanners too.
    open(&bench, Method::GET, "/connect/x", here)
        .await
        .assert_is(404);
    open(&bench, Method::GET, &callback(&[]), here)
        .await
        .assert_is(400);
    open(&bench, Method::HEAD, &callback(&[]), here)
        .await
        .assert_is(200);
    for path in ["/connect/x", &*callback(&[])] {
        let page = open(&bench, Method::GET, path, here).await;
        page.assert_is(429);
        assert_eq!(page.media_type(), Some("text/html"));
        assert_guarded(&page);
        assert_eq!(page.header("retry-after"), Some("1"));
        assert_eq!(page.header("ratelimit-policy"), Some("\"pages\";q=3;w=3"));
        let told = "Too many pages were opened from your network at once.";
        assert!(page.text().contains(told), "{}", page.text());
        assert!(page.text().contains(page.header("x-request-id").unwrap()));
    }
    let there = [192, 0, 2, 2];
    open(&bench, Method::GET, "/connect/x", there)
        .await
        .assert_is(404);
}

#[tokio::test]
async fn a_callback_that_was_refused_works_afterwards() {
    let mut bench = limited().await.with(grants("Acme"));
    let state = bench.state(&for_ada()).await;
    let path = callback(&[("state", &state), ("code", "the-code")]);
    let here = [192, 0, 2, 1];
    for _ in 0..3 {
        open(&bench, Method::GET, "/connect/x", here).await;
    }
    open(&bench, Method::GET, &path, here).await.assert_is(429);
    assert!(bench.attempts().await.is_empty(), "nothing was spent");
    bench.api.limits = RateLimits::off();
    open(&bench, Method::GET, &path, here).await.assert_is(303);
    assert_eq!(bench.attempts().await[0]["status"], "completed");
}

#[tokio::test]
async fn probes_and_the_document_are_not_counted() {
    let bench = limited().await;
    for _ in 0..10 {
        for path in ["/healthz", "/readyz", "/openapi.json"] {
            open(&bench, Method::GET, path, [192, 0, 2, 1])
                .await
                .assert_is(200);
        }
    }
}
