//! Slack, from the minted URL to the stored connection.

use serde_json::json;
use tieline_sandbox::Endpoint;
use tieline_tests::{
    BAKERY, BOOKS, Browser, MARA, OTIS, RAIL_GROUP, ROTATING, SUBSCRIBER, Stage, step_names,
};

/// B01
#[tokio::test]
async fn a_subscriber_connects_a_workspace_and_is_linked() {
    let stage = Stage::start().await;
    let browser = Browser::new().choosing("person", OTIS);
    let (page, attempt) = stage.allow(&stage.mint("slack").await, browser).await;

    assert_eq!(page.status, 200);
    assert!(page.words().contains("Harbour Lane Bakery is connected"));
    assert!(page.words().contains("Development"));
    assert_eq!(attempt["status"], "completed");
    assert_eq!(attempt["workspace"], "Harbour Lane Bakery");

    let connection = stage.api.only_connection().await;
    assert_eq!(connection["identifier"], attempt["connectionIdentifier"]);
    assert_eq!(connection["subscriberId"], SUBSCRIBER);
    assert_eq!(connection["providerId"], "slack");
    assert_eq!(connection["channel"], "chat");
    assert_eq!(connection["contextKeys"], json!([]));
    assert_eq!(connection["workspace"]["id"], BAKERY);
    assert_eq!(connection["auth"], json!({ "accessToken": "********" }));

    let endpoint = stage.api.only_endpoint().await;
    assert_eq!(endpoint["type"], "slack_user");
    assert_eq!(endpoint["endpoint"], json!({ "userId": OTIS }));
    assert_eq!(endpoint["subscriberId"], SUBSCRIBER);
    assert_eq!(endpoint["connectionIdentifier"], connection["identifier"]);
    assert_eq!(stage.control.count(Endpoint::SlackOauthV2Access), 1);
}

#[tokio::test]
async fn each_step_of_an_attempt_has_its_time() {
    let stage = Stage::start().await;
    let (_, attempt) = stage.connect_slack(&json!({})).await;
    let expected = ["minted", "returned", "exchanged", "connected"];
    assert_eq!(step_names(&attempt), expected);
    let steps = attempt["steps"].as_array().expect("steps");
    let times: Vec<_> = steps.iter().map(|step| step["at"].as_str()).collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[tokio::test]
async fn a_shared_connection_belongs_to_its_contexts_and_to_nobody() {
    let stage = Stage::start().await;
    let body = json!({
        "integrationIdentifier": "slack",
        "connectionMode": "shared",
        "context": { "tenant": "org-acme", "region": { "id": "eu", "data": { "n": 1 } } },
    });
    let minted = stage.api.minted(&body).await;
    let (page, attempt) = stage.allow(&minted, Browser::new()).await;

    assert_eq!(
        (page.status, &attempt["status"]),
        (200, &json!("completed"))
    );
    assert_eq!(attempt["connectionMode"], "shared");
    let connection = stage.api.only_connection().await;
    assert_eq!(connection["subscriberId"], json!(null));
    assert_eq!(
        connection["contextKeys"],
        json!(["region:eu", "tenant:org-acme"])
    );
    assert_eq!(stage.api.endpoints().await, Vec::<serde_json::Value>::new());
}

#[tokio::test]
async fn a_shared_connection_links_its_subscriber_only_when_asked_to() {
    let stage = Stage::start().await;
    for (link, id) in [
        (json!(true), "acme"),
        (json!(false), "beta"),
        (json!(null), "gamma"),
    ] {
        let more = json!({
            "connectionMode": "shared", "context": { "tenant": id }, "autoLinkUser": link,
        });
        let (_, attempt) = stage.connect_slack(&more).await;
        assert_eq!(attempt["status"], "completed");
    }
    let connections = stage.api.connections().await;
    assert!(
        connections
            .iter()
            .all(|it| it["subscriberId"] == json!(null))
    );
    let endpoint = stage.api.only_endpoint().await;
    assert_eq!(endpoint["subscriberId"], SUBSCRIBER);
    assert_eq!(endpoint["contextKeys"], json!(["tenant:acme"]));
}

#[tokio::test]
async fn without_auto_link_nobody_is_linked() {
    let stage = Stage::start().await;
    let (page, _) = stage.connect_slack(&json!({ "autoLinkUser": false })).await;
    assert_eq!(page.status, 200);
    let connection = stage.api.only_connection().await;
    assert_eq!(connection["subscriberId"], SUBSCRIBER);
    assert!(stage.api.endpoints().await.is_empty());
}

/// C26
#[tokio::test]
async fn an_incoming_webhook_becomes_an_endpoint_whose_address_is_masked() {
    let stage = Stage::start().await;
    let more = json!({ "scope": ["incoming-webhook", "chat:write"], "autoLinkUser": false });
    let minted = stage.mint_with("slack", &more).await;
    let browser = Browser::new().choosing("channel", "C2HARBOUR1");
    let (page, _) = stage.allow(&minted, browser).await;

    assert_eq!(page.status, 200);
    let endpoint = stage.api.only_endpoint().await;
    assert_eq!(endpoint["type"], "webhook");
    assert_eq!(endpoint["subscriberId"], SUBSCRIBER);
    let address = json!({ "url": "********", "channel": "#alerts", "channelId": "C2HARBOUR1" });
    assert_eq!(endpoint["endpoint"], address);
}

/// C20
#[tokio::test]
async fn a_whole_organization_is_connected_under_its_own_id() {
    let stage = Stage::start().await;
    let browser = Browser::new().choosing("workspace", RAIL_GROUP);
    let (page, attempt) = stage.allow(&stage.mint("slack").await, browser).await;
    assert_eq!(page.status, 200);
    assert_eq!(attempt["workspace"], "Meridian Rail Group");
    let connection = stage.api.only_connection().await;
    assert_eq!(connection["workspace"]["id"], RAIL_GROUP);
}

/// C27
#[tokio::test]
async fn a_rotating_token_has_its_expiry() {
    let stage = Stage::start().await;
    let home = &stage.server.home;
    home.integration("slack", "rotating", ROTATING, &[]).await;
    let minted = stage.mint("rotating").await;
    let (page, _) = stage.allow(&minted, Browser::new()).await;
    assert_eq!(page.status, 200);
    let connection = stage.api.only_connection().await;
    assert_eq!(connection["integrationIdentifier"], "rotating");
    assert_eq!(connection["auth"]["accessToken"], "********");
    assert!(connection["auth"]["expiresAt"].is_string(), "{connection}");
    assert_eq!(connection["auth"]["refreshToken"], "********");
}

/// B11
#[tokio::test]
async fn whoever_declines_is_told_so_and_nothing_is_connected() {
    let stage = Stage::start().await;
    let minted = stage.mint("slack").await;
    let page = Browser::new().cancel(&minted.url).await;

    assert_eq!(page.status, 400);
    assert!(page.words().contains("Not connected"), "{}", page.words());
    assert_eq!(page.reference(), minted.attempt);
    let attempt = stage.api.attempt(&minted.attempt).await;
    assert_eq!(attempt["status"], "denied");
    assert_eq!(attempt["code"], "access_denied");
    assert!(stage.api.connections().await.is_empty());
    assert_eq!(stage.control.count(Endpoint::SlackOauthV2Access), 0);
}

/// C28
#[tokio::test]
async fn a_required_scope_that_was_not_granted_is_missed_and_the_token_taken_back() {
    let stage = Stage::start().await;
    stage.control.slack_untick(["chat:write"]);
    let (page, attempt) = stage.connect_slack(&json!({})).await;

    assert_eq!(page.status, 400);
    assert_eq!(attempt["status"], "failed");
    assert_eq!(attempt["code"], "insufficient_scope");
    assert_eq!(attempt["providerError"], "not granted: chat:write");
    assert!(stage.api.connections().await.is_empty());
    assert_eq!(stage.control.count(Endpoint::SlackAuthRevoke), 1);
}

/// C28
#[tokio::test]
async fn an_optional_scope_may_be_missing() {
    let stage = Stage::start().await;
    stage.control.slack_untick(["users:read.email"]);
    let (page, attempt) = stage.connect_slack(&json!({})).await;
    assert_eq!(
        (page.status, &attempt["status"]),
        (200, &json!("completed"))
    );
    assert_eq!(stage.control.count(Endpoint::SlackAuthRevoke), 0);
}

#[tokio::test]
async fn two_subscribers_connect_two_workspaces() {
    let stage = Stage::start().await;
    stage
        .server
        .home
        .tell(&["subscribers", "create", "ines.moro@quillwood.example"])
        .await;
    stage.connect_slack(&json!({})).await;
    let minted = stage
        .mint_with(
            "slack",
            &json!({ "subscriberId": "ines.moro@quillwood.example" }),
        )
        .await;
    stage
        .allow(&minted, Browser::new().choosing("workspace", BOOKS))
        .await;

    let list = "/v1/channel-connections?subscriberId";
    for (subscriber, workspace) in [
        (SUBSCRIBER, BAKERY),
        ("ines.moro%40quillwood.example", BOOKS),
    ] {
        let own = stage.api.list(&format!("{list}={subscriber}")).await;
        assert_eq!(own.len(), 1, "{own:?}");
        assert_eq!(own[0]["workspace"]["id"], workspace);
    }
    let users: Vec<_> = stage.api.endpoints().await;
    let users: Vec<_> = users
        .iter()
        .map(|it| it["endpoint"]["userId"].clone())
        .collect();
    assert_eq!(users, [json!("U0INESMORO"), json!(MARA)]);
}
