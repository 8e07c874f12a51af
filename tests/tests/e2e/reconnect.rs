//! The same again, and what belongs to somebody else.

use serde_json::json;
use tieline_sandbox::Endpoint;
use tieline_tests::{BAKERY, BOOKS, Browser, MARA, OTIS, SUBSCRIBER, Stage, with_param};

/// C38
#[tokio::test]
async fn the_same_owner_and_workspace_renew_their_connection_in_place() {
    let stage = Stage::start().await;
    stage.connect_slack(&json!({})).await;
    let before = stage.api.only_connection().await;
    let (page, attempt) = stage.connect_slack(&json!({})).await;

    assert_eq!(
        (page.status, &attempt["status"]),
        (200, &json!("completed"))
    );
    let after = stage.api.only_connection().await;
    assert_eq!(after["identifier"], before["identifier"]);
    assert_eq!(after["createdAt"], before["createdAt"]);
    assert_eq!(attempt["connectionIdentifier"], before["identifier"]);
    stage.api.only_endpoint().await;
    assert_eq!(stage.control.count(Endpoint::SlackAuthRevoke), 0);
}

#[tokio::test]
async fn another_identifier_does_not_rename_a_connection() {
    let stage = Stage::start().await;
    stage
        .connect_slack(&json!({ "connectionIdentifier": "first" }))
        .await;
    let (_, attempt) = stage
        .connect_slack(&json!({ "connectionIdentifier": "second" }))
        .await;
    assert_eq!(attempt["connectionIdentifier"], "first");
    assert_eq!(stage.api.only_connection().await["identifier"], "first");
}

#[tokio::test]
async fn another_person_of_the_workspace_is_linked_beside_the_first() {
    let stage = Stage::start().await;
    for person in [MARA, OTIS, MARA] {
        let browser = Browser::new().choosing("person", person);
        stage.allow(&stage.mint("slack").await, browser).await;
    }
    stage.api.only_connection().await;
    let endpoints = stage.api.endpoints().await;
    let users: Vec<_> = endpoints
        .iter()
        .map(|it| &it["endpoint"]["userId"])
        .collect();
    assert_eq!(users, [OTIS, MARA]);
}

#[tokio::test]
async fn another_workspace_of_the_same_owner_is_another_connection() {
    let stage = Stage::start().await;
    stage.connect_slack(&json!({})).await;
    let browser = Browser::new().choosing("workspace", BOOKS);
    stage.allow(&stage.mint("slack").await, browser).await;
    let connections = stage.api.connections().await;
    let workspaces: Vec<_> = connections
        .iter()
        .map(|it| &it["workspace"]["id"])
        .collect();
    assert_eq!(workspaces, [BOOKS, BAKERY]);
    assert_ne!(connections[0]["identifier"], connections[1]["identifier"]);
}

#[tokio::test]
async fn another_owner_of_the_same_workspace_has_a_connection_of_their_own() {
    let stage = Stage::start().await;
    stage.connect_slack(&json!({})).await;
    stage
        .connect_slack(&json!({ "context": { "tenant": "acme" } }))
        .await;
    let shared = json!({ "context": { "tenant": "acme" }, "connectionMode": "shared" });
    stage.connect_slack(&shared).await;
    stage.connect_slack(&shared).await;
    let connections = stage.api.connections().await;
    assert_eq!(connections.len(), 3, "{connections:?}");
    assert!(connections.iter().all(|it| it["workspace"]["id"] == BAKERY));
}

/// C36, C37: whoever finishes first has the name; the other one's token is taken back, and the
/// page does not say whose it is.
#[tokio::test]
async fn an_identifier_that_somebody_else_took_meanwhile_is_not_overwritten() {
    let stage = Stage::start().await;
    stage
        .server
        .home
        .tell(&["subscribers", "create", "other-user"])
        .await;
    let named = json!({ "connectionIdentifier": "main" });
    let first = stage.mint_with("slack", &named).await;
    let late = json!({ "connectionIdentifier": "main", "subscriberId": "other-user" });
    let late = stage.mint_with("slack", &late).await;
    stage.allow(&first, Browser::new()).await;
    let before = stage.api.only_connection().await;

    let browser = Browser::new().choosing("workspace", BOOKS);
    let (page, attempt) = stage.allow(&late, browser).await;
    assert_eq!(page.status, 409);
    assert!(!page.text.contains(SUBSCRIBER) && !page.text.contains("Harbour"));
    assert_eq!(attempt["status"], "failed");
    assert_eq!(attempt["code"], "connection_identifier_taken");
    assert_eq!(stage.api.only_connection().await, before);
    stage.api.only_endpoint().await;
    assert_eq!(stage.control.count(Endpoint::SlackAuthRevoke), 1);
}

/// The token that Slack issues to the late one may be the very token that the first one has.
#[tokio::test]
async fn the_token_of_a_workspace_that_is_connected_is_not_taken_back() {
    let stage = Stage::start().await;
    stage
        .server
        .home
        .tell(&["subscribers", "create", "other-user"])
        .await;
    let first = stage
        .mint_with("slack", &json!({ "connectionIdentifier": "main" }))
        .await;
    let late = json!({ "connectionIdentifier": "main", "subscriberId": "other-user" });
    let late = stage.mint_with("slack", &late).await;
    stage.allow(&first, Browser::new()).await;
    let (page, _) = stage.allow(&late, Browser::new()).await;
    assert_eq!(page.status, 409);
    assert_eq!(stage.control.count(Endpoint::SlackAuthRevoke), 0);
}

#[tokio::test]
async fn two_owners_who_ask_for_one_identifier_at_once_do_not_both_get_it() {
    let stage = Stage::start().await;
    stage
        .server
        .home
        .tell(&["subscribers", "create", "other-user"])
        .await;
    let mut callbacks = Vec::new();
    for subscriber in [SUBSCRIBER, "other-user"] {
        let more = json!({ "connectionIdentifier": "main", "subscriberId": subscriber });
        let minted = stage.mint_with("slack", &more).await;
        callbacks.push(Browser::new().callback(&minted.url).await);
    }
    let (mut one, mut other) = (Browser::new(), Browser::new());
    let pages = tokio::join!(one.open(&callbacks[0]), other.open(&callbacks[1]));
    let mut statuses = [pages.0.status, pages.1.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    stage.api.only_connection().await;
}

/// C36: whoever is linked in the one workspace is nobody in the other.
#[tokio::test]
async fn an_identifier_of_ones_own_does_not_move_to_another_workspace() {
    let stage = Stage::start().await;
    let named = json!({ "connectionIdentifier": "main" });
    stage.connect_slack(&named).await;
    let minted = stage.mint_with("slack", &named).await;
    let browser = Browser::new().choosing("workspace", BOOKS);
    let before = stage.api.only_connection().await;
    let (page, attempt) = stage.allow(&minted, browser).await;
    assert_eq!(page.status, 400);
    assert_eq!(attempt["code"], "account_mismatch");
    assert_eq!(stage.api.only_connection().await, before);
    stage.api.only_endpoint().await;
    assert_eq!(stage.control.count(Endpoint::SlackAuthRevoke), 1);
}

/// Two flows of one owner to one workspace, at the same moment.
#[tokio::test]
async fn one_owner_who_connects_twice_at_once_has_one_connection() {
    let stage = Stage::start().await;
    let mut callbacks = Vec::new();
    for _ in 0..2 {
        let minted = stage.mint("slack").await;
        callbacks.push(Browser::new().callback(&minted.url).await);
    }
    let (mut one, mut other) = (Browser::new(), Browser::new());
    let pages = tokio::join!(one.open(&callbacks[0]), other.open(&callbacks[1]));
    assert_eq!((pages.0.status, pages.1.status), (200, 200));
    stage.api.only_connection().await;
    stage.api.only_endpoint().await;
}

/// B21
#[tokio::test]
async fn parameters_that_are_not_ours_change_nothing() {
    let stage = Stage::start().await;
    let minted = stage.mint("slack").await;
    let mut callback = Browser::new().callback(&minted.url).await;
    for name in [
        "redirect",
        "return_to",
        "RelayState",
        "redirectUrl",
        "subscriberId",
        "team",
    ] {
        callback = with_param(&callback, name, "https://evil.test/");
    }
    let page = Browser::new().open(&callback).await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("evil") && page.url.query().is_none());
    assert_eq!(
        stage.api.only_connection().await["subscriberId"],
        SUBSCRIBER
    );
}
