//! Whether a connection to a Slack workspace is good.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tieline_domain::{
    connection::CredentialKind,
    ports::{GrantedScopes, ProviderError},
    provider::GrantedCredential,
    reason::Reason,
};
use tieline_sandbox::{Endpoint, Fault};

use crate::harness::{CLIENT_ID, World};

const BAKERY: &str = "T0HARBOUR1";
const RAIL: &str = "T0MERIDOP3";
const RAIL_GROUP: &str = "E0MERIDIAN";

async fn verify(
    world: &World,
    workspace: &str,
    credentials: &[GrantedCredential],
) -> Result<GrantedScopes, ProviderError> {
    let client = world.client("slack");
    client.verify(&world.app, workspace, credentials).await
}

/// The tokens of an installation in this workspace.
async fn installed(world: &World, workspace: &str) -> Vec<GrantedCredential> {
    let grant = world
        .install_with(&["chat:write"], &[("workspace", workspace)])
        .await;
    grant.unwrap().credentials
}

fn token(text: &str) -> GrantedCredential {
    GrantedCredential {
        kind: CredentialKind::Bot,
        access_token: SecretString::from(text),
        refresh_token: None,
        scopes: Vec::new(),
        expires_at: None,
    }
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
async fn a_live_token_of_the_workspace_or_organization_is_good() {
    let world = World::new().await;
    for workspace in [BAKERY, RAIL, RAIL_GROUP] {
        let tokens = installed(&world, workspace).await;
        verify(&world, workspace, &tokens).await.unwrap();
        let sent = world.control().requests_of(Endpoint::SlackAuthTest);
        let sent = sent.last().unwrap();
        assert!(sent.form().is_empty(), "the token travels in the header");
        let expected = format!("Bearer {}", tokens[0].access_token.expose_secret());
        assert_eq!(sent.header("authorization"), Some(expected.as_str()));
    }
    assert_eq!(world.control().count(Endpoint::SlackAuthTest), 3);
}

#[tokio::test]
async fn a_token_of_another_workspace_is_not() {
    let world = World::new().await;
    for (own, named) in [(BAKERY, RAIL), (RAIL, RAIL_GROUP), (RAIL_GROUP, RAIL)] {
        let tokens = installed(&world, own).await;
        let outcome = verify(&world, named, &tokens).await;
        assert_error(outcome, Reason::WorkspaceMismatch, None);
    }
}

#[tokio::test]
async fn a_token_that_slack_does_not_take_says_why() {
    let world = World::new().await;
    let outcome = verify(&world, BAKERY, &[token("xoxb-made-up")]).await;
    assert_error(outcome, Reason::TokenInvalid, Some("invalid_auth"));

    let tokens = installed(&world, BAKERY).await;
    world.control().revoke_slack_tokens(CLIENT_ID, BAKERY);
    let outcome = verify(&world, BAKERY, &tokens).await;
    assert_error(outcome, Reason::TokenRevoked, Some("token_revoked"));

    let tokens = installed(&world, BAKERY).await;
    world.control().uninstall_slack_app(CLIENT_ID, BAKERY);
    let outcome = verify(&world, BAKERY, &tokens).await;
    assert_error(outcome, Reason::AppRemoved, Some("account_inactive"));
}

#[tokio::test]
async fn a_rotating_token_expires() {
    let world = World::new().await;
    world.rotate_tokens();
    let tokens = installed(&world, BAKERY).await;
    verify(&world, BAKERY, &tokens).await.unwrap();
    world.control().advance(Duration::from_hours(13));
    let outcome = verify(&world, BAKERY, &tokens).await;
    assert_error(outcome, Reason::TokenExpired, Some("token_expired"));
    assert_eq!(world.control().count(Endpoint::SlackOauthV2Access), 1);
}

/// Each of several tokens is asked about; the first bad one decides.
#[tokio::test]
async fn every_token_has_to_be_good() {
    let world = World::new().await;
    let mut tokens = installed(&world, BAKERY).await;
    tokens.push(token("xoxp-made-up"));
    let outcome = verify(&world, BAKERY, &tokens).await;
    assert_error(outcome, Reason::TokenInvalid, Some("invalid_auth"));
    assert_eq!(world.control().count(Endpoint::SlackAuthTest), 2);
}

#[tokio::test]
async fn no_token_at_all_and_one_that_cannot_be_sent_are_not_asked_about() {
    let world = World::new().await;
    for tokens in [vec![], vec![token("a\r\nX: 1")]] {
        let outcome = verify(&world, BAKERY, &tokens).await;
        assert_error(outcome, Reason::TokenInvalid, None);
    }
    assert_eq!(world.control().count(Endpoint::SlackAuthTest), 0);
}

/// The scopes are those of the token now, whatever it was granted once.
#[tokio::test]
async fn the_scopes_are_told_that_each_token_has() {
    let world = World::new().await;
    let changes = [("user_scope", "users:read,dnd:read")];
    let scopes = ["chat:write", "users:read"];
    let mut tokens = world
        .install_with(&scopes, &changes)
        .await
        .unwrap()
        .credentials;
    let told = verify(&world, BAKERY, &tokens).await.unwrap();
    let of = |kind| told[&kind].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(of(CredentialKind::Bot), scopes);
    assert_eq!(of(CredentialKind::User), ["users:read", "dnd:read"]);

    // An imported one may come without.
    tokens[0].scopes.clear();
    assert_eq!(verify(&world, BAKERY, &tokens).await.unwrap(), told);
}

#[tokio::test]
async fn a_token_that_lost_a_scope_it_needs_is_not_good() {
    let world = World::new().await;
    let mut tokens = installed(&world, BAKERY).await;
    tokens[0].scopes = ["users:read", "chat:write", "incoming-webhook"]
        .map(str::to_owned)
        .to_vec();
    let outcome = verify(&world, BAKERY, &tokens).await;
    let told = Some("not granted: incoming-webhook");
    assert_error(outcome, Reason::InsufficientScope, told);

    // One that it can do without is no loss, and neither is one of which nothing is told.
    tokens[0].scopes = ["users:read", "chat:write"].map(str::to_owned).to_vec();
    verify(&world, BAKERY, &tokens).await.unwrap();
    let body = json!({ "ok": true, "team_id": BAKERY }).to_string();
    let silent = Fault::Reply {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.into(),
    };
    world.control().fault_once(Endpoint::SlackAuthTest, silent);
    let told = verify(&world, BAKERY, &tokens).await.unwrap();
    assert!(told.is_empty());
}

#[tokio::test]
async fn an_answer_that_names_no_workspace_proves_none() {
    let world = World::new().await;
    let tokens = installed(&world, BAKERY).await;
    let patches = [
        (json!({ "team_id": null }), Reason::MissingAccount),
        (
            json!({ "is_enterprise_install": true }),
            Reason::MissingAccount,
        ),
        (json!({ "team_id": "" }), Reason::WorkspaceMismatch),
        (json!({ "team_id": 1 }), Reason::InvalidResponse),
        (json!({ "ok": "true" }), Reason::InvalidResponse),
    ];
    for (patch, reason) in patches {
        let outcome = spoiled(&world, &tokens, Fault::SlackReplyPatch(patch)).await;
        assert_eq!(outcome, reason);
    }
}

/// What a provider in trouble says about a token is nothing.
#[tokio::test]
async fn a_slack_in_trouble_does_not_make_a_token_bad() {
    let world = World::new().await;
    let tokens = installed(&world, BAKERY).await;
    for (fault, reason) in [
        (Fault::Status(503, String::new()), Reason::ProviderError),
        (
            Fault::Status(429, String::new()),
            Reason::ProviderRateLimited,
        ),
        (refusal(&json!("ratelimited")), Reason::ProviderRateLimited),
        (refusal(&json!("internal_error")), Reason::ProviderError),
        (refusal(&json!("brand_new_error")), Reason::ProviderError),
        (refusal(&json!(null)), Reason::ProviderError),
        (Fault::Cut { after_bytes: 10 }, Reason::InvalidResponse),
    ] {
        assert_eq!(spoiled(&world, &tokens, fault).await, reason);
    }
    verify(&world, BAKERY, &tokens).await.unwrap();
}

async fn spoiled(world: &World, tokens: &[GrantedCredential], fault: Fault) -> Reason {
    world.control().fault_once(Endpoint::SlackAuthTest, fault);
    verify(world, BAKERY, tokens).await.unwrap_err().reason
}

fn refusal(error: &Value) -> Fault {
    Fault::Reply {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: json!({ "ok": false, "error": error }).to_string().into(),
    }
}
