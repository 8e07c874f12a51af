//! API keys: who is let in, and how far.

use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};
use tieline_tests::{BOOTSTRAP_KEY, Reply, SUBSCRIBER, Stage};

fn body() -> Value {
    json!({ "integrationIdentifier": "slack", "subscriberId": SUBSCRIBER })
}

/// An error's body without what differs from request to request.
fn shape(reply: &Reply) -> String {
    let mut body = reply.json();
    body["timestamp"].take();
    body["requestId"].take();
    format!("{} {:?} {body}", reply.status, reply.header("content-type"))
}

#[tokio::test]
async fn missing_wrong_and_revoked_keys_are_refused_alike() {
    let stage = Stage::start().await;
    let revoked = new_key(&stage, &[]).await;
    assert_eq!(stage.api.with_key(&revoked).mint(&body()).await.status, 201);
    revoke_newest_key(&stage).await;

    let url = stage.api.url("/v1/integrations/channel-connections/oauth");
    let without = Reply::of(stage.api.http.post(url.clone()).json(&body())).await;
    without.refused(
        401,
        "unauthorized",
        "The API key is missing, unknown or revoked.",
    );
    let expected = shape(&without);
    for authorization in [
        format!("ApiKey {revoked}"),
        "ApiKey wrong-key-of-the-right-length-0000000000000000".to_owned(),
        "ApiKey short".to_owned(),
        "ApiKey ".to_owned(),
        "ApiKey".to_owned(),
        format!("ApiKey {BOOTSTRAP_KEY}x"),
        format!("Bearer {BOOTSTRAP_KEY}"),
        BOOTSTRAP_KEY.to_owned(),
        format!("ApiKey {BOOTSTRAP_KEY} more"),
    ] {
        let request = stage.api.http.post(url.clone()).json(&body());
        let reply = Reply::of(request.header(AUTHORIZATION, &authorization)).await;
        assert_eq!(shape(&reply), expected, "{authorization}");
    }
}

#[tokio::test]
async fn who_has_no_key_learns_nothing_of_the_request() {
    let stage = Stage::start().await;
    let url = stage.api.url("/v1/integrations/channel-connections/oauth");
    let reply = Reply::of(stage.api.http.post(url).body("nonsense")).await;
    assert_eq!(reply.status, 401);
    let reply = Reply::of(stage.api.http.get(stage.api.url("/v1/channel-connections"))).await;
    assert_eq!(reply.status, 401);
}

#[tokio::test]
async fn the_scheme_of_the_header_has_no_case() {
    let stage = Stage::start().await;
    let url = stage.api.url("/v1/channel-connections");
    for scheme in ["ApiKey", "apikey", "APIKEY"] {
        let request = stage.api.http.get(url.clone());
        let key = format!("{scheme} {BOOTSTRAP_KEY}");
        assert_eq!(
            Reply::of(request.header(AUTHORIZATION, key)).await.status,
            200
        );
    }
}

#[tokio::test]
async fn a_role_allows_what_it_says() {
    let stage = Stage::start().await;
    for (role, may_mint) in [("read", false), ("connect", true), ("admin", true)] {
        let key = new_key(&stage, &["--role", role]).await;
        let api = stage.api.with_key(&key);
        assert_eq!(api.get("/v1/connect-attempts").await.status, 200);
        let reply = api.mint(&body()).await;
        if may_mint {
            assert_eq!(reply.status, 201, "{role}");
        } else {
            let told = format!("This needs an API key of role connect; this one has {role}.");
            reply.refused(403, "forbidden", &told);
        }
    }
}

/// I02
#[tokio::test]
async fn a_key_sees_its_own_environment_alone() {
    let stage = Stage::start().await;
    let (_, attempt) = stage.connect_slack(&json!({})).await;
    stage
        .server
        .home
        .tell(&["environments", "create", "Production"])
        .await;
    let key = new_key(&stage, &["--environment", "Production"]).await;
    let api = stage.api.with_key(&key);

    let connection = stage.api.only_connection().await;
    let endpoint = stage.api.only_endpoint().await;
    for (collection, id) in [
        ("connect-attempts", &attempt["id"]),
        ("channel-connections", &connection["identifier"]),
        ("channel-endpoints", &endpoint["identifier"]),
    ] {
        let path = format!("/v1/{collection}/{}", id.as_str().expect("a text"));
        assert_eq!(stage.api.get(&path).await.status, 200);
        let reply = api.get(&path).await;
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (404, &json!("not_found")),
            "{path}"
        );
        assert!(api.list(&format!("/v1/{collection}")).await.is_empty());
    }
    let reply = api.mint(&body()).await;
    assert_eq!(reply.json()["code"], "integration_not_found");
}

async fn new_key(stage: &Stage, more: &[&str]) -> String {
    let arguments = [&["api-keys", "create"], more].concat();
    stage.server.home.tell(&arguments).await.trim().to_owned()
}

/// Through the API: the command is another process, of which the server hears within seconds.
async fn revoke_newest_key(stage: &Stage) {
    let listed = stage.server.home.tell(&["api-keys", "list"]).await;
    let newest = listed.lines().last().expect("a key");
    let id = newest.split_whitespace().next().expect("its id");
    let revoked = stage.api.deleted(&format!("/v1/api-keys/{id}")).await;
    assert_eq!(revoked, 204);
}
