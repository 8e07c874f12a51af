//! What Slack refuses.

use std::time::Duration;

use tieline_domain::{ports::ProviderError, reason::Reason};
use tieline_sandbox::{Endpoint, Fault};

use crate::harness::{SECRET, World, credentials, reason};

async fn exchange(world: &World, code: &str) -> ProviderError {
    let exchange = world.exchange(code, &["chat:write"]);
    world
        .client("slack")
        .exchange_code(&world.app, &exchange)
        .await
        .unwrap_err()
}

/// C08
#[tokio::test]
async fn an_unknown_used_or_old_code_is_rejected() {
    let world = World::new().await;
    let error = exchange(&world, "no-such-code").await;
    assert_eq!(error.reason, Reason::CodeRejected);
    assert_eq!(error.provider_error.as_deref(), Some("invalid_code"));

    let code = world.slack_code(&["chat:write"], &[]).await;
    let first = world.exchange(&code, &["chat:write"]);
    world
        .client("slack")
        .exchange_code(&world.app, &first)
        .await
        .unwrap();
    let error = exchange(&world, &code).await;
    assert_eq!(error.reason, Reason::CodeRejected);
    assert_eq!(error.provider_error.as_deref(), Some("code_already_used"));

    let code = world.slack_code(&["chat:write"], &[]).await;
    world.control().advance(Duration::from_secs(601));
    assert_eq!(exchange(&world, &code).await.reason, Reason::CodeRejected);
}

#[tokio::test]
async fn a_wrong_secret_is_the_apps_fault() {
    let mut world = World::new().await;
    let code = world.slack_code(&["chat:write"], &[]).await;
    world.app = credentials(&[
        ("clientId", crate::harness::CLIENT_ID),
        ("secretKey", "wrong"),
    ]);
    let error = exchange(&world, &code).await;
    assert_eq!(error.reason, Reason::ClientRejected);
    assert_eq!(error.provider_error.as_deref(), Some("bad_client_secret"));
    world.app = credentials(&[("clientId", "unknown"), ("secretKey", SECRET)]);
    assert_eq!(exchange(&world, &code).await.reason, Reason::ClientRejected);
}

#[tokio::test]
async fn another_callback_than_before_is_rejected() {
    let world = World::new().await;
    let code = world.slack_code(&["chat:write"], &[]).await;
    let mut exchange = world.exchange(&code, &[]);
    exchange.redirect_uri.push_str("/other");
    let outcome = world
        .client("slack")
        .exchange_code(&world.app, &exchange)
        .await;
    assert_eq!(reason(outcome), Reason::RedirectRejected);
}

#[tokio::test]
async fn without_a_secret_nothing_is_sent() {
    let mut world = World::new().await;
    world.app = credentials(&[("clientId", "1.2")]);
    assert_eq!(
        exchange(&world, "code").await.reason,
        Reason::CredentialsMissing
    );
    assert_eq!(world.control().count(Endpoint::SlackOauthV2Access), 0);
}

/// C09
#[tokio::test]
async fn an_unknown_error_is_recorded_after_sanitizing() {
    let world = World::new().await;
    for (body, recorded) in [
        (
            r#"{"ok":false,"error":"brand_new_error"}"#,
            "brand_new_error",
        ),
        (r#"{"ok":false,"error":"<b>new</b>\r\n"}"#, "bnewb"),
        (r#"{"ok":true,"error":"contradiction"}"#, ""),
    ] {
        let fault = json(200, body);
        world
            .control()
            .fault_once(Endpoint::SlackOauthV2Access, fault);
        let error = exchange(&world, "code").await;
        if recorded.is_empty() {
            assert_eq!(error.reason, Reason::MissingAccount);
        } else {
            assert_eq!(error.reason, Reason::ProviderError);
            assert_eq!(error.provider_error.as_deref(), Some(recorded));
        }
    }
}

#[tokio::test]
async fn a_refusal_counts_under_any_status_and_a_success_only_under_its_own() {
    let world = World::new().await;
    for (fault, expected) in [
        (
            json(400, r#"{"ok":false,"error":"invalid_code"}"#),
            Reason::CodeRejected,
        ),
        (
            json(403, r#"{"ok":true,"access_token":"t"}"#),
            Reason::ProviderError,
        ),
        (
            Fault::Status(404, "nothing here".to_owned()),
            Reason::ProviderError,
        ),
    ] {
        world
            .control()
            .fault_once(Endpoint::SlackOauthV2Access, fault);
        assert_eq!(exchange(&world, "code").await.reason, expected);
    }
}

fn json(status: u16, body: &str) -> Fault {
    let headers = vec![(
        "Content-Type".to_owned(),
        "application/json; charset=utf-8".to_owned(),
    )];
    Fault::Reply {
        status,
        headers,
        body: body.into(),
    }
}
