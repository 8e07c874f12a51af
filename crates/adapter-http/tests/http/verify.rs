//! `/v1/channel-connections/{identifier}/verify`: whether a connection is good.

use axum::{body::Body, http::Method};
use serde_json::{Value, json};
use tieline_domain::{
    api_key::ApiKeyRole,
    ports::{GrantedScopes, MockProviderClient, ProviderError},
    reason::Reason,
};

use crate::bench::{Answer, Bench, TENANT};

const PATH: &str = "/v1/channel-connections";

/// A bench whose provider says this of every connection.
async fn bench(outcome: Result<(), ProviderError>) -> Bench {
    let mut client = MockProviderClient::new();
    client
        .expect_verify()
        .returning(move |_, _, _| outcome.clone().map(|()| GrantedScopes::new()));
    Bench::start().await.with(client)
}

fn error(reason: Reason, told: Option<&str>) -> ProviderError {
    ProviderError {
        provider_error: told.map(str::to_owned),
        ..reason.into()
    }
}

/// Imports the connection `mine`; answers it.
async fn import(bench: &Bench, integration: &str, workspace: &str, token: &str) -> Value {
    let body = json!({
        "identifier": "mine",
        "integrationIdentifier": integration,
        "subscriberId": "ada",
        "workspace": { "id": workspace },
        "auth": { "accessToken": token },
    });
    let made = bench.post(PATH, &body).await;
    made.assert_is(201);
    made.json()
}

/// Verifies the connection of this name, without a body.
async fn verify(bench: &Bench, name: &str) -> Answer {
    let request = bench.request(Method::POST, &format!("{PATH}/{name}/verify"));
    bench.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_good_connection_is_answered_as_it_is_then() {
    let bench = bench(Ok(())).await;
    let mut expected = import(&bench, "slack", "T1", "canary-token").await;
    assert_eq!(expected["status"], "unverified");
    let verified = verify(&bench, "mine").await;
    verified.assert_is(200);
    expected["status"] = "active".into();
    expected["provedAt"] = "2026-01-02T12:00:00.000Z".into();
    assert_eq!(verified.json(), expected);
    assert_eq!(verified.json()["auth"]["accessToken"], "********");
    assert_eq!(bench.get(&format!("{PATH}/mine")).await.json(), expected);
}

#[tokio::test]
async fn a_key_that_may_connect_may_verify_and_sees_the_mask() {
    let bench = bench(Ok(())).await;
    import(&bench, "slack", "T1", "canary-token").await;
    let key = bench.key_of(ApiKeyRole::Connect).await;
    let verified = verify(&bench.holding(&key), "mine").await;
    verified.assert_is(200);
    assert!(!verified.text().contains("canary"), "{}", verified.text());
}

#[tokio::test]
async fn a_tenant_without_a_token_is_verified_too() {
    let bench = bench(Ok(())).await;
    import(&bench, "msteams", TENANT, "app-only").await;
    let verified = verify(&bench, "mine").await;
    verified.assert_is(200);
    assert_eq!(
        verified.json()["auth"],
        json!({ "accessToken": "app-only" })
    );
}

/// Whatever the provider says against it is a 502, whose code says what. What speaks of the
/// connection, and not of the app or the moment, is its status from then on.
#[tokio::test]
async fn what_the_provider_refuses_is_a_502_and_written_down() {
    for (reason, told, message, status) in [
        (
            Reason::TokenRevoked,
            Some("token_revoked"),
            "The connection's token was revoked at the provider. (token_revoked)",
            "revoked",
        ),
        (
            Reason::TokenExpired,
            Some("token_expired"),
            "The connection's token has expired. (token_expired)",
            "reauth_required",
        ),
        (
            Reason::WorkspaceMismatch,
            None,
            "The token belongs to another workspace than the connection names.",
            "reauth_required",
        ),
        (
            Reason::ClientRejected,
            Some("invalid_client AADSTS7000222"),
            "The provider does not accept the app's own credentials. \
             (invalid_client AADSTS7000222)",
            "unverified",
        ),
        (
            Reason::ConsentNotGranted,
            Some("unauthorized_client AADSTS700016"),
            "The provider did not confirm the administrator's consent. \
             (unauthorized_client AADSTS700016)",
            "revoked",
        ),
        (
            Reason::ProviderUnreachable,
            Some("connection refused"),
            "The provider could not be reached. (connection refused)",
            "unverified",
        ),
        (
            Reason::ProviderRateLimited,
            None,
            "The provider asks us to slow down.",
            "unverified",
        ),
    ] {
        let bench = bench(Err(error(reason, told))).await;
        let stored = import(&bench, "slack", "T1", "canary-token").await;
        let refused = verify(&bench, "mine").await;
        assert_eq!(refused.refusal(), (502, reason.code().to_owned()));
        assert_eq!(refused.message(), message);
        assert_eq!(refused.json()["error"], "Bad Gateway");
        let now = bench.get(&format!("{PATH}/mine")).await.json();
        assert_eq!(now["status"], status, "{reason}");
        if status == "unverified" {
            assert_eq!(now, stored);
        } else {
            assert_eq!(now["statusReason"], reason.code());
            assert_eq!(now["statusMessage"], reason.what());
            assert_eq!(now["statusRemedy"], reason.remedy());
        }
    }
}

#[tokio::test]
async fn an_unknown_connection_is_a_404() {
    let bench = Bench::start().await.with(MockProviderClient::new());
    let unknown = verify(&bench, "nothing").await;
    assert_eq!(unknown.refusal(), (404, "not_found".to_owned()));
    assert_eq!(unknown.message(), "Channel connection not found: nothing");
}
