//! One body for every error.

use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::{Value, json};
use tieline_domain::api_key::ApiKeyRole;
use tieline_testkit::fixtures;

use crate::bench::{Answer, Bench, MINT, for_ada, with};

/// Checks the shape, and answers the message.
#[track_caller]
fn assert_error(answer: &Answer, status: u16, phrase: &str, code: &str, path: &str) -> String {
    answer.assert_is(status);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let body = answer.json();
    assert_eq!(body["statusCode"], status);
    assert_eq!(body["error"], phrase);
    assert_eq!(body["code"], code);
    assert_eq!(body["path"], path);
    assert_eq!(body["timestamp"], "2026-01-02T12:00:00.000Z");
    assert_eq!(body["requestId"], answer.header("x-request-id").unwrap());
    let members = body.as_object().unwrap().len();
    assert_eq!(members, if status == 422 { 8 } else { 7 });
    answer.message()
}

#[tokio::test]
async fn a_missing_key_is_a_401() {
    let bench = Bench::start().await;
    let answer = bench.open("/v1/channel-connections").await;
    let message = assert_error(
        &answer,
        401,
        "Unauthorized",
        "unauthorized",
        "/v1/channel-connections",
    );
    assert_eq!(message, "The API key is missing, unknown or revoked.");
}

#[tokio::test]
async fn a_role_that_is_too_small_is_a_403() {
    let bench = Bench::start().await;
    let bench = bench.holding(&bench.key_of(ApiKeyRole::Read).await);
    let answer = bench.mint(&for_ada()).await;
    let message = assert_error(&answer, 403, "Forbidden", "forbidden", MINT);
    let told = "This needs an API key of role connect; this one has read.";
    assert_eq!(message, told);
}

#[tokio::test]
async fn no_route_is_a_404() {
    let bench = Bench::start().await;
    for path in [
        "/",
        "/v1",
        "/v1/nothing",
        "/v1/channel-connections/",
        "/V1/channel-connections",
    ] {
        let answer = bench.open(path).await;
        assert_error(&answer, 404, "Not Found", "route_not_found", path);
    }
}

#[tokio::test]
async fn the_path_of_an_error_has_no_query() {
    let bench = Bench::start().await;
    let answer = bench.open("/v1/nothing?state=secret&code=secret").await;
    assert_error(&answer, 404, "Not Found", "route_not_found", "/v1/nothing");
    assert!(!answer.text().contains("secret"));
}

#[tokio::test]
async fn no_object_is_a_404() {
    let bench = Bench::start().await;
    for (list, message) in [
        ("/v1/channel-connections", "Channel connection not found"),
        ("/v1/channel-endpoints", "Channel endpoint not found"),
        ("/v1/connect-attempts", "Connect attempt not found"),
        ("/v2/contexts/tenant", "Context with id nothing and type"),
    ] {
        for name in ["nothing", "%20", "a%2Fb", "%00", &"x".repeat(500)] {
            let path = format!("{list}/{name}");
            let answer = bench.get(&path).await;
            let told = assert_error(&answer, 404, "Not Found", "not_found", &path);
            assert!(told.starts_with(message) || name != "nothing", "{told}");
            assert!(told.chars().count() < 200 && !told.contains('\0'), "{told}");
        }
    }
}

/// What is not UTF-8 names nothing, and is answered like everything else that does not.
#[tokio::test]
async fn a_name_that_is_not_text_is_a_404() {
    let bench = Bench::start().await;
    for (list, code) in [
        ("/v1/channel-connections", "not_found"),
        ("/v1/channel-endpoints", "not_found"),
        ("/v1/connect-attempts", "not_found"),
        ("/v2/contexts/tenant", "not_found"),
        ("/v2/subscribers", "subscriber_not_found"),
    ] {
        let path = format!("{list}/%ff");
        let answer = bench.get(&path).await;
        assert_error(&answer, 404, "Not Found", code, &path);
    }
    let path = "/v1/integrations/%ff";
    let answer = bench.delete(path).await;
    assert_error(&answer, 404, "Not Found", "not_found", path);
}

/// B19
#[tokio::test]
async fn another_method_is_a_405() {
    let bench = Bench::start().await;
    for (method, path, allowed) in [
        (Method::GET, MINT, "POST"),
        (Method::DELETE, MINT, "POST"),
        (
            Method::POST,
            "/v1/integrations/chat/oauth/callback",
            "GET,HEAD",
        ),
        (Method::PUT, "/v1/channel-connections", "GET,HEAD,POST"),
        (Method::PATCH, "/v1/connect-attempts", "GET,HEAD"),
        (Method::PUT, "/v2/contexts/a/b", "GET,HEAD,PATCH,DELETE"),
        (Method::GET, "/v1/integrations/a", "PUT,DELETE"),
        (Method::POST, "/healthz", "GET,HEAD"),
    ] {
        let request = bench.request(method, path).body(Body::empty()).unwrap();
        let answer = bench.send(request).await;
        assert_error(
            &answer,
            405,
            "Method Not Allowed",
            "method_not_allowed",
            path,
        );
        assert_eq!(answer.header("allow"), Some(allowed), "{path}");
    }
}

#[tokio::test]
async fn what_the_wire_calls_a_400_is_one() {
    let bench = Bench::start().await;
    for (body, code, message) in [
        (
            json!({ "integrationIdentifier": "slack" }),
            "owner_required",
            "Either subscriberId or context must be provided",
        ),
        (
            with("connectionMode", "shared"),
            "context_required",
            "context is required when connectionMode is \"shared\"",
        ),
        (
            json!({ "integrationIdentifier": "slack", "connectionMode": "subscriber" }),
            "subscriber_required",
            "subscriberId is required when connectionMode is \"subscriber\"",
        ),
        (
            with("scope", json!(["nonsense"])),
            "scope_invalid",
            "scope has \"nonsense\", which this provider does not know",
        ),
    ] {
        let answer = bench.mint(&body).await;
        let told = assert_error(&answer, 400, "Bad Request", code, MINT);
        assert_eq!(told, message);
    }
}

#[tokio::test]
async fn what_the_environment_lacks_is_a_404() {
    let bench = Bench::start().await;
    let answer = bench.mint(&with("subscriberId", "eve")).await;
    let told = assert_error(&answer, 404, "Not Found", "subscriber_not_found", MINT);
    assert_eq!(told, "Subscriber not found: eve");
    let answer = bench.mint(&with("integrationIdentifier", "icq")).await;
    let told = assert_error(&answer, 404, "Not Found", "integration_not_found", MINT);
    let environment = bench.environment;
    let expected = format!("Integration not found: icq in environment {environment}");
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_taken_identifier_is_a_409() {
    let bench = Bench::start().await;
    bench.subscribe("bob").await;
    let mut bobs = bench.connection();
    bobs.owner = fixtures::subscriber_owner("bob");
    let identifier = bobs.identifier.as_str();
    bench.store(&bobs, Vec::new()).await;
    let answer = bench.mint(&with("connectionIdentifier", identifier)).await;
    assert_error(
        &answer,
        409,
        "Conflict",
        "connection_identifier_taken",
        MINT,
    );
}

#[tokio::test]
async fn a_url_that_is_too_long_is_a_400() {
    let bench = Bench::start().await;
    let long = "x".repeat(100);
    let context: Value = (0..5)
        .map(|n| (format!("{n}{}", &long[1..]), json!(long)))
        .collect();
    let answer = bench.mint(&with("context", context)).await;
    let told = assert_error(&answer, 400, "Bad Request", "url_too_long", MINT);
    assert!(told.contains("must stay under 2000"), "{told}");
}

#[tokio::test]
async fn a_malformed_field_is_a_422_that_names_it() {
    let bench = Bench::start().await;
    let answer = bench.mint(&with("connectionIdentifier", "no blanks")).await;
    let status = "Unprocessable Entity";
    let told = assert_error(&answer, 422, status, "validation_failed", MINT);
    let problem = "must be 1 to 128 characters out of A-Z a-z 0-9 . _ -";
    assert_eq!(told, format!("connectionIdentifier {problem}"));
    let errors = json!({ "connectionIdentifier": { "messages": [problem] } });
    assert_eq!(answer.json()["errors"], errors);
}

/// An outage is told, with the time to wait, and nothing of the cause.
#[tokio::test]
async fn an_outage_is_a_503() {
    let bench = Bench::start().await;
    bench.storage.fail(u32::MAX);
    let answer = bench.get("/v1/channel-connections").await;
    let (code, path) = ("unavailable", "/v1/channel-connections");
    let told = assert_error(&answer, 503, "Service Unavailable", code, path);
    assert_eq!(told, "The service cannot reach its database.");
    assert_eq!(answer.header("retry-after"), Some("2"));
}

#[tokio::test]
async fn an_error_has_no_surplus_headers() {
    let bench = Bench::start().await;
    let request = Request::get("/v1/nothing").body(Body::empty()).unwrap();
    let answer = bench.send(request).await;
    assert_eq!(answer.header("retry-after"), None);
    assert_eq!(answer.header("server"), None);
    assert_eq!(answer.headers.get_all("content-type").iter().count(), 1);
}
