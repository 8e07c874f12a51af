//! Tokens that live for ever, of an app that began to rotate them later.

use jiff::SignedDuration;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tieline_domain::{
    ports::{ProviderError, RefreshError},
    provider::GrantedCredential,
    reason::Reason,
};
use tieline_sandbox::{Endpoint, Fault, RetryAfter};

use crate::harness::{CLIENT_ID, SECRET, World, credentials};

const BAKERY: &str = "T0HARBOUR1";

/// A world whose app was installed before it began to rotate its tokens, and the tokens from then.
async fn older() -> (World, [GrantedCredential; 2]) {
    let world = World::new().await;
    let changes = [("user_scope", "users:read")];
    let grant = world.install_with(&["chat:write"], &changes).await.unwrap();
    world.control().enable_slack_rotation(CLIENT_ID);
    (world, grant.credentials.try_into().unwrap())
}

async fn exchange(
    world: &World,
    old: &GrantedCredential,
) -> Result<GrantedCredential, RefreshError> {
    let client = world.client("slack");
    let exchanged = client.exchange_token(&world.app, old).await;
    exchanged.map(|new| new.expect("Slack knows such a thing"))
}

async fn spoiled(world: &World, old: &GrantedCredential, fault: Fault) -> RefreshError {
    let before = world.control().count(Endpoint::SlackOauthV2Exchange);
    let control = world.control();
    control.fault_once(Endpoint::SlackOauthV2Exchange, fault);
    let error = exchange(world, old).await.unwrap_err();
    assert_eq!(control.count(Endpoint::SlackOauthV2Exchange), before + 1);
    error
}

fn refusal(code: &str) -> Fault {
    Fault::Reply {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: json!({ "ok": false, "error": code }).to_string().into(),
    }
}

fn told(reason: Reason, code: &str) -> ProviderError {
    ProviderError {
        provider_error: Some(code.to_owned()),
        ..reason.into()
    }
}

#[tokio::test]
async fn each_token_is_exchanged_for_one_that_rotates() {
    let (world, tokens) = older().await;
    for old in tokens {
        let now = world.control().now();
        let new = exchange(&world, &old).await.unwrap();
        assert_eq!(new.kind, old.kind);
        assert_eq!(new.scopes, old.scopes);
        assert!(new.access_token.expose_secret().starts_with("xoxe.xox"));
        let life = new.expires_at.unwrap().duration_since(now);
        assert!((life - SignedDuration::from_hours(12)).abs() < SignedDuration::from_secs(60));
        let client = world.client("slack");
        let refreshed = client.refresh(&world.app, BAKERY, &new).await;
        refreshed.unwrap();
    }
}

#[tokio::test]
async fn the_token_is_sent_with_the_apps_own_credentials() {
    let (world, [bot, _]) = older().await;
    exchange(&world, &bot).await.unwrap();
    let request = &world.control().requests_of(Endpoint::SlackOauthV2Exchange)[0];
    let sent = [
        ("token", bot.access_token.expose_secret()),
        ("client_id", CLIENT_ID),
        ("client_secret", SECRET),
    ];
    let sent = sent.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(request.form(), sent);
}

#[tokio::test]
async fn a_token_is_exchanged_once() {
    let (world, [bot, _]) = older().await;
    exchange(&world, &bot).await.unwrap();
    let error = exchange(&world, &bot).await.unwrap_err();
    let lost = told(Reason::RefreshLost, "token_already_exchanged");
    assert_eq!(error, RefreshError::Rejected(lost));
}

#[tokio::test]
async fn an_app_that_does_not_rotate_exchanges_nothing_and_loses_nothing() {
    let world = World::new().await;
    let [bot] = world
        .install(&["chat:write"])
        .await
        .unwrap()
        .credentials
        .try_into()
        .unwrap();
    let error = exchange(&world, &bot).await.unwrap_err();
    let disabled = told(Reason::RotationDisabled, "token_rotation_not_enabled");
    assert_eq!(error, RefreshError::Refused(disabled));
    let client = world.client("slack");
    client.verify(&world.app, BAKERY, &[bot]).await.unwrap();
}

#[tokio::test]
async fn a_token_that_is_none_or_gone_is_not_exchanged() {
    let (world, [bot, _]) = older().await;
    world.control().revoke_slack_tokens(CLIENT_ID, BAKERY);
    let error = exchange(&world, &bot).await.unwrap_err();
    let gone = told(Reason::TokenInvalid, "authorization_not_found");
    assert_eq!(error, RefreshError::Rejected(gone));
    let made_up = GrantedCredential {
        access_token: "xoxb-made-up".into(),
        ..bot
    };
    let error = exchange(&world, &made_up).await.unwrap_err();
    let invalid = told(Reason::TokenInvalid, "invalid_token");
    assert_eq!(error, RefreshError::Rejected(invalid));
}

#[tokio::test]
async fn what_is_known_of_the_token_is_what_the_answer_says_and_no_more() {
    let (mut world, [bot, _]) = older().await;
    let limited = spoiled(&world, &bot, Fault::RateLimited(RetryAfter::Seconds(60))).await;
    assert!(matches!(limited, RefreshError::Refused(_)), "{limited}");
    for code in ["internal_error", "fatal_error", "brand_new_error"] {
        let error = spoiled(&world, &bot, refusal(code)).await;
        assert_eq!(
            error,
            RefreshError::Unknown(told(Reason::ProviderError, code))
        );
    }
    world.app = credentials(&[("clientId", CLIENT_ID), ("secretKey", "wrong")]);
    let error = exchange(&world, &bot).await.unwrap_err();
    let refused = told(Reason::ClientRejected, "bad_client_secret");
    assert_eq!(error, RefreshError::Refused(refused));

    world.app = credentials(&[("clientId", CLIENT_ID), ("secretKey", SECRET)]);
    let lost = spoiled(&world, &bot, Fault::LoseReply).await;
    assert!(matches!(lost, RefreshError::Unknown(_)), "{lost}");
    let error = exchange(&world, &bot).await.unwrap_err();
    assert!(matches!(error, RefreshError::Rejected(_)), "{error}");
}

/// A token that dies and cannot be refreshed would be worse than the one that lives for ever.
#[tokio::test]
async fn an_exchange_without_a_refresh_token_is_none() {
    for patch in [
        json!({ "refresh_token": null }),
        json!({ "access_token": null }),
        json!({ "token_type": "user" }),
    ] {
        let (world, [bot, _]) = older().await;
        let error = spoiled(&world, &bot, Fault::SlackReplyPatch(Value::clone(&patch))).await;
        assert!(
            matches!(error, RefreshError::Unknown(_)),
            "{patch}: {error}"
        );
    }
}
