//! The tokens of a reply: bot's and person's, their types, scopes and lives.

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tieline_domain::{connection::CredentialKind, reason::Reason};
use tieline_sandbox::{Endpoint, Fault};

use crate::harness::{World, reason};

/// C23
#[tokio::test]
async fn a_user_only_reply_brings_the_persons_credential_alone() {
    let world = World::new().await;
    let changes = [("scope", ""), ("user_scope", "chat:write")];
    let grant = world.install_with(&[], &changes).await.unwrap();
    let [user] = grant.credentials.as_slice() else {
        panic!("one credential")
    };
    assert_eq!(user.kind, CredentialKind::User);
    assert!(user.access_token.expose_secret().starts_with("xoxp-"));
    assert_eq!(user.scopes, ["chat:write"]);
    assert_eq!(grant.workspace.id, "T0HARBOUR1");
    assert_eq!(grant.workspace.name, None);
}

/// C24
#[tokio::test]
async fn bot_and_person_have_a_credential_each_with_scopes_and_life_of_its_own() {
    let world = World::new().await;
    world.rotate_tokens();
    let changes = [("user_scope", "users:read")];
    let patch = json!({ "authed_user": { "expires_in": 60 } });
    world
        .control()
        .fault_once(Endpoint::SlackOauthV2Access, Fault::SlackReplyPatch(patch));
    let code = world.slack_code(&["chat:write"], &changes).await;
    let exchange = world.exchange(&code, &["chat:write"]);
    let grant = world
        .client("slack")
        .exchange_code(&world.app, &exchange)
        .await
        .unwrap();
    let [bot, user] = grant.credentials.as_slice() else {
        panic!("two credentials")
    };
    assert_eq!(
        (bot.kind, user.kind),
        (CredentialKind::Bot, CredentialKind::User)
    );
    assert_eq!(
        (&bot.scopes[..], &user.scopes[..]),
        (
            &["chat:write".to_owned()][..],
            &["users:read".to_owned()][..]
        )
    );
    assert_eq!(
        bot.expires_at,
        Some(exchange.now + SignedDuration::from_hours(12))
    );
    assert_eq!(
        user.expires_at,
        Some(exchange.now + SignedDuration::from_secs(60))
    );
    assert!(bot.refresh_token.is_some() && user.refresh_token.is_some());
}

/// C27
#[tokio::test]
async fn a_life_counts_from_the_exchange_and_may_be_given_in_many_ways() {
    let world = World::new().await;
    world.rotate_tokens();
    for (expires_in, expected) in [
        (json!("43200"), Some(Some(43_200))),
        (json!(0), Some(Some(0))),
        (json!(-5), Some(Some(0))),
        (json!(null), Some(None)),
        (json!(1e300), None),
        (json!("soon"), None),
    ] {
        assert_eq!(
            life(&world, expires_in.clone()).await,
            expected,
            "{expires_in}"
        );
    }
}

/// The seconds that a token lives, if it dies and its life makes sense.
async fn life(world: &World, expires_in: Value) -> Option<Option<i64>> {
    let patch = Fault::SlackReplyPatch(json!({ "expires_in": expires_in }));
    world
        .control()
        .fault_once(Endpoint::SlackOauthV2Access, patch);
    let code = world.slack_code(&["chat:write"], &[]).await;
    let exchange = world.exchange(&code, &["chat:write"]);
    let outcome = world
        .client("slack")
        .exchange_code(&world.app, &exchange)
        .await;
    let seconds = |at: Timestamp| at.duration_since(exchange.now).as_secs();
    match outcome {
        Ok(grant) => Some(grant.credentials[0].expires_at.map(seconds)),
        Err(error) => {
            assert_eq!(error.reason, Reason::InvalidResponse);
            None
        }
    }
}

/// C15
#[tokio::test]
async fn a_token_named_twice_is_refused() {
    let world = World::new().await;
    let body = r#"{"ok":true,"access_token":"a","token_type":"bot","access_token":"b",
        "team":{"id":"T1"}}"#;
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    let fault = Fault::Reply {
        status: 200,
        headers,
        body: body.into(),
    };
    world
        .control()
        .fault_once(Endpoint::SlackOauthV2Access, fault);
    assert_eq!(
        reason(world.install(&["chat:write"]).await),
        Reason::InvalidResponse
    );
}

/// C16
#[tokio::test]
async fn a_token_without_substance_is_refused() {
    let world = World::new().await;
    for token in [
        json!(""),
        json!("   "),
        json!(42),
        json!("a\r\nb"),
        json!(["a"]),
        json!("a b"),
    ] {
        for patch in [
            json!({ "access_token": token }),
            json!({ "refresh_token": token }),
        ] {
            let outcome = world.install_patched(&["chat:write"], patch).await;
            assert_eq!(reason(outcome), Reason::InvalidResponse, "{token}");
        }
    }
    let none = json!({ "access_token": null });
    assert_eq!(
        reason(world.install_patched(&["chat:write"], none).await),
        Reason::InvalidResponse
    );
}

/// C17, C18
#[tokio::test]
async fn a_token_of_another_type_than_was_asked_for_is_refused() {
    let world = World::new().await;
    for kind in [
        json!("user"),
        json!("mac"),
        json!("DPoP"),
        json!("Bearer"),
        json!(null),
    ] {
        let outcome = world
            .install_patched(&["chat:write"], json!({ "token_type": kind }))
            .await;
        assert_eq!(reason(outcome), Reason::WrongTokenType, "{kind}");
    }
    let patch = json!({ "authed_user": { "access_token": "xoxp-1", "token_type": "bot" } });
    let outcome = world.install_patched(&["chat:write"], patch).await;
    assert_eq!(reason(outcome), Reason::WrongTokenType);
}

/// C30
#[tokio::test]
async fn scopes_are_normalized_and_taken_as_asked_where_the_reply_is_silent() {
    let world = World::new().await;
    for (scope, expected) in [
        (
            json!("users:read chat:write"),
            vec!["users:read", "chat:write"],
        ),
        (
            json!("users:read,chat:write,users:read"),
            vec!["users:read", "chat:write"],
        ),
        (
            json!(["users:read", "chat:write"]),
            vec!["users:read", "chat:write"],
        ),
        (json!(null), vec!["chat:write"]),
        (json!(""), vec![]),
    ] {
        let outcome = world
            .install_patched(&["chat:write"], json!({ "scope": scope }))
            .await;
        assert_eq!(outcome.unwrap().credentials[0].scopes, expected, "{scope}");
    }
}
