//! Bodies that are no JSON, or not declared as it, or too long; and errors in general.

use reqwest::header::{CONTENT_TYPE, HOST};
use serde_json::{Value, json};
use tieline_tests::{Reply, SUBSCRIBER, Stage};

async fn post(stage: &Stage, media_type: &str, body: impl Into<reqwest::Body>) -> Reply {
    let request = stage.api.mint_request().header(CONTENT_TYPE, media_type);
    Reply::of(request.body(body)).await
}

fn good() -> String {
    json!({ "integrationIdentifier": "slack", "subscriberId": SUBSCRIBER }).to_string()
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused() {
    let stage = Stage::start().await;
    for body in [
        "",
        "{",
        "nonsense",
        "{\"a\":1}{",
        "[]",
        "null",
        "\"text\"",
        "5",
        "{'a':1}",
    ] {
        let reply = post(&stage, "application/json", body).await;
        assert_eq!(reply.status, 400, "{body}: {}", reply.text);
        assert_eq!(reply.json()["code"], "malformed_json", "{body}");
    }
    let reply = post(&stage, "application/json", vec![b'{', 0xff, b'}']).await;
    assert_eq!(
        (reply.status, &reply.json()["code"]),
        (400, &json!("malformed_json"))
    );
}

#[tokio::test]
async fn a_member_that_stands_there_twice_is_refused_by_name() {
    let stage = Stage::start().await;
    for body in [
        r#"{"integrationIdentifier":"slack","subscriberId":"a","subscriberId":"b"}"#,
        r#"{"integrationIdentifier":"slack","context":{"t":{"id":"a","subscriberId":1,"subscriberId":2}}}"#,
    ] {
        let reply = post(&stage, "application/json", body).await;
        assert_eq!(reply.status, 400, "{}", reply.text);
        let told = reply.json()["message"].as_str().expect("a text").to_owned();
        assert!(
            told.contains("\"subscriberId\" stands there twice"),
            "{told}"
        );
    }
}

/// A body nested a hundred thousand deep does not fell the server.
#[tokio::test]
async fn depth_is_refused() {
    let stage = Stage::start().await;
    let deep = format!("{{\"context\":{}", "[".repeat(60_000));
    let reply = post(&stage, "application/json", deep).await;
    assert_eq!(
        (reply.status, &reply.json()["code"]),
        (400, &json!("malformed_json"))
    );
    assert_eq!(stage.api.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn a_body_must_be_declared_as_json() {
    let stage = Stage::start().await;
    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "",
    ] {
        let reply = post(&stage, media_type, good()).await;
        reply.refused(
            415,
            "unsupported_media_type",
            "The body is not declared as JSON.",
        );
    }
    let undeclared = Reply::of(stage.api.mint_request().body(good())).await;
    assert_eq!(undeclared.status, 415);
    for media_type in ["application/json; charset=utf-8", "Application/JSON"] {
        assert_eq!(
            post(&stage, media_type, good()).await.status,
            201,
            "{media_type}"
        );
    }
}

#[tokio::test]
async fn a_body_over_64_kib_is_too_large() {
    let stage = Stage::start().await;
    let padded = |length: usize| format!("{}{}", good(), " ".repeat(length - good().len()));
    let reply = post(&stage, "application/json", padded(64 * 1024 + 1)).await;
    reply.refused(413, "body_too_large", "The body is larger than 64 KiB.");
    let reply = post(&stage, "application/json", padded(64 * 1024)).await;
    assert_eq!(reply.status, 201);
}

#[tokio::test]
async fn every_error_has_the_one_shape() {
    let stage = Stage::start().await;
    let path = "/v1/integrations/channel-connections/oauth";
    let reply = stage
        .api
        .mint(&json!({ "integrationIdentifier": "slack" }))
        .await;
    let body = reply.json();
    let mut names: Vec<_> = body.as_object().expect("an object").keys().collect();
    names.sort();
    let expected = [
        "code",
        "error",
        "message",
        "path",
        "requestId",
        "statusCode",
        "timestamp",
    ];
    assert_eq!(names, expected);
    assert_eq!(body["path"], path);
    assert_eq!(body["error"], "Bad Request");
    assert_eq!(body["requestId"].as_str(), reply.header("x-request-id"));
    let time = body["timestamp"].as_str().expect("a text");
    assert!(time.len() == 24 && time.ends_with('Z'), "{time}");

    let unprocessable = stage.api.mint(&json!({ "nothing": 1 })).await.json();
    assert_eq!(unprocessable["error"], "Unprocessable Entity");
    assert!(unprocessable["errors"].is_object());
}

#[tokio::test]
async fn a_request_id_of_the_clients_comes_back_if_it_is_a_sane_one() {
    let stage = Stage::start().await;
    let asked = |id: &'static str| {
        let request = stage.api.mint_request().header("x-request-id", id);
        Reply::of(request.json(&json!({})))
    };
    assert_eq!(asked("abc-1.2_3").await.json()["requestId"], "abc-1.2_3");
    for odd in ["a b", "<script>", ""] {
        assert_ne!(asked(odd).await.json()["requestId"], odd);
    }
    stage.server.has_logged(&["abc-1.2_3"]).await;
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_taken_are_told_apart() {
    let stage = Stage::start().await;
    let reply = stage.api.get("/v1/nothing?code=1").await;
    reply.refused(404, "route_not_found", "There is nothing at this address.");
    assert_eq!(reply.json()["path"], "/v1/nothing");
    let reply = stage
        .api
        .get("/v1/integrations/channel-connections/oauth")
        .await;
    reply.refused(
        405,
        "method_not_allowed",
        "This address does not take this method.",
    );
}

#[tokio::test]
async fn no_header_decides_where_providers_send_people_back_to() {
    let stage = Stage::start().await;
    let hostile: Vec<(&str, &str)> = vec![
        (HOST.as_str(), "evil.test"),
        ("x-forwarded-host", "evil.test"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "666"),
        ("forwarded", "host=evil.test;proto=https"),
        ("x-original-url", "http://evil.test/"),
    ];
    let mut request = stage
        .api
        .mint_request()
        .header(CONTENT_TYPE, "application/json");
    for (name, value) in hostile {
        request = request.header(name, value);
    }
    let reply = Reply::of(request.body(good())).await;
    let minted = reply.minted();
    let redirect = tieline_tests::param(&minted.url, "redirect_uri");
    assert_eq!(redirect, Some(stage.server.callback().to_string()));
    assert!(!reply.text.contains("evil"));
    let body: Value = reply.json();
    assert_eq!(
        body.as_object().map(serde_json::Map::len),
        Some(1),
        "{body}"
    );
}
