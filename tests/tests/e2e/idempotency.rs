//! The header `idempotency-key`: one key, one body, one answer.

use std::collections::HashSet;

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};
use tieline_tests::{BOOTSTRAP_KEY, Reply, SUBSCRIBER, Stage, raw_exchange};

const HEADER: &str = "idempotency-key";
const REPLAY: &str = "idempotency-replay";

fn body() -> Value {
    json!({ "integrationIdentifier": "slack", "subscriberId": SUBSCRIBER })
}

async fn mint(stage: &Stage, key: impl AsRef<[u8]>, body: impl ToString) -> Reply {
    let key = HeaderValue::from_bytes(key.as_ref()).expect("a header's value");
    let request = stage.api.mint_request().header(HEADER, key);
    let request = request.header(CONTENT_TYPE, "application/json");
    Reply::of(request.body(body.to_string())).await
}

#[tokio::test]
async fn a_repetition_gets_the_same_bytes_and_says_that_it_is_one() {
    let stage = Stage::start().await;
    let first = mint(&stage, "order-66", body()).await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!(first.header(HEADER), Some("order-66"));
    assert_eq!(first.header(REPLAY), None);
    for _ in 0..2 {
        let again = mint(&stage, "order-66", body()).await;
        assert_eq!((again.status, &again.text), (201, &first.text));
        assert_eq!(again.header(HEADER), Some("order-66"));
        assert_eq!(again.header(REPLAY), Some("true"));
        for name in ["content-type", "connect-attempt-id"] {
            assert_eq!(again.header(name), first.header(name), "{name}");
        }
    }
}

#[tokio::test]
async fn a_repetition_works_after_a_restart() {
    let mut stage = Stage::start().await;
    let first = mint(&stage, "k1", body()).await;
    stage.server.kill().await;
    stage.server.start_again().await;
    let again = mint(&stage, "k1", body()).await;
    assert_eq!(
        (again.header(REPLAY), &again.text),
        (Some("true"), &first.text)
    );
}

#[tokio::test]
async fn another_body_under_the_same_key_is_refused() {
    let stage = Stage::start().await;
    assert_eq!(mint(&stage, "k1", body()).await.status, 201);
    let other = json!({
        "integrationIdentifier": "slack", "subscriberId": SUBSCRIBER, "autoLinkUser": false,
    });
    let reply = mint(&stage, "k1", other).await;
    let told = "Request with key \"k1\" is being reused for a different body";
    reply.refused(422, "idempotency_key_reused", told);
    assert_eq!(reply.json()["errors"], json!({}));
    assert_eq!(reply.header(HEADER), Some("k1"));
    assert_eq!(reply.header(REPLAY), None);
    assert_eq!(reply.header("link"), Some("</docs>; rel=\"help\""));
}

#[tokio::test]
async fn order_and_white_space_of_a_body_do_not_matter() {
    let stage = Stage::start().await;
    let bodies = [
        r#"{"integrationIdentifier":"slack","context":{"a":"1","b":{"id":"2","data":{"n":1.0}}}}"#,
        r#"  { "context" : {"b":{"data":{"n":1},"id":"2"}, "a":"\u0031"},
              "integrationIdentifier" : "slack" } "#,
    ];
    let first = mint(&stage, "k1", bodies[0]).await;
    let again = mint(&stage, "k1", bodies[1]).await;
    assert_eq!(again.header(REPLAY), Some("true"), "{}", again.text);
    assert_eq!(again.text, first.text);
}

#[tokio::test]
async fn a_quoted_key_is_the_bare_one() {
    let stage = Stage::start().await;
    let first = mint(&stage, "k1", body()).await;
    let again = mint(&stage, "\"k1\"", body()).await;
    assert_eq!(again.header(REPLAY), Some("true"));
    assert_eq!(
        again.header(HEADER),
        Some("\"k1\""),
        "echoed as it was sent"
    );
    assert_eq!(again.text, first.text);
}

#[tokio::test]
async fn a_key_has_one_to_255_visible_characters() {
    let stage = Stage::start().await;
    assert_eq!(mint(&stage, "k".repeat(255), body()).await.status, 201);
    let long = "k".repeat(256);
    let reply = mint(&stage, &long, body()).await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.json()["code"], "idempotency_key_invalid");
    let told = reply.json()["message"].as_str().expect("a text").to_owned();
    let expected = "has exceeded the maximum allowed length of 255 characters";
    assert!(
        told.starts_with("idempotencyKey \"kkk") && told.ends_with(expected),
        "{told}"
    );
    assert_eq!(reply.header(HEADER), None, "a bad key is not echoed");

    let told = "The idempotency key must be 1 to 255 visible ASCII characters.";
    for odd in [
        "a b".as_bytes(),
        b"a\tb",
        "schl\u{fc}ssel".as_bytes(),
        b"\xff",
        b"\"\"",
        b"\"a b\"",
    ] {
        let reply = mint(&stage, odd, body()).await;
        reply.refused(400, "idempotency_key_invalid", told);
    }
}

#[tokio::test]
async fn an_empty_key_is_none() {
    let stage = Stage::start().await;
    let first = mint(&stage, "", body()).await;
    let second = mint(&stage, "", body()).await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_ne!(first.text, second.text);
    assert_eq!(second.header(REPLAY), None);
}

#[tokio::test]
async fn two_keys_in_one_request_are_refused() {
    let stage = Stage::start().await;
    let request = stage.api.mint_request().header(HEADER, "k1");
    let reply = Reply::of(request.header(HEADER, "k1").json(&body())).await;
    let told = "The header idempotency-key stands there more than once.";
    reply.refused(400, "idempotency_key_invalid", told);
}

#[tokio::test]
async fn control_characters_in_a_key_are_refused() {
    let stage = Stage::start().await;
    let body = body().to_string();
    let mut request = format!(
        "POST /v1/integrations/channel-connections/oauth HTTP/1.1\r\nHost: x\r\n\
         Authorization: ApiKey {BOOTSTRAP_KEY}\r\nContent-Type: application/json\r\n\
         Connection: close\r\nContent-Length: {}\r\nIdempotency-Key: a",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(b"\x01b\r\n\r\n");
    request.extend_from_slice(body.as_bytes());
    let answer = raw_exchange(&stage.server, &request).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[tokio::test]
async fn the_same_key_means_something_else_in_another_environment() {
    let stage = Stage::start().await;
    let home = &stage.server.home;
    home.tell(&["environments", "create", "Production"]).await;
    let production = ["--environment", "Production"];
    let create = ["integrations", "create", "--provider", "slack"];
    let credentials = json!({ "clientId": "1.2", "secretKey": "s" }).to_string();
    let arguments = [&create[..], &production].concat();
    drop(
        home.run_with_input(&arguments, &credentials)
            .await
            .succeeded(),
    );
    home.tell(&[&["subscribers", "create", SUBSCRIBER][..], &production].concat())
        .await;
    let key = home
        .tell(&[&["api-keys", "create"][..], &production].concat())
        .await;

    let first = mint(&stage, "k1", body()).await;
    let request = stage.api.with_key(&key).mint_request().header(HEADER, "k1");
    let other = Reply::of(request.json(&body())).await;
    assert_eq!(
        (other.status, other.header(REPLAY)),
        (201, None),
        "{}",
        other.text
    );
    assert_ne!(other.text, first.text);
}

#[tokio::test]
async fn another_key_of_the_same_environment_gets_the_same_answer() {
    let stage = Stage::start().await;
    let first = mint(&stage, "k1", body()).await;
    let key = stage.server.home.tell(&["api-keys", "create"]).await;
    let request = stage.api.with_key(&key).mint_request().header(HEADER, "k1");
    let again = Reply::of(request.json(&body())).await;
    assert_eq!(
        (again.header(REPLAY), &again.text),
        (Some("true"), &first.text)
    );
}

#[tokio::test]
async fn a_key_that_may_not_mint_gets_no_stored_answer() {
    let stage = Stage::start().await;
    assert_eq!(mint(&stage, "k1", body()).await.status, 201);
    let key = stage
        .server
        .home
        .tell(&["api-keys", "create", "--role", "read"])
        .await;
    let request = stage.api.with_key(&key).mint_request().header(HEADER, "k1");
    assert_eq!(Reply::of(request.json(&body())).await.status, 403);
}

#[tokio::test]
async fn refusals_are_not_kept_so_that_a_mended_request_may_use_its_key() {
    let stage = Stage::start().await;
    let wrong = [
        json!({ "integrationIdentifier": "slack", "subscriberId": "nobody" }),
        json!({ "integrationIdentifier": "slack" }),
        json!({ "integrationIdentifier": "slack", "nothing": 1 }),
    ];
    for body in wrong {
        let reply = mint(&stage, "k1", body).await;
        assert!(reply.status >= 400, "{}", reply.text);
        assert_eq!(reply.header(REPLAY), None);
        assert_eq!(reply.header(HEADER), Some("k1"));
    }
    let reply = mint(&stage, "k1", body()).await;
    assert_eq!((reply.status, reply.header(REPLAY)), (201, None));
}

#[tokio::test]
async fn twenty_at_once_get_one_url() {
    let stage = Stage::start().await;
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let request = stage.api.mint_request().header(HEADER, "k1").json(&body());
        asking.spawn(Reply::of(request));
    }
    let replies = asking.join_all().await;
    assert!(
        replies.iter().all(|reply| reply.status == 201),
        "{replies:?}"
    );
    let urls: HashSet<_> = replies.iter().map(|reply| &reply.text).collect();
    assert_eq!(urls.len(), 1);
    let first = replies
        .iter()
        .filter(|reply| reply.header(REPLAY).is_none());
    assert_eq!(first.count(), 1);
}

#[tokio::test]
async fn a_url_that_was_given_twice_works_once() {
    let stage = Stage::start().await;
    let first = mint(&stage, "k1", body()).await.minted();
    let again = mint(&stage, "k1", body()).await.minted();
    let mut browser = tieline_tests::Browser::new();
    assert_eq!(browser.allow(&first.url).await.status, 200);
    assert_eq!(browser.allow(&again.url).await.status, 200);
    stage.api.only_connection().await;
}
