//! `/v1/channel-connections/{identifier}/reconnect`: a connection is renewed and stays itself.

use axum::{body::Body, http::Method};
use serde_json::{Value, json};
use tieline_domain::{
    attempt::Failure,
    connection::{ChannelConnection, Health, Standing},
    ports::MockProviderClient,
    reason::Reason,
};
use tieline_testkit::fixtures::NOON;
use url::Url;

use crate::bench::{Answer, Bench, grants, state_of};

fn path(connection: &ChannelConnection) -> String {
    format!(
        "/v1/channel-connections/{}/reconnect",
        connection.identifier
    )
}

/// Stores a connection to this workspace that was revoked.
async fn revoked(bench: &Bench, workspace: &str) -> ChannelConnection {
    let mut connection = bench.connection();
    workspace.clone_into(&mut connection.workspace.id);
    let failure = Failure::from(Reason::TokenRevoked);
    connection.health = Health::issued(NOON).failed(Standing::Revoked, failure, NOON);
    bench.store(&connection, Vec::new()).await;
    connection
}

async fn ask(bench: &Bench, connection: &ChannelConnection, body: &Value) -> Answer {
    bench.post(&path(connection), body).await
}

/// Sends a request without a body under an idempotency key.
async fn ask_under(bench: &Bench, connection: &ChannelConnection, key: &str) -> Answer {
    let request = bench.request(Method::POST, &path(connection));
    let request = request.header("idempotency-key", key);
    bench.send(request.body(Body::empty()).unwrap()).await
}

fn url(answer: &Answer) -> Url {
    answer.json()["url"].as_str().unwrap().parse().unwrap()
}

fn scope_of(answer: &Answer) -> String {
    let url = url(answer);
    let mut pairs = url.query_pairs();
    let scope = pairs.find(|(name, _)| name == "scope").unwrap().1;
    scope.into_owned()
}

/// Opens the URL and comes back; answers the page.
async fn consent(bench: &Bench, minted: &Answer) -> Answer {
    let state = state_of(url(minted).as_str());
    let query = [("state", &*state), ("code", "the-code")];
    let answer = bench.call_back(&query).await;
    answer.assert_is(303);
    let id = minted.header("connect-attempt-id").unwrap();
    bench.open(&format!("/connect/{id}")).await
}

#[tokio::test]
async fn a_connection_gets_new_tokens_and_keeps_its_name() {
    let bench = Bench::start().await.with(grants("Acme"));
    let connection = revoked(&bench, "T1").await;
    let minted = ask(&bench, &connection, &json!({})).await;
    minted.assert_is(201);
    let page = consent(&bench, &minted).await;
    page.assert_is(200);
    assert!(page.text().contains("Acme"), "{}", page.text());
    let list = bench.get("/v1/channel-connections").await;
    assert_eq!(list.each("identifier"), [connection.identifier.as_str()]);
    assert_eq!(list.each("status"), ["active"]);
    assert_eq!(list.each("statusReason"), [Value::Null]);
    let attempt = &bench.attempts().await[0];
    assert_eq!(attempt["status"], "completed");
    assert_eq!(
        attempt["connectionIdentifier"],
        connection.identifier.as_str()
    );
}

#[tokio::test]
async fn another_workspace_is_refused_and_given_back() {
    let mut client: MockProviderClient = grants("Acme");
    client.expect_revoke().times(1).returning(|_, _| Ok(()));
    let bench = Bench::start().await.with(client);
    let connection = revoked(&bench, "T2").await;
    let minted = ask(&bench, &connection, &json!({})).await;
    let page = consent(&bench, &minted).await;
    page.assert_is(400);
    let text = page.text();
    assert!(text.contains(Reason::AccountMismatch.what()), "{text}");
    assert!(text.contains(Reason::AccountMismatch.remedy()), "{text}");
    assert_eq!(bench.attempts().await[0]["code"], "account_mismatch");
    let path = format!("/v1/channel-connections/{}", connection.identifier);
    let one = bench.get(&path).await.json();
    assert_eq!(one["workspace"]["id"], "T2");
    assert_eq!(one["status"], "revoked");
}

#[tokio::test]
async fn what_the_integration_asks_for_is_asked_for_unless_the_request_says_otherwise() {
    let bench = Bench::start().await;
    let connection = revoked(&bench, "T1").await;
    let plain = ask_under(&bench, &connection, "k1").await;
    plain.assert_is(201);
    assert_eq!(scope_of(&plain), "chat:write,channels:read");
    let chosen = ask(&bench, &connection, &json!({ "scope": ["users:read"] })).await;
    assert_eq!(scope_of(&chosen), "users:read");
    for (body, refusal) in [
        (json!({ "scope": ["nonsense"] }), (400, "scope_invalid")),
        (json!({ "scope": [] }), (400, "scope_invalid")),
        (json!({ "scope": "users:read" }), (422, "validation_failed")),
        (json!({ "scopes": [] }), (422, "validation_failed")),
    ] {
        let refused = ask(&bench, &connection, &body).await;
        assert_eq!(
            refused.refusal(),
            (refusal.0, refusal.1.to_owned()),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_repetition_gets_the_same_url() {
    let bench = Bench::start().await;
    let connection = revoked(&bench, "T1").await;
    let first = ask_under(&bench, &connection, "k1").await;
    let second = ask_under(&bench, &connection, "k1").await;
    assert_eq!(first.json(), second.json());
    assert_eq!(
        first.header("connect-attempt-id"),
        second.header("connect-attempt-id")
    );
    assert_eq!(second.header("idempotency-replay"), Some("true"));
    assert_eq!(second.header("idempotency-key"), Some("k1"));
    let other = ask_under(&bench, &connection, "k2").await;
    assert_ne!(first.json(), other.json());
}

/// The same key at another connection is another request.
#[tokio::test]
async fn a_key_that_was_used_for_another_connection_is_refused() {
    let bench = Bench::start().await;
    let (one, other) = (revoked(&bench, "T1").await, revoked(&bench, "T2").await);
    ask_under(&bench, &one, "k1").await.assert_is(201);
    let refused = ask_under(&bench, &other, "k1").await;
    assert_eq!(
        refused.refusal(),
        (422, "idempotency_key_reused".to_owned())
    );
}

#[tokio::test]
async fn what_cannot_be_renewed_is_a_404() {
    let bench = Bench::start().await;
    let unknown = bench.post("/v1/channel-connections/nothing/reconnect", &Value::Null);
    unknown.await.assert_is(400);
    let body = json!({});
    let unknown = bench
        .post("/v1/channel-connections/nothing/reconnect", &body)
        .await;
    assert_eq!(unknown.refusal(), (404, "not_found".to_owned()));
    let connection = revoked(&bench, "T1").await;
    let off = json!({ "active": false });
    let path = format!("/v1/integrations/{}", bench.slack.id);
    bench.put(&path, &off).await.assert_is(200);
    let refused = ask(&bench, &connection, &body).await;
    assert_eq!(refused.refusal(), (404, "integration_not_found".to_owned()));
}
