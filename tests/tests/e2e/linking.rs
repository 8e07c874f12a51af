//! Linking a person, with nothing connected.

use serde_json::{Value, json};
use tieline_tests::{
    BOOKS, Browser, FENNEL, LARKSPUR, MARA, NOOR, OTIS, SELMA, SUBSCRIBER, Stage, param, step_names,
};

fn request(integration: &str, more: &Value) -> Value {
    let mut body = json!({ "integrationIdentifier": integration, "subscriberId": SUBSCRIBER });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

#[tokio::test]
async fn a_slack_user_is_linked_and_nothing_is_connected() {
    let stage = Stage::start().await;
    let minted = stage.api.link(&request("slack", &json!({}))).await;
    assert_eq!(
        param(&minted.url, "user_scope").as_deref(),
        Some("identity.basic")
    );
    assert_eq!(param(&minted.url, "scope"), None);

    let (page, attempt) = stage
        .allow(&minted, Browser::new().choosing("person", OTIS))
        .await;
    assert_eq!(page.status, 200);
    assert!(page.words().contains("You are linked"), "{}", page.words());
    assert_eq!(attempt["mode"], "link_user");
    assert_eq!(
        step_names(&attempt),
        ["minted", "returned", "exchanged", "linked"]
    );
    assert!(stage.api.connections().await.is_empty());
    let endpoint = stage.api.only_endpoint().await;
    assert_eq!(endpoint["type"], "slack_user");
    assert_eq!(endpoint["endpoint"], json!({ "userId": OTIS }));
    assert_eq!(endpoint["connectionIdentifier"], Value::Null);
}

#[tokio::test]
async fn the_same_person_linked_again_is_no_second_endpoint() {
    let stage = Stage::start().await;
    for _ in 0..2 {
        let minted = stage.api.link(&request("slack", &json!({}))).await;
        let (page, _) = stage.allow(&minted, Browser::new()).await;
        assert_eq!(page.status, 200);
    }
    stage.api.only_endpoint().await;
}

#[tokio::test]
async fn a_person_is_linked_to_a_connection_of_their_workspace_only() {
    let stage = Stage::start().await;
    stage
        .connect_slack(&json!({ "connectionIdentifier": "main", "autoLinkUser": false }))
        .await;
    let body = request("slack", &json!({ "connectionIdentifier": "main" }));
    let stranger = Browser::new().choosing("workspace", BOOKS);
    let (page, attempt) = stage.allow(&stage.api.link(&body).await, stranger).await;
    assert_eq!(page.status, 400);
    assert_eq!(attempt["code"], "account_mismatch");
    assert!(stage.api.endpoints().await.is_empty());

    let (page, _) = stage
        .allow(&stage.api.link(&body).await, Browser::new())
        .await;
    assert_eq!(page.status, 200);
    let endpoint = stage.api.only_endpoint().await;
    assert_eq!(endpoint["connectionIdentifier"], "main");
    assert_eq!(endpoint["endpoint"], json!({ "userId": MARA }));
}

#[tokio::test]
async fn a_teams_user_is_linked_by_their_sign_in() {
    let stage = Stage::start().await;
    let minted = stage.api.link(&request("msteams", &json!({}))).await;
    assert!(
        minted
            .url
            .path()
            .ends_with("/organizations/oauth2/v2.0/authorize"),
        "{}",
        minted.url
    );
    let (page, _) = stage
        .allow(&minted, Browser::new().choosing("person", NOOR))
        .await;
    assert_eq!(page.status, 200);
    assert!(stage.api.connections().await.is_empty());
    let endpoint = stage.api.only_endpoint().await;
    assert_eq!(endpoint["type"], "ms_teams_user");
    assert_eq!(endpoint["endpoint"], json!({ "userId": NOOR }));
}

/// E15
#[tokio::test]
async fn a_teams_user_of_another_tenant_is_not_linked_to_the_connection() {
    let stage = Stage::start().await;
    let named = json!({ "connectionIdentifier": "main", "autoLinkUser": false });
    stage
        .allow(&stage.mint_with("msteams", &named).await, Browser::new())
        .await;
    assert_eq!(stage.api.only_connection().await["workspace"]["id"], FENNEL);
    assert_ne!(FENNEL, LARKSPUR);
    let body = request("msteams", &json!({ "connectionIdentifier": "main" }));
    let stranger = Browser::new().choosing("person", SELMA);
    let (page, attempt) = stage.allow(&stage.api.link(&body).await, stranger).await;
    assert_eq!(page.status, 400);
    assert_eq!(attempt["code"], "account_mismatch");
    assert!(stage.api.endpoints().await.is_empty());
}

#[tokio::test]
async fn who_declines_is_not_linked() {
    let stage = Stage::start().await;
    let minted = stage.api.link(&request("slack", &json!({}))).await;
    stage.deny(&minted).await;
    let attempt = stage.api.attempt(&minted.attempt).await;
    assert_eq!(attempt["status"], "denied");
    assert!(stage.api.endpoints().await.is_empty());
}

#[tokio::test]
async fn the_older_route_does_both_jobs() {
    let stage = Stage::start().await;
    let path = "/v1/integrations/chat/oauth";
    for (mode, connections) in [(json!({ "mode": "link_user" }), 0), (json!({}), 1)] {
        let body = request("slack", &mode);
        let minted = stage
            .api
            .send(reqwest::Method::POST, path, &body)
            .await
            .minted();
        let (page, _) = stage.allow(&minted, Browser::new()).await;
        assert_eq!(page.status, 200);
        assert_eq!(stage.api.connections().await.len(), connections);
    }
}
