//! Fields that are unknown or malformed.

use serde_json::{Value, json};
use tieline_tests::{SUBSCRIBER, Stage};

/// A good request with this on top.
fn with(more: &Value) -> Value {
    let mut body = json!({ "integrationIdentifier": "slack", "subscriberId": SUBSCRIBER });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

#[tokio::test]
async fn an_unknown_field_is_refused_by_name() {
    let stage = Stage::start().await;
    for (more, field) in [
        (json!({ "subscriberID": "x" }), "subscriberID"),
        (json!({ "mode": "connect" }), "mode"),
        (
            json!({ "context": { "tenant": { "id": "a", "dta": {} } } }),
            "context.tenant.dta",
        ),
    ] {
        let reply = stage.api.mint(&with(&more)).await;
        reply.refused_field(field);
    }
}

#[tokio::test]
async fn a_missing_integration_identifier_is_named() {
    let stage = Stage::start().await;
    let reply = stage.api.mint(&json!({ "subscriberId": SUBSCRIBER })).await;
    reply.refused_field("integrationIdentifier");
    assert_eq!(reply.json()["message"], "integrationIdentifier is required");
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_refused_by_name() {
    let stage = Stage::start().await;
    for (more, field) in [
        (json!({ "subscriberId": 5 }), "subscriberId"),
        (
            json!({ "integrationIdentifier": null }),
            "integrationIdentifier",
        ),
        (
            json!({ "integrationIdentifier": ["slack"] }),
            "integrationIdentifier",
        ),
        (
            json!({ "connectionIdentifier": {} }),
            "connectionIdentifier",
        ),
        (json!({ "scope": "chat:write" }), "scope"),
        (json!({ "scope": ["chat:write", 5] }), "scope[1]"),
        (json!({ "connectionMode": "both" }), "connectionMode"),
        (json!({ "connectionMode": "Shared" }), "connectionMode"),
        (json!({ "autoLinkUser": "yes" }), "autoLinkUser"),
        (json!({ "context": "tenant:acme" }), "context"),
        (json!({ "context": ["tenant"] }), "context"),
        (json!({ "context": { "tenant": 5 } }), "context.tenant"),
        (json!({ "context": { "tenant": null } }), "context.tenant"),
        (
            json!({ "context": { "tenant": { "id": 5 } } }),
            "context.tenant.id",
        ),
        (json!({ "contextHash": 5 }), "contextHash"),
    ] {
        let reply = stage.api.mint(&with(&more)).await;
        reply.refused_field(field);
    }
}

#[tokio::test]
async fn a_text_that_is_empty_too_long_or_unclean_is_refused_by_name() {
    let stage = Stage::start().await;
    let long = |length| "x".repeat(length);
    for (field, value) in [
        ("subscriberId", String::new()),
        ("subscriberId", long(256)),
        ("subscriberId", " a".to_owned()),
        ("subscriberId", "a\u{0}b".to_owned()),
        ("integrationIdentifier", String::new()),
        ("integrationIdentifier", long(129)),
        ("contextHash", long(129)),
        ("connectionIdentifier", String::new()),
        ("connectionIdentifier", long(129)),
        ("connectionIdentifier", "a b".to_owned()),
        ("connectionIdentifier", "a/b".to_owned()),
        ("connectionIdentifier", "ä".to_owned()),
    ] {
        let reply = stage.api.mint(&with(&json!({ field: value }))).await;
        reply.refused_field(field);
    }
}

#[tokio::test]
async fn a_text_of_the_greatest_length_is_taken() {
    let stage = Stage::start().await;
    let longest = "s".repeat(255);
    stage
        .server
        .home
        .tell(&["subscribers", "create", &longest])
        .await;
    let more = json!({ "subscriberId": longest, "connectionIdentifier": "c".repeat(128) });
    stage.mint_with("slack", &more).await;
}

#[tokio::test]
async fn contexts_are_one_to_five_with_clean_types_and_ids() {
    let stage = Stage::start().await;
    let six: Value = (0..6).map(|n| (format!("t{n}"), json!("id"))).collect();
    let long = "x".repeat(101);
    for (context, field) in [
        (json!({}), "context"),
        (six, "context"),
        (json!({ "tenant": "" }), "context.tenant"),
        (json!({ "tenant": "a b" }), "context.tenant"),
        (json!({ "tenant": "a:b" }), "context.tenant"),
        (json!({ "tenant": long }), "context.tenant"),
        (
            json!({ "tenant": { "id": "", "data": {} } }),
            "context.tenant",
        ),
        (json!({ "ten ant": "a" }), "context.ten ant"),
        (json!({ "": "a" }), "context."),
    ] {
        let reply = stage.api.mint(&with(&json!({ "context": context }))).await;
        reply.refused_field(field);
    }
    let five: Value = (0..5)
        .map(|n| (format!("t.{n}"), json!("A-z_0.9")))
        .collect();
    stage.mint_with("slack", &json!({ "context": five })).await;
}

#[tokio::test]
async fn all_faults_of_a_request_are_told_at_once() {
    let stage = Stage::start().await;
    let more = json!({ "subscriberId": "", "connectionIdentifier": "a b" });
    let reply = stage.api.mint(&with(&more)).await;
    reply.refused_field("subscriberId");
    reply.refused_field("connectionIdentifier");
}
