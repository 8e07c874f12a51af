//! The resources of the API, on the real program.

use reqwest::Method;
use serde_json::{Value, json};
use tieline_tests::{BAKERY, Browser, SLACK, Stage};

/// A back end with nothing but a key sets everything up by itself and connects a workspace.
#[tokio::test]
async fn a_back_end_sets_itself_up_and_connects() {
    let stage = Stage::start().await;
    let integration = json!({
        "providerId": "slack", "channel": "chat", "identifier": "own-slack", "active": true,
        "credentials": { "clientId": SLACK.0, "secretKey": SLACK.1 },
    });
    let made = stage.api.made("/v1/integrations", &integration).await;
    assert!(made.get("credentials").is_none(), "{made}");
    stage
        .api
        .made("/v2/subscribers", &json!({ "subscriberId": "grace" }))
        .await;
    let minted = stage
        .api
        .minted(&json!({
            "integrationIdentifier": "own-slack", "subscriberId": "grace",
            "context": { "tenant": { "id": "acme", "data": { "plan": "pro" } } },
        }))
        .await;
    let (page, _) = stage.allow(&minted, Browser::new()).await;
    assert_eq!(page.status, 200);
    let connection = stage.api.only_connection().await;
    assert_eq!(connection["integrationIdentifier"], "own-slack");
    assert_eq!(connection["workspace"]["id"], BAKERY);
    assert_eq!(connection["contextKeys"], json!(["tenant:acme"]));
    let context = stage.api.read("/v2/contexts/tenant/acme").await;
    assert_eq!(context["data"], json!({ "plan": "pro" }));
}

#[tokio::test]
async fn what_was_made_is_there_after_a_restart() {
    let mut stage = Stage::start().await;
    let subscriber = json!({ "subscriberId": "grace", "firstName": "Grace", "data": { "n": 1 } });
    let made = stage.api.made("/v2/subscribers", &subscriber).await;
    let imported = imported(&stage, "grace").await;
    stage.server.kill().await;
    stage.server.start_again().await;
    assert_eq!(stage.api.read("/v2/subscribers/grace").await, made);
    let path = format!(
        "/v1/channel-connections/{}",
        imported["identifier"].as_str().unwrap()
    );
    assert_eq!(stage.api.read(&path).await, imported);
}

async fn imported(stage: &Stage, subscriber: &str) -> Value {
    let body = json!({
        "integrationIdentifier": "slack", "subscriberId": subscriber,
        "workspace": { "id": "T9", "name": "Imported" },
        "auth": { "accessToken": "imported-token" },
    });
    stage.api.made("/v1/channel-connections", &body).await
}

#[tokio::test]
async fn an_imported_connection_is_renewed_by_a_flow() {
    let stage = Stage::start().await;
    let body = json!({
        "integrationIdentifier": "slack", "subscriberId": tieline_tests::SUBSCRIBER,
        "workspace": { "id": BAKERY }, "auth": { "accessToken": "imported-token" },
        "identifier": "imported",
    });
    stage.api.made("/v1/channel-connections", &body).await;
    let (page, attempt) = stage.connect_slack(&json!({})).await;
    assert_eq!(page.status, 200);
    assert_eq!(attempt["connectionIdentifier"], "imported");
    assert_eq!(
        stage.api.only_connection().await["workspace"]["name"],
        "Harbour Lane Bakery"
    );
}

#[tokio::test]
async fn deleting_a_connection_takes_its_endpoints_along() {
    let stage = Stage::start().await;
    stage
        .connect_slack(&json!({ "connectionIdentifier": "main" }))
        .await;
    stage.api.only_endpoint().await;
    assert_eq!(stage.api.deleted("/v1/channel-connections/main").await, 204);
    assert!(stage.api.connections().await.is_empty());
    assert!(stage.api.endpoints().await.is_empty());
    assert_eq!(stage.api.deleted("/v1/channel-connections/main").await, 404);
}

#[tokio::test]
async fn deleting_a_subscriber_takes_all_that_is_theirs_along() {
    let stage = Stage::start().await;
    stage.connect_slack(&json!({})).await;
    let path = format!("/v2/subscribers/{}", tieline_tests::SUBSCRIBER);
    assert_eq!(stage.api.deleted(&path).await, 200);
    assert!(stage.api.connections().await.is_empty());
    assert!(stage.api.endpoints().await.is_empty());
}

/// B22: an integration that was switched off or deleted between URL and callback.
#[tokio::test]
async fn an_integration_that_is_gone_meanwhile_connects_nothing() {
    let stage = Stage::start().await;
    let all = stage.api.read("/v1/integrations").await;
    let slack = all
        .as_array()
        .unwrap()
        .iter()
        .find(|i| i["identifier"] == "slack")
        .unwrap();
    let path = format!("/v1/integrations/{}", slack["_id"].as_str().unwrap());
    let (first, second) = (stage.mint("slack").await, stage.mint("slack").await);
    let off = json!({ "active": false });
    assert_eq!(stage.api.send(Method::PUT, &path, &off).await.status, 200);
    let (page, attempt) = stage.allow(&first, Browser::new()).await;
    assert_eq!(page.status, 400);
    assert_eq!(attempt["code"], "integration_unavailable");

    assert_eq!(stage.api.deleted(&path).await, 200);
    let page = Browser::new().allow(&second.url).await;
    assert_eq!(page.status, 400);
    assert!(stage.api.connections().await.is_empty());
}

#[tokio::test]
async fn an_endpoint_needs_no_connection() {
    let mut stage = Stage::start().await;
    let body = json!({
        "subscriberId": "new-one", "createSubscriberIfMissing": true,
        "integrationIdentifier": "slack", "type": "webhook",
        "endpoint": { "url": "https://hooks.example.com/secret-part", "channel": "#general" },
    });
    let made = stage.api.made("/v1/channel-endpoints", &body).await;
    assert_eq!(made["connectionIdentifier"], Value::Null);
    assert_eq!(made["endpoint"]["url"], "********");
    assert_eq!(
        stage.api.read("/v2/subscribers/new-one").await["subscriberId"],
        "new-one"
    );
    let log = stage.server.log_to_its_end().await;
    assert!(!log.contains("secret-part"));
}
