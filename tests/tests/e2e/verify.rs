//! Whether connections and credentials are good, asked of the providers' stand-ins.

use reqwest::Method;
use serde_json::{Value, json};
use tieline_sandbox::{Endpoint, Fault};
use tieline_tests::{BAKERY, Browser, ENTRA, FENNEL, RAIL_GROUP, Reply, SLACK, SUBSCRIBER, Stage};

/// A stage where the provider is asked each time.
async fn stage() -> Stage {
    Stage::start_with(|setup| setup.home.set("VERIFY_MEMORY_SECONDS", "0")).await
}

async fn verify(stage: &Stage, connection: &Value) -> Reply {
    let identifier = connection["identifier"].as_str().expect("an identifier");
    let path = format!("/v1/channel-connections/{identifier}/verify");
    stage.api.send(Method::POST, &path, &json!({})).await
}

/// The provider says this against a connection; answers how that is then.
async fn refused(stage: &Stage, connection: &Value, code: &str) -> Value {
    let reply = verify(stage, connection).await;
    assert_eq!(reply.status, 502, "{}", reply.text);
    assert_eq!(reply.json()["code"], code, "{}", reply.text);
    stage.api.only_connection().await
}

/// What the provider says has ended the connection.
async fn ended(stage: &Stage, connection: &Value, code: &str) {
    let connection = refused(stage, connection, code).await;
    assert_eq!(connection["status"], "revoked", "{connection}");
    assert_eq!(connection["statusReason"], code, "{connection}");
}

#[tokio::test]
async fn a_workspace_is_good_until_its_token_is_revoked_or_the_app_removed() {
    let stage = stage().await;
    stage.connect_slack(&json!({})).await;
    let connection = stage.api.only_connection().await;
    let reply = verify(&stage, &connection).await;
    assert_eq!((reply.status, reply.json()), (200, connection.clone()));

    let busy = Fault::Status(503, String::new());
    stage.control.fault_once(Endpoint::SlackAuthTest, busy);
    let then = refused(&stage, &connection, "provider_error").await;
    assert_eq!(then, connection);
    stage.control.revoke_slack_tokens(SLACK.0, BAKERY);
    ended(&stage, &connection, "token_revoked").await;

    stage.connect_slack(&json!({})).await;
    let connection = stage.api.only_connection().await;
    assert_eq!(verify(&stage, &connection).await.status, 200);
    stage.control.uninstall_slack_app(SLACK.0, BAKERY);
    ended(&stage, &connection, "app_removed").await;
}

#[tokio::test]
async fn an_organization_is_good_and_an_imported_token_that_nobody_issued_is_not() {
    let mut stage = Stage::start().await;
    let browser = Browser::new().choosing("workspace", RAIL_GROUP);
    stage.allow(&stage.mint("slack").await, browser).await;
    let connection = stage.api.only_connection().await;
    assert_eq!(connection["workspace"]["id"], RAIL_GROUP);
    assert_eq!(verify(&stage, &connection).await.status, 200);

    let import = json!({
        "integrationIdentifier": "slack", "subscriberId": SUBSCRIBER,
        "workspace": { "id": BAKERY }, "auth": { "accessToken": "made-up-token" },
    });
    let imported = stage.api.made("/v1/channel-connections", &import).await;
    let told = "The provider does not take the connection's token. (invalid_auth)";
    verify(&stage, &imported)
        .await
        .refused(502, "token_invalid", told);
    let log = stage.server.log_to_its_end().await;
    assert!(!log.contains("made-up-token"));
}

/// E11
#[tokio::test]
async fn a_tenant_is_good_until_it_takes_its_consent_back() {
    let stage = stage().await;
    stage
        .allow(&stage.mint("msteams").await, Browser::new())
        .await;
    let connection = stage.api.only_connection().await;
    let reply = verify(&stage, &connection).await;
    assert_eq!((reply.status, reply.json()), (200, connection.clone()));

    stage.control.expire_entra_secret(ENTRA.0);
    let then = refused(&stage, &connection, "client_rejected").await;
    assert_eq!(then, connection);
    stage.control.withdraw_admin_consent(ENTRA.0, FENNEL);
    ended(&stage, &connection, "consent_not_granted").await;
}

#[tokio::test]
async fn a_provider_that_is_away_is_no_verdict() {
    let stage = Stage::start().await;
    stage.connect_slack(&json!({})).await;
    let connection = stage.api.only_connection().await;
    let Stage {
        server,
        sandbox,
        control,
        api,
        ..
    } = stage;
    sandbox.stop().await;
    let identifier = connection["identifier"].as_str().expect("an identifier");
    let path = format!("/v1/channel-connections/{identifier}/verify");
    let reply = api.send(Method::POST, &path, &json!({})).await;
    let told = "The provider could not be reached. (connection refused)";
    reply.refused(502, "provider_unreachable", told);
    assert_eq!(control.count(Endpoint::SlackAuthTest), 0);
    drop(server);
}

/// A request for an integration whose credentials are to be checked.
fn checked(provider: &str, credentials: &Value) -> Value {
    json!({
        "providerId": provider, "identifier": "checked", "active": true, "check": true,
        "credentials": credentials,
    })
}

#[tokio::test]
async fn credentials_are_stored_only_if_the_provider_takes_them() {
    let stage = Stage::start().await;
    stage.control.set_entra_home(ENTRA.0, FENNEL);
    let slack = |id: &str, secret: &str| json!({ "clientId": id, "secretKey": secret });
    let entra = |secret: &str, tenant: &str| json!({ "clientId": ENTRA.0, "secretKey": secret, "tenantId": tenant });
    let nowhere = "00000000-0000-4000-8000-000000000000";
    for (provider, credentials, field) in [
        ("slack", slack(SLACK.0, "wrong"), "credentials.secretKey"),
        ("slack", slack("1.2", SLACK.1), "credentials.clientId"),
        ("msteams", entra("wrong", FENNEL), "credentials.secretKey"),
        ("msteams", entra(ENTRA.1, nowhere), "credentials.tenantId"),
    ] {
        let body = checked(provider, &credentials);
        let reply = stage.api.send(Method::POST, "/v1/integrations", &body);
        reply.await.refused_field(field);
    }
    let busy = Fault::Status(503, String::new());
    stage.control.fault_once(Endpoint::SlackOauthV2Access, busy);
    let body = checked("slack", &slack(SLACK.0, SLACK.1));
    let reply = stage.api.send(Method::POST, "/v1/integrations", &body);
    let told = "The provider answered with an error. (HTTP 503)";
    reply.await.refused(502, "provider_error", told);
    let stored = stage.api.read("/v1/integrations").await;
    assert_eq!(stored.as_array().map(Vec::len), Some(2));

    let made = stage.api.made("/v1/integrations", &body).await;
    let path = format!("/v1/integrations/{}", made["_id"].as_str().expect("an id"));
    let wrong = json!({ "check": true, "credentials": slack(SLACK.0, "wrong") });
    let reply = stage.api.send(Method::PUT, &path, &wrong).await;
    reply.refused_field("credentials.secretKey");
    let name = json!({ "check": true, "name": "Still good" });
    assert_eq!(stage.api.send(Method::PUT, &path, &name).await.status, 200);
    assert_eq!(stage.api.deleted(&path).await, 200);
    let body = checked("msteams", &entra(ENTRA.1, FENNEL));
    stage.api.made("/v1/integrations", &body).await;
}
