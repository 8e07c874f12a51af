//! App-only tokens: who gets one, and what is in it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Response;
use serde_json::{Value, json as value};
use tieline_sandbox::EntraApp;

use crate::entra_token::refused;
use crate::support::{Bench, CALLBACK, ENTRA, FENNEL, LARKSPUR, json};

#[tokio::test]
async fn an_app_only_token_needs_consent_in_that_tenant() {
    let bench = Bench::start().await;
    bench.consent(FENNEL).await;
    let reply = json(bench.app_token(FENNEL).await).await;
    assert!(reply["access_token"].is_string());
    assert!(reply.get("refresh_token").is_none() && reply.get("id_token").is_none());
    refused(
        bench.app_token(LARKSPUR).await,
        400,
        "unauthorized_client",
        700_016,
    )
    .await;
    refused(
        bench.app_token("organizations").await,
        400,
        "invalid_request",
        50_059,
    )
    .await;
    bench.control.withdraw_admin_consent(ENTRA.0, FENNEL);
    refused(
        bench.app_token(FENNEL).await,
        400,
        "unauthorized_client",
        700_016,
    )
    .await;
}

#[tokio::test]
async fn consent_can_take_a_while_to_arrive() {
    let bench = Bench::start().await;
    bench.consent(FENNEL).await;
    bench.control.delay_consent_replication(2);
    for _ in 0..2 {
        refused(
            bench.app_token(FENNEL).await,
            400,
            "unauthorized_client",
            700_016,
        )
        .await;
    }
    assert_eq!(bench.app_token(FENNEL).await.status(), 200);
}

#[tokio::test]
async fn a_token_names_the_tenant_and_the_permissions() {
    let bench = Bench::start().await;
    bench.control.give_admin_consent(ENTRA.0, FENNEL);
    bench.control.set_entra_roles(["User.Read.All"]);
    let claims = claims(bench.app_token(FENNEL).await).await;
    assert_eq!(claims["tid"], FENNEL);
    assert_eq!(claims["roles"], value!(["User.Read.All"]));
    assert_eq!(claims["idtyp"], "app");
}

#[tokio::test]
async fn at_home_an_app_gets_a_token_without_permissions_until_somebody_consents() {
    let bench = Bench::start().await;
    bench.control.set_entra_home(ENTRA.0, FENNEL);
    let before = claims(bench.app_token(FENNEL).await).await;
    assert!(before.get("roles").is_none(), "{before}");
    let elsewhere = bench.app_token(LARKSPUR).await;
    refused(elsewhere, 400, "unauthorized_client", 700_016).await;
    bench.consent(FENNEL).await;
    let after = claims(bench.app_token(FENNEL).await).await;
    assert!(after["roles"].is_array(), "{after}");
}

#[tokio::test]
async fn the_directory_is_looked_at_before_the_secret() {
    let bench = Bench::start().await;
    let refusal = async |tenant, id, secret, (status, error, number)| {
        let form = [
            ("grant_type", "client_credentials"),
            ("scope", "https://graph.microsoft.com/.default"),
            ("client_id", id),
            ("client_secret", secret),
        ];
        let response = bench.entra_token(tenant, &form).await;
        refused(response, status, error, number).await;
    };
    let unknown = (400, "unauthorized_client", 700_016);
    let wrong = (401, "invalid_client", 7_000_215);
    let no_tenant = (400, "invalid_request", 90_002);
    refusal(FENNEL, ENTRA.0, "wrong", unknown).await;
    bench.consent(FENNEL).await;
    refusal(FENNEL, ENTRA.0, "wrong", wrong).await;
    refusal(FENNEL, "somebody-else", ENTRA.1, unknown).await;
    refusal(
        "00000000-0000-4000-8000-000000000000",
        ENTRA.0,
        ENTRA.1,
        no_tenant,
    )
    .await;
}

#[tokio::test]
async fn a_secret_expires_until_there_is_another() {
    let bench = Bench::start().await;
    bench.consent(FENNEL).await;
    bench.control.expire_entra_secret(ENTRA.0);
    let response = bench.app_token(FENNEL).await;
    refused(response, 401, "invalid_client", 7_000_222).await;
    bench.control.register_entra_app(EntraApp {
        client_id: ENTRA.0.to_owned(),
        client_secret: ENTRA.1.to_owned(),
        redirect_uris: vec![CALLBACK.to_owned()],
    });
    assert_eq!(bench.app_token(FENNEL).await.status(), 200);
}

#[tokio::test]
async fn permissions_can_be_taken_away_in_one_tenant() {
    let bench = Bench::start().await;
    for tenant in [FENNEL, LARKSPUR] {
        bench.control.give_admin_consent(ENTRA.0, tenant);
    }
    let roles = async |tenant| {
        claims(bench.app_token(tenant).await)
            .await
            .get("roles")
            .cloned()
    };
    bench
        .control
        .set_entra_roles_in(ENTRA.0, FENNEL, ["User.Read.All"]);
    assert_eq!(roles(FENNEL).await, Some(value!(["User.Read.All"])));
    let nothing: [&str; 0] = [];
    bench.control.set_entra_roles_in(ENTRA.0, FENNEL, nothing);
    assert_eq!(roles(FENNEL).await, None);
    assert!(roles(LARKSPUR).await.is_some());
}

#[tokio::test]
async fn an_app_can_be_switched_off_in_one_tenant() {
    let bench = Bench::start().await;
    for tenant in [FENNEL, LARKSPUR] {
        bench.control.give_admin_consent(ENTRA.0, tenant);
    }
    bench.control.disable_entra_app(ENTRA.0, FENNEL);
    let response = bench.app_token(FENNEL).await;
    refused(response, 400, "unauthorized_client", 7_000_112).await;
    assert_eq!(bench.app_token(LARKSPUR).await.status(), 200);
    bench.control.enable_entra_app(ENTRA.0, FENNEL);
    assert_eq!(bench.app_token(FENNEL).await.status(), 200);
}

async fn claims(response: Response) -> Value {
    assert_eq!(response.status(), 200);
    let reply = json(response).await;
    let token = reply["access_token"].as_str().expect("a token");
    let payload = token.split('.').nth(1).expect("a payload");
    let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64");
    serde_json::from_slice(&payload).expect("JSON")
}
