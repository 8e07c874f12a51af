//! Refreshing Slack's tokens: what is sent, and what its answer makes of a credential.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tieline_domain::{
    connection::CredentialKind, ports::RefreshError, provider::GrantedCredential, reason::Reason,
};
use tieline_sandbox::{Endpoint, Fault};

use crate::harness::{CLIENT_ID, SECRET, World};

const BAKERY: &str = "T0HARBOUR1";
const RAIL: &str = "T0MERIDOP3";
const RAIL_GROUP: &str = "E0MERIDIAN";

async fn rotating() -> World {
    let world = World::new().await;
    world.rotate_tokens();
    world
}

/// The tokens of an installation in this workspace, the bot's and the person's.
async fn installed(world: &World, workspace: &str) -> [GrantedCredential; 2] {
    let changes = [("workspace", workspace), ("user_scope", "users:read")];
    let grant = world.install_with(&["chat:write"], &changes).await.unwrap();
    grant.credentials.try_into().unwrap()
}

async fn refresh(
    world: &World,
    workspace: &str,
    credential: &GrantedCredential,
) -> Result<GrantedCredential, RefreshError> {
    let client = world.client("slack");
    client.refresh(&world.app, workspace, credential).await
}

/// The same with a JSON merge patch on Slack's reply.
async fn patched(
    world: &World,
    credential: &GrantedCredential,
    patch: Value,
) -> Result<GrantedCredential, RefreshError> {
    world
        .control()
        .fault_once(Endpoint::SlackOauthV2Access, Fault::SlackReplyPatch(patch));
    refresh(world, BAKERY, credential).await
}

fn refresh_token(credential: &GrantedCredential) -> Option<&str> {
    Some(credential.refresh_token.as_ref()?.expose_secret())
}

#[tokio::test]
async fn a_refresh_token_is_sent_once_with_the_apps_own_credentials() {
    let world = rotating().await;
    let [bot, _] = installed(&world, BAKERY).await;
    refresh(&world, BAKERY, &bot).await.unwrap();
    let requests = world.control().requests_of(Endpoint::SlackOauthV2Access);
    let [_, request] = requests.as_slice() else {
        panic!("two requests")
    };
    let sent = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token(&bot).unwrap()),
        ("client_id", CLIENT_ID),
        ("client_secret", SECRET),
    ];
    let sent = sent.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(request.form(), sent);
}

/// F08, F10
#[tokio::test]
async fn bot_and_person_are_refreshed_apart_and_each_stays_what_it_was() {
    let world = rotating().await;
    for workspace in [BAKERY, RAIL, RAIL_GROUP] {
        for old in installed(&world, workspace).await {
            let now = world.control().now();
            let new = refresh(&world, workspace, &old).await.unwrap();
            assert_eq!(new.kind, old.kind);
            assert_eq!(new.scopes, old.scopes);
            assert_ne!(
                new.access_token.expose_secret(),
                old.access_token.expose_secret()
            );
            let prefix = match new.kind {
                CredentialKind::Bot => "xoxe.xoxb-",
                CredentialKind::User => "xoxe.xoxp-",
            };
            assert!(new.access_token.expose_secret().starts_with(prefix));
            assert_ne!(refresh_token(&new), refresh_token(&old));
            let life = new.expires_at.unwrap().duration_since(now);
            assert!((life - SignedDuration::from_hours(12)).abs() < SignedDuration::from_secs(60));
            let client = world.client("slack");
            let checked = client.verify(&world.app, workspace, &[new]).await;
            checked.unwrap();
        }
    }
}

/// F08
#[tokio::test]
async fn without_a_new_refresh_token_the_old_one_stays() {
    let world = rotating().await;
    let [bot, _] = installed(&world, BAKERY).await;
    let new = patched(&world, &bot, json!({ "refresh_token": null })).await;
    assert_eq!(refresh_token(&new.unwrap()), refresh_token(&bot));
}

#[tokio::test]
async fn scopes_are_those_of_the_reply_and_else_the_old_ones() {
    let world = rotating().await;
    for (scope, expected) in [
        (
            json!("users:read,chat:write"),
            vec!["users:read", "chat:write"],
        ),
        // F11: it is not for the client to say what is missed.
        (json!("users:read"), vec!["users:read"]),
        (json!(""), vec![]),
        (json!(null), vec!["chat:write"]),
    ] {
        let [bot, _] = installed(&world, BAKERY).await;
        let new = patched(&world, &bot, json!({ "scope": scope })).await;
        assert_eq!(new.unwrap().scopes, expected, "{scope}");
    }
}

/// R8
#[tokio::test]
async fn a_life_beyond_all_measure_costs_no_token() {
    let world = rotating().await;
    let days = |days: i64| Some(days * 24 * 3600);
    for (expires_in, expected) in [
        (json!(43_200), Some(43_200)),
        (json!("43200"), Some(43_200)),
        (json!(0), Some(0)),
        (json!(-43_200), Some(0)),
        (json!(1e300), days(400)),
        (json!(u64::MAX), days(400)),
        (json!(null), None),
    ] {
        let [bot, _] = installed(&world, BAKERY).await;
        let now = world.control().now();
        let patch = json!({ "expires_in": expires_in });
        let new = patched(&world, &bot, patch).await.unwrap();
        assert!(refresh_token(&new).is_some_and(|token| Some(token) != refresh_token(&bot)));
        let seconds = |at: Timestamp| at.duration_since(now).as_secs();
        let life = new.expires_at.map(seconds);
        let is_expected = match (life, expected) {
            (Some(life), Some(expected)) => (life - expected).abs() < 60,
            (life, expected) => life == expected,
        };
        assert!(is_expected, "{expires_in}: {life:?}");
    }
}

/// F09: the token that was sent may be spent, and what came is not ours.
#[tokio::test]
async fn the_token_of_another_workspace_or_kind_is_not_taken() {
    let world = rotating().await;
    for (patch, reason) in [
        (json!({ "team": { "id": RAIL } }), Reason::WorkspaceMismatch),
        (
            json!({ "enterprise": { "id": RAIL_GROUP }, "is_enterprise_install": true }),
            Reason::WorkspaceMismatch,
        ),
        (
            json!({ "team": null, "enterprise": { "id": RAIL_GROUP } }),
            Reason::WorkspaceMismatch,
        ),
        (json!({ "token_type": "user" }), Reason::WrongTokenType),
        (json!({ "token_type": "Bearer" }), Reason::WrongTokenType),
        (json!({ "token_type": null }), Reason::WrongTokenType),
    ] {
        let [bot, _] = installed(&world, BAKERY).await;
        let error = patched(&world, &bot, patch.clone()).await.unwrap_err();
        assert_eq!(error, RefreshError::Unknown(reason.into()), "{patch}");
    }
    // Slack issued it for this very token; a reply need not repeat of which workspace that is.
    let [_, person] = installed(&world, BAKERY).await;
    let patch = json!({ "team": null, "enterprise": null, "is_enterprise_install": null });
    patched(&world, &person, patch).await.unwrap();
}

/// What is wrong with a reply of success does not bring the old token back.
#[tokio::test]
async fn a_success_without_a_token_of_substance_leaves_it_open() {
    let world = rotating().await;
    for patch in [
        json!({ "access_token": null }),
        json!({ "access_token": "" }),
        json!({ "access_token": "a\r\nX: 1" }),
        json!({ "access_token": 7 }),
        json!({ "refresh_token": "" }),
        json!({ "refresh_token": "a b" }),
        json!({ "refresh_token": ["a"] }),
        json!({ "expires_in": "soon" }),
        json!({ "expires_in": {} }),
        json!({ "ok": "true" }),
        json!({ "ok": null }),
        json!({ "team": "T0HARBOUR1" }),
    ] {
        let [bot, _] = installed(&world, BAKERY).await;
        let error = patched(&world, &bot, patch.clone()).await.unwrap_err();
        let is_unknown = matches!(&error, RefreshError::Unknown(error)
            if error.reason == Reason::InvalidResponse);
        assert!(is_unknown, "{patch}: {error}");
    }
}

/// F12: of three access tokens the oldest dies, and who refreshes twice has the newest.
#[tokio::test]
async fn two_refreshes_in_a_row_leave_the_last_token_good() {
    let world = rotating().await;
    let [first, _] = installed(&world, BAKERY).await;
    let second = refresh(&world, BAKERY, &first).await.unwrap();
    world.control().advance(Duration::from_hours(11));
    let third = refresh(&world, BAKERY, &second).await.unwrap();
    let client = world.client("slack");
    let outcome = client.verify(&world.app, BAKERY, &[third]).await;
    outcome.unwrap();
    let outcome = client.verify(&world.app, BAKERY, &[first]).await;
    assert_eq!(outcome.unwrap_err().reason, Reason::TokenRevoked);
}
