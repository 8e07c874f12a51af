//! Who is asking.

use axum::{
    body::Body,
    http::{HeaderValue, Request, header},
};
use tieline_domain::api_key::ApiKeyRole;

use crate::bench::{Answer, Bench};

async fn asking(
    bench: &Bench,
    authorization: impl TryInto<HeaderValue, Error: std::fmt::Debug>,
) -> Answer {
    let authorization = authorization.try_into().unwrap();
    let request = Request::get("/v1/channel-connections");
    let request = request.header(header::AUTHORIZATION, authorization);
    bench.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn the_scheme_is_api_key_in_any_case() {
    let bench = Bench::start().await;
    for scheme in ["ApiKey", "apikey", "APIKEY"] {
        let answer = asking(&bench, format!("{scheme} {}", bench.key)).await;
        answer.assert_is(200);
    }
}

#[tokio::test]
async fn every_other_header_is_refused_alike() {
    let bench = Bench::start().await;
    let revoked = bench.key_of(ApiKeyRole::Admin).await;
    let keys = bench
        .api
        .broker
        .stores
        .api_keys
        .list(bench.environment)
        .await
        .unwrap();
    let id = keys.last().unwrap().id;
    let broker = &bench.api.broker;
    broker.revoke_api_key(bench.environment, id).await.unwrap();
    let key = &bench.key;
    let missing = bench.open("/v1/channel-connections").await;
    for given in [
        String::new(),
        "ApiKey".to_owned(),
        "ApiKey ".to_owned(),
        format!("Bearer {key}"),
        format!("Basic {key}"),
        key.clone(),
        format!("ApiKey {key}x"),
        format!("ApiKey {}", key.to_uppercase()),
        format!("ApiKey {}", &key[1..]),
        format!("ApiKey {revoked}"),
        format!("ApiKey {}", "x".repeat(10_000)),
        "ApiKey short".to_owned(),
        format!("ApiKey {key} {key}"),
        format!("ApiKey,{key}"),
    ] {
        let answer = asking(&bench, given.clone()).await;
        assert_eq!(
            answer.refusal(),
            (401, "unauthorized".to_owned()),
            "{given}"
        );
        assert_eq!(answer.message(), missing.message());
    }
    asking(&bench, &b"ApiKey \xff\xff\xff\xff\xff\xff\xff\xff"[..])
        .await
        .assert_is(401);
}

/// The key is asked for before anything else of the request is looked at.
#[tokio::test]
async fn without_a_key_nothing_else_is_told() {
    let bench = Bench::start().await;
    for path in [
        "/v1/channel-connections?limit=0",
        "/v1/channel-connections?after=a&before=b",
        "/v1/channel-connections/%20",
        "/v1/connect-attempts/not-an-id",
    ] {
        bench.open(path).await.assert_is(401);
    }
    let request = Request::post(crate::bench::MINT)
        .header("idempotency-key", "é")
        .body(Body::from("{"));
    let answer = bench.send(request.unwrap()).await;
    answer.assert_is(401);
    assert_eq!(answer.header("idempotency-key"), None);
}

#[tokio::test]
async fn a_key_in_the_query_is_no_key() {
    let bench = Bench::start().await;
    let path = format!(
        "/v1/channel-connections?authorization=ApiKey%20{}",
        bench.key
    );
    bench.open(&path).await.assert_is(401);
}
