//! Whether a connection to a tenant is good.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tieline_domain::{
    ports::{GrantedScopes, ProviderError},
    reason::Reason,
};
use tieline_sandbox::{Endpoint, Fault};

use crate::harness::{CLIENT_ID, OTHER_TENANT, SECRET, TENANT, World, credentials};

async fn verify(world: &World, tenant: &str) -> Result<GrantedScopes, ProviderError> {
    let client = world.client("msteams");
    client.verify(&world.app, tenant, &[]).await
}

/// A world in which the first tenant has consented to the app.
async fn consented() -> World {
    let world = World::new().await;
    world.control().give_admin_consent(CLIENT_ID, TENANT);
    world
}

#[track_caller]
fn assert_error(
    outcome: Result<GrantedScopes, ProviderError>,
    reason: Reason,
    provider_error: Option<&str>,
) {
    let error = outcome.unwrap_err();
    assert_eq!(error.reason, reason);
    assert_eq!(error.provider_error.as_deref(), provider_error);
}

#[tokio::test]
async fn a_tenant_that_consented_is_good_in_any_case() {
    let world = consented().await;
    for tenant in [TENANT.to_owned(), TENANT.to_uppercase()] {
        verify(&world, &tenant).await.unwrap();
    }
    let sent = &world.control().requests_of(Endpoint::EntraToken)[0];
    assert_eq!(sent.path, format!("/entra/{TENANT}/oauth2/v2.0/token"));
    let form = sent.form();
    let field = |name: &str| {
        form.iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    };
    assert_eq!(field("grant_type"), Some("client_credentials"));
    assert_eq!(field("scope"), Some("https://graph.microsoft.com/.default"));
}

/// E11
#[tokio::test]
async fn a_consent_that_is_missing_or_was_taken_back_is_told_as_such() {
    let world = consented().await;
    let unknown = Some("unauthorized_client AADSTS700016");
    let outcome = verify(&world, OTHER_TENANT).await;
    assert_error(outcome, Reason::ConsentNotGranted, unknown);
    world.control().withdraw_admin_consent(CLIENT_ID, TENANT);
    let outcome = verify(&world, TENANT).await;
    assert_error(outcome, Reason::ConsentNotGranted, unknown);
}

/// E09: a token alone is not a permission.
#[tokio::test]
async fn a_token_without_roles_is_no_consent() {
    let world = consented().await;
    world.control().set_entra_roles(Vec::<String>::new());
    let none = Some("access_token: no roles");
    assert_error(
        verify(&world, TENANT).await,
        Reason::ConsentNotGranted,
        none,
    );
    world.control().set_entra_home(CLIENT_ID, OTHER_TENANT);
    let outcome = verify(&world, OTHER_TENANT).await;
    assert_error(outcome, Reason::ConsentNotGranted, none);
}

#[tokio::test]
async fn a_tenant_that_is_not_there_is_told_as_such() {
    let world = consented().await;
    let outcome = verify(&world, "00000000-0000-4000-8000-000000000000").await;
    let told = Some("invalid_request AADSTS90002");
    assert_error(outcome, Reason::TenantNotFound, told);
    let asked = world.control().count(Endpoint::EntraToken);
    // Nothing that an import may have brought gets into the address.
    for odd in ["organizations", "fennelrye.example", "../x", "", "T1"] {
        assert_error(verify(&world, odd).await, Reason::TenantNotFound, None);
    }
    assert_eq!(world.control().count(Endpoint::EntraToken), asked);
}

/// E10
#[tokio::test]
async fn a_bad_secret_is_the_apps_fault() {
    let mut world = consented().await;
    world.control().expire_entra_secret(CLIENT_ID);
    let expired = Some("invalid_client AADSTS7000222");
    assert_error(
        verify(&world, TENANT).await,
        Reason::ClientRejected,
        expired,
    );
    world.app = credentials(&[("clientId", CLIENT_ID), ("secretKey", "wrong")]);
    let wrong = Some("invalid_client AADSTS7000215");
    assert_error(verify(&world, TENANT).await, Reason::ClientRejected, wrong);
    world.app = credentials(&[("secretKey", SECRET)]);
    let outcome = verify(&world, TENANT).await;
    assert_error(outcome, Reason::CredentialsMissing, None);
}

#[tokio::test]
async fn numbers_that_the_sandbox_does_not_know_have_their_reasons_too() {
    let world = consented().await;
    for (error, number, reason) in [
        ("invalid_client", 7_000_229, Reason::ConsentNotGranted),
        ("unauthorized_client", 7_000_112, Reason::AppRemoved),
        ("invalid_request", 900_023, Reason::TenantNotFound),
        ("interaction_required", 53_003, Reason::ApprovalRequired),
    ] {
        let body = json!({ "error": error, "error_codes": [number] });
        world
            .control()
            .fault_once(Endpoint::EntraToken, reply(400, &body));
        let told = format!("{error} AADSTS{number}");
        assert_error(verify(&world, TENANT).await, reason, Some(&told));
    }
}

#[tokio::test]
async fn a_token_of_another_tenant_or_of_no_form_that_we_know_proves_nothing() {
    let world = consented().await;
    for (token, reason) in [
        (
            unsigned(&json!({ "tid": OTHER_TENANT, "roles": ["a"] })),
            Reason::WorkspaceMismatch,
        ),
        (
            unsigned(&json!({ "roles": ["a"] })),
            Reason::WorkspaceMismatch,
        ),
        ("EwBopaque".to_owned(), Reason::InvalidResponse),
        (String::new(), Reason::InvalidResponse),
    ] {
        let patch = Fault::SlackReplyPatch(json!({ "access_token": token }));
        world.control().fault_once(Endpoint::EntraToken, patch);
        let error = verify(&world, TENANT).await.unwrap_err();
        assert_eq!(error.reason, reason, "{token}");
    }
}

#[tokio::test]
async fn an_entra_in_trouble_does_not_make_a_tenant_bad() {
    let world = consented().await;
    for (fault, reason) in [
        (Fault::Status(503, String::new()), Reason::ProviderError),
        (
            Fault::Status(429, String::new()),
            Reason::ProviderRateLimited,
        ),
        (reply(200, &json!({})), Reason::InvalidResponse),
        (Fault::Cut { after_bytes: 10 }, Reason::InvalidResponse),
    ] {
        world.control().fault_once(Endpoint::EntraToken, fault);
        let error = verify(&world, TENANT).await.unwrap_err();
        assert_eq!(error.reason, reason);
    }
    verify(&world, TENANT).await.unwrap();
}

fn unsigned(claims: &Value) -> String {
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    format!("{}.{}.", part(&json!({ "alg": "none" })), part(claims))
}

fn reply(status: u16, body: &Value) -> Fault {
    Fault::Reply {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_string().into(),
    }
}
