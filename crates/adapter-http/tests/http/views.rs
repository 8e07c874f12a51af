//! What a back end is shown of connections, endpoints and attempts. That each body is as the
//! document says is checked with every answer.

use serde_json::{Value, json};
use tieline_domain::{
    attempt::Failure,
    connection::{ChannelConnection, Workspace},
    endpoint::Address,
    reason::Reason,
};
use tieline_testkit::fixtures;

use crate::bench::Bench;

async fn shown(bench: &Bench, connection: &ChannelConnection) -> Value {
    bench.store(connection, Vec::new()).await;
    let path = format!("/v1/channel-connections/{}", connection.identifier);
    bench.get(&path).await.json()
}

/// D11 of the design
#[tokio::test]
async fn a_connection_is_shown_with_its_token_masked() {
    let bench = Bench::start().await;
    let mut connection = bench.connection();
    connection.workspace.id = "T1".to_owned();
    connection.credentials[0].expires_at = Some(fixtures::seconds_later(60));
    let expected = json!({
        "identifier": connection.identifier.as_str(),
        "channel": "chat",
        "providerId": "slack",
        "integrationIdentifier": "slack",
        "subscriberId": "ada",
        "contextKeys": [],
        "workspace": { "id": "T1", "name": "Acme Corp", "botUserId": "U0BOT" },
        "auth": { "accessToken": "********", "expiresAt": "2026-01-02T12:01:00.000Z" },
        "status": "active",
        "statusReason": null,
        "statusMessage": null,
        "statusRemedy": null,
        "statusSince": "2026-01-02T12:00:00.000Z",
        "provedAt": "2026-01-02T12:00:00.000Z",
        "scopes": ["chat:write", "channels:read"],
        "missingScopes": [],
        "createdAt": "2026-01-02T12:00:00.000Z",
        "updatedAt": "2026-01-02T12:00:00.000Z",
    });
    assert_eq!(shown(&bench, &connection).await, expected);
}

#[tokio::test]
async fn a_shared_connection_without_a_token_is_shown_as_such() {
    let bench = Bench::start().await;
    let tenant = Workspace {
        id: "tenant".to_owned(),
        name: None,
        bot_user_id: None,
    };
    let connection = ChannelConnection {
        owner: fixtures::shared_by(&["b:2", "a:1"]),
        credentials: Vec::new(),
        workspace: tenant,
        ..bench.connection()
    };
    let body = shown(&bench, &connection).await;
    assert_eq!(body["subscriberId"], Value::Null);
    assert_eq!(body["contextKeys"], json!(["a:1", "b:2"]));
    assert_eq!(body["auth"], json!({ "accessToken": "app-only" }));
    assert_eq!(body["workspace"], json!({ "id": "tenant" }));
}

#[tokio::test]
async fn a_webhook_is_shown_with_its_url_masked() {
    let bench = Bench::start().await;
    let connection = bench.connection();
    let mut hook = fixtures::endpoint(&connection, &fixtures::subscriber_id("ada"));
    hook.address =
        Address::webhook("https://hooks.example/x", Some("#general"), Some("C1")).address;
    hook.secret = Some(fixtures::sealed("https://hooks.test"));
    bench.store(&connection, vec![hook.clone()]).await;
    let body = bench
        .get(&format!("/v1/channel-endpoints/{}", hook.identifier))
        .await
        .json();
    assert_eq!(body["type"], "webhook");
    let address = json!({ "channel": "#general", "channelId": "C1", "url": "********" });
    assert_eq!(body["endpoint"], address);
    assert_eq!(body["connectionIdentifier"], connection.identifier.as_str());
}

#[tokio::test]
async fn a_failed_attempt_is_shown_with_reason_and_remedy() {
    let bench = Bench::start().await;
    let failure = Failure {
        reason: Reason::ClientRejected,
        provider_error: Some("invalid_client".to_owned()),
    };
    let attempt = bench.attempt().failed(&failure, fixtures::seconds_later(2));
    bench.store_attempt(&attempt).await;
    let body = bench
        .get(&format!("/v1/connect-attempts/{}", attempt.id))
        .await
        .json();
    let expected = json!({
        "id": attempt.id.to_string(),
        "status": "failed",
        "code": "client_rejected",
        "message": Reason::ClientRejected.what(),
        "remedy": Reason::ClientRejected.remedy(),
        "providerError": "invalid_client",
        "providerId": "slack",
        "integrationIdentifier": "slack",
        "subscriberId": "ada",
        "contextKeys": [],
        "mode": "connect",
        "connectionMode": "subscriber",
        "connectionIdentifier": null,
        "workspace": null,
        "steps": [
            { "name": "minted", "at": "2026-01-02T12:00:00.000Z" },
            { "name": "returned", "at": "2026-01-02T12:00:00.000Z" },
            { "name": "ended", "at": "2026-01-02T12:00:02.000Z" },
        ],
        "createdAt": "2026-01-02T12:00:00.000Z",
        "updatedAt": "2026-01-02T12:00:02.000Z",
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_completed_attempt_is_shown_with_its_connection() {
    let bench = Bench::start().await;
    let connection = bench.connection();
    let attempt = bench.store(&connection, Vec::new()).await;
    let body = bench
        .get(&format!("/v1/connect-attempts/{}", attempt.id))
        .await
        .json();
    assert_eq!(body["status"], "completed");
    assert_eq!(body["code"], Value::Null);
    assert_eq!(body["connectionIdentifier"], connection.identifier.as_str());
    assert_eq!(body["workspace"], "Acme Corp");
}

/// The mint's header leads to the attempt.
#[tokio::test]
async fn the_attempt_of_a_url_is_named_when_it_is_minted() {
    let bench = Bench::start().await;
    let minted = bench.mint(&crate::bench::for_ada()).await;
    let id = minted.header("connect-attempt-id").unwrap();
    let path = format!("/v1/connect-attempts/{id}");
    bench.get(&path).await.assert_is(404);
    let state = crate::bench::state_of(minted.json()["url"].as_str().unwrap());
    bench
        .call_back(&[("state", &state), ("error", "access_denied")])
        .await;
    assert_eq!(bench.get(&path).await.json()["status"], "denied");
}
