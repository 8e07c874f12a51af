//! Tokens for the app itself in a tenant, and what is left of a connection that ends.

use jiff::SignedDuration;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tieline_domain::{
    connection::{CredentialKind, Workspace},
    ports::{ProviderError, RefreshError},
    provider::GrantedCredential,
    reason::Reason,
    revocation::{RevocationOutcome, RevocationSubject},
};
use tieline_sandbox::{Endpoint, Fault};

use crate::harness::{CLIENT_ID, TENANT, World};

async fn consented() -> World {
    let world = World::new().await;
    world.control().give_admin_consent(CLIENT_ID, TENANT);
    world
}

async fn app_token(world: &World, tenant: &str) -> Result<GrantedCredential, ProviderError> {
    let client = world.client("msteams");
    let token = client.app_token(&world.app, tenant).await?;
    Ok(token.expect("Entra has them"))
}

fn token(kind: CredentialKind) -> GrantedCredential {
    GrantedCredential {
        kind,
        access_token: "EwBimported".into(),
        refresh_token: None,
        scopes: Vec::new(),
        expires_at: None,
    }
}

#[tokio::test]
async fn an_app_token_has_its_permissions_and_its_end() {
    let world = consented().await;
    let now = world.control().now();
    let token = app_token(&world, TENANT).await.unwrap();
    assert_eq!(token.kind, CredentialKind::Bot);
    assert_eq!(
        token.scopes,
        [
            "User.Read.All",
            "TeamsAppInstallation.ReadWriteSelfForUser.All"
        ]
    );
    assert!(token.refresh_token.is_none());
    let life = token.expires_at.unwrap().duration_since(now);
    assert!((life - SignedDuration::from_secs(3599)).abs() < SignedDuration::from_secs(60));
    assert_eq!(token.access_token.expose_secret().split('.').count(), 3);
    let request = &world.control().requests_of(Endpoint::EntraToken)[0];
    assert_eq!(request.path, format!("/entra/{TENANT}/oauth2/v2.0/token"));
}

#[tokio::test]
async fn a_token_of_which_nobody_says_how_long_it_lives_is_good_for_once() {
    let world = consented().await;
    for (expires_in, seconds) in [
        (json!(null), Some(0)),
        (json!(0), Some(0)),
        (json!(-1), Some(0)),
        (json!("3599"), Some(3599)),
        (json!(1e300), None),
        (json!("soon"), None),
    ] {
        let patch = Fault::SlackReplyPatch(json!({ "expires_in": Value::clone(&expires_in) }));
        world.control().fault_once(Endpoint::EntraToken, patch);
        let before = world.control().now();
        let outcome = app_token(&world, TENANT).await;
        let Some(seconds) = seconds else {
            assert_eq!(outcome.unwrap_err().reason, Reason::InvalidResponse);
            continue;
        };
        let life = outcome.unwrap().expires_at.unwrap().duration_since(before);
        assert!(
            (life.as_secs() - seconds).abs() < 60,
            "{expires_in}: {life}"
        );
    }
}

/// E11
#[tokio::test]
async fn without_a_consent_there_is_no_token() {
    let world = consented().await;
    world.control().withdraw_admin_consent(CLIENT_ID, TENANT);
    let error = app_token(&world, TENANT).await.unwrap_err();
    assert_eq!(error.reason, Reason::ConsentNotGranted);
    world.control().give_admin_consent(CLIENT_ID, TENANT);
    world.control().set_entra_roles(Vec::<String>::new());
    let error = app_token(&world, TENANT).await.unwrap_err();
    assert_eq!(error.reason, Reason::ConsentNotGranted);
    let error = app_token(&world, "organizations").await.unwrap_err();
    assert_eq!(error.reason, Reason::TenantNotFound);
}

#[tokio::test]
async fn verifying_tells_the_permissions() {
    let world = consented().await;
    world.control().set_entra_roles(["User.Read.All"]);
    let client = world.client("msteams");
    let told = client.verify(&world.app, TENANT, &[]).await.unwrap();
    assert_eq!(told[&CredentialKind::Bot], ["User.Read.All"]);
}

/// Slack's apps speak with the tokens of their installations alone.
#[tokio::test]
async fn slack_has_no_tokens_for_apps() {
    let world = World::new().await;
    let client = world.client("slack");
    let token = client.app_token(&world.app, "T0HARBOUR1").await;
    assert!(token.unwrap().is_none());
    assert!(world.control().requests().is_empty());
}

#[tokio::test]
async fn entra_refreshes_and_exchanges_nothing_of_ours() {
    let world = consented().await;
    let client = world.client("msteams");
    let imported = token(CredentialKind::User);
    let refreshed = client.refresh(&world.app, TENANT, &imported).await;
    let unavailable = RefreshError::Refused(Reason::TokenUnavailable.into());
    assert_eq!(refreshed.unwrap_err(), unavailable);
    let exchanged = client.exchange_token(&world.app, &imported).await;
    assert!(exchanged.unwrap().is_none());
    assert!(world.control().requests().is_empty());
}

/// G04: Entra takes nothing back, and it is said so.
#[tokio::test]
async fn the_end_of_a_connection_is_left_to_an_administrator() {
    let world = consented().await;
    let workspace = Workspace {
        id: TENANT.to_owned(),
        name: None,
        bot_user_id: None,
    };
    let client = world.client("msteams");
    let imported = [token(CredentialKind::Bot), token(CredentialKind::User)];
    for (tokens, subjects) in [
        (&[][..], &[RevocationSubject::App][..]),
        (
            &imported,
            &[
                RevocationSubject::App,
                RevocationSubject::BotToken,
                RevocationSubject::UserToken,
            ],
        ),
    ] {
        let items = client.disconnect(&world.app, &workspace, tokens).await;
        let told: Vec<_> = items.iter().map(|item| item.subject).collect();
        assert_eq!(told, subjects);
        for item in items {
            assert_eq!(item.outcome, RevocationOutcome::Impossible);
            assert_eq!(item.failure.unwrap().reason, Reason::AdminMustRemove);
        }
    }
    assert!(world.control().requests().is_empty());
    let remedy = Reason::AdminMustRemove.remedy();
    assert!(remedy.contains("enterprise application") && remedy.contains("clientId"));
}
