//! A refresh that brings no token: what is then known of the refresh token. It decides whether a
//! connection lives, so each answer is held to what it really says.

use std::{net::TcpListener, time::Duration};

use serde_json::{Value, json};
use tieline_domain::{
    integration::Credentials,
    ports::{ProviderError, RefreshError},
    provider::GrantedCredential,
    reason::Reason,
};
use tieline_providers::EgressPolicy;
use tieline_sandbox::{Endpoint, Fault, RetryAfter};

use crate::harness::{CLIENT_ID, SECRET, World, credentials, private, short_limits};

const BAKERY: &str = "T0HARBOUR1";

async fn world(policy: EgressPolicy) -> (World, GrantedCredential) {
    let world = World::with(policy, CLIENT_ID, SECRET).await;
    world.rotate_tokens();
    let grant = world.install(&["chat:write"]).await.unwrap();
    let [bot] = grant.credentials.try_into().unwrap();
    (world, bot)
}

async fn refresh(world: &World, bot: &GrantedCredential) -> RefreshError {
    refresh_as(world, &world.app, bot).await
}

async fn refresh_as(world: &World, app: &Credentials, bot: &GrantedCredential) -> RefreshError {
    let client = world.client("slack");
    client.refresh(app, BAKERY, bot).await.unwrap_err()
}

/// Refreshes with this fault in the way; the refresh token is sent once, never twice.
async fn spoiled(world: &World, bot: &GrantedCredential, fault: Fault) -> RefreshError {
    let before = world.control().count(Endpoint::SlackOauthV2Access);
    let control = world.control();
    control.fault_once(Endpoint::SlackOauthV2Access, fault);
    let error = refresh(world, bot).await;
    assert_eq!(control.count(Endpoint::SlackOauthV2Access), before + 1);
    error
}

fn json_reply(status: u16, body: &Value) -> Fault {
    Fault::Reply {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_string().into(),
    }
}

fn refusal(code: &str) -> Fault {
    json_reply(200, &json!({ "ok": false, "error": code }))
}

fn told(reason: Reason, code: &str) -> ProviderError {
    ProviderError {
        provider_error: Some(code.to_owned()),
        ..reason.into()
    }
}

/// F05
#[tokio::test]
async fn a_token_that_slack_does_not_take_is_dead() {
    let (world, bot) = world(private()).await;
    for (code, reason) in [
        ("invalid_refresh_token", Reason::TokenInvalid),
        ("invalid_auth", Reason::TokenInvalid),
        ("token_revoked", Reason::TokenRevoked),
        ("token_expired", Reason::TokenExpired),
        ("account_inactive", Reason::AppRemoved),
    ] {
        let error = spoiled(&world, &bot, refusal(code)).await;
        assert_eq!(error, RefreshError::Rejected(told(reason, code)));
    }
}

/// F05: the sandbox itself, which takes a refresh token once.
#[tokio::test]
async fn a_spent_token_and_one_of_an_app_that_was_removed_are_dead() {
    let (world, bot) = world(private()).await;
    let client = world.client("slack");
    let renewed = client.refresh(&world.app, BAKERY, &bot).await.unwrap();
    let dead = told(Reason::TokenInvalid, "invalid_refresh_token");
    let error = refresh(&world, &bot).await;
    assert_eq!(error, RefreshError::Rejected(dead.clone()));
    world.control().uninstall_slack_app(CLIENT_ID, BAKERY);
    let error = refresh(&world, &renewed).await;
    assert_eq!(error, RefreshError::Rejected(dead));
}

/// F07: who asks to slow down has done nothing.
#[tokio::test]
async fn a_slack_that_asks_to_wait_has_not_touched_the_token() {
    let (world, bot) = world(private()).await;
    let limited = |retry_after: Option<u64>, code: &str| {
        RefreshError::Refused(ProviderError {
            reason: Reason::ProviderRateLimited,
            provider_error: Some(code.to_owned()),
            retry_after: retry_after.map(Duration::from_secs),
        })
    };
    let asked = Fault::RateLimited(RetryAfter::Seconds(30));
    let error = spoiled(&world, &bot, asked).await;
    assert_eq!(error, limited(Some(30), "HTTP 429"));
    let error = spoiled(&world, &bot, Fault::RateLimited(RetryAfter::Missing)).await;
    assert_eq!(error, limited(None, "HTTP 429"));
    let error = spoiled(&world, &bot, Fault::RateLimited(RetryAfter::Date(7200))).await;
    let RefreshError::Refused(error) = error else {
        panic!("{error}")
    };
    assert_eq!(error.retry_after, Some(Duration::from_hours(1)), "capped");
    let error = spoiled(&world, &bot, refusal("ratelimited")).await;
    assert_eq!(error, limited(None, "ratelimited"));
    let client = world.client("slack");
    let outcome = client.refresh(&world.app, BAKERY, &bot).await;
    outcome.unwrap();
}

#[tokio::test]
async fn a_request_that_slack_did_not_act_upon_has_not_touched_the_token() {
    let (world, bot) = world(private()).await;
    for (code, reason) in [
        ("service_unavailable", Reason::ProviderError),
        ("invalid_arguments", Reason::ProviderError),
        ("invalid_grant_type", Reason::ProviderError),
        ("team_added_to_org", Reason::ProviderError),
        ("org_login_required", Reason::ApprovalRequired),
        ("token_rotation_not_enabled", Reason::RotationDisabled),
    ] {
        let error = spoiled(&world, &bot, refusal(code)).await;
        assert_eq!(error, RefreshError::Refused(told(reason, code)));
    }
    for (id, secret, code) in [
        (CLIENT_ID, "wrong", "bad_client_secret"),
        ("1.2", SECRET, "invalid_client_id"),
    ] {
        let app = credentials(&[("clientId", id), ("secretKey", secret)]);
        let error = refresh_as(&world, &app, &bot).await;
        let refused = RefreshError::Refused(told(Reason::ClientRejected, code));
        assert_eq!(error, refused);
    }
    let client = world.client("slack");
    let outcome = client.refresh(&world.app, BAKERY, &bot).await;
    outcome.unwrap();
}

#[tokio::test]
async fn what_is_not_sent_at_all_leaves_the_token_as_it_was() {
    let (world, bot) = world(private()).await;
    let before = world.control().requests().len();
    let app = credentials(&[("clientId", CLIENT_ID)]);
    let error = refresh_as(&world, &app, &bot).await;
    let missing = RefreshError::Refused(Reason::CredentialsMissing.into());
    assert_eq!(error, missing);
    let without = GrantedCredential {
        refresh_token: None,
        ..bot
    };
    let error = refresh(&world, &without).await;
    let unavailable = RefreshError::Refused(Reason::TokenUnavailable.into());
    assert_eq!(error, unavailable);
    assert_eq!(world.control().requests().len(), before);
}

/// Nobody at the address, no address, none that may be called, no handshake: nothing was sent.
#[tokio::test]
async fn where_no_connection_comes_about_the_token_is_as_it_was() {
    let (_world, bot) = world(private()).await;
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    // It takes connections and says nothing, so that there is no handshake.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let mute_url = format!("https://{}", mute.local_addr().unwrap());
    let hasty = EgressPolicy {
        connect_timeout: Duration::from_millis(100),
        ..private()
    };
    for (policy, base, told) in [
        (private(), nobody.as_str(), "connection refused"),
        (
            EgressPolicy::default(),
            "https://no-such-name.invalid",
            "no connection",
        ),
        (
            EgressPolicy::default(),
            "https://10.0.0.1",
            "address refused",
        ),
        (
            EgressPolicy::default(),
            "https://localhost",
            "address refused",
        ),
        (hasty, mute_url.as_str(), "no connection"),
    ] {
        let world = World::at_slack(policy, &base.parse().unwrap()).await;
        let error = refresh(&world, &bot).await;
        let RefreshError::Refused(error) = error else {
            panic!("{base}: {error}")
        };
        assert_eq!(error.reason, Reason::ProviderUnreachable, "{base}");
        assert_eq!(error.provider_error.as_deref(), Some(told), "{base}");
    }
}

/// F06: a server in trouble may have done its work before it got into it.
#[tokio::test]
async fn a_slack_in_trouble_leaves_it_open() {
    let (world, bot) = world(private()).await;
    for code in [
        "fatal_error",
        "internal_error",
        "request_timeout",
        "brand_new_error",
    ] {
        let error = spoiled(&world, &bot, refusal(code)).await;
        assert_eq!(
            error,
            RefreshError::Unknown(told(Reason::ProviderError, code))
        );
    }
    for status in [500, 502, 503, 504] {
        // Whatever it says besides.
        let body = json!({ "ok": false, "error": "invalid_refresh_token" });
        let error = spoiled(&world, &bot, json_reply(status, &body)).await;
        let RefreshError::Unknown(error) = error else {
            panic!("{status}: {error}")
        };
        assert_eq!(error.provider_error, Some(format!("HTTP {status}")));
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_leaves_it_open() {
    let (world, bot) = world(private()).await;
    let page = |status| Fault::Status(status, "<html>".to_owned());
    for (fault, reason) in [
        (page(200), Reason::InvalidResponse),
        (page(400), Reason::ProviderError),
        (page(401), Reason::ProviderError),
        (page(404), Reason::ProviderError),
        (json_reply(200, &json!({})), Reason::InvalidResponse),
        (json_reply(200, &json!([])), Reason::InvalidResponse),
        (
            json_reply(200, &json!({ "ok": false })),
            Reason::InvalidResponse,
        ),
        (
            json_reply(200, &json!({ "ok": false, "error": ["invalid_auth"] })),
            Reason::InvalidResponse,
        ),
        (
            Fault::Redirect("https://slack.example/".parse().unwrap()),
            Reason::InvalidResponse,
        ),
        (Fault::Endless, Reason::InvalidResponse),
    ] {
        let error = spoiled(&world, &bot, fault.clone()).await;
        let RefreshError::Unknown(error) = error else {
            panic!("{fault:?}: {error}")
        };
        assert_eq!(error.reason, reason, "{fault:?}");
    }
}

/// F04: the work was done, and its fruit never arrived.
#[tokio::test]
async fn an_answer_that_is_lost_leaves_it_open_and_the_token_is_spent_indeed() {
    for (fault, reason) in [
        (Fault::LoseReply, Reason::ProviderError),
        (Fault::Cut { after_bytes: 20 }, Reason::InvalidResponse),
        (
            Fault::StatusAfter(503, String::new()),
            Reason::ProviderError,
        ),
        (Fault::Hang, Reason::ProviderError),
        (Fault::Disconnect, Reason::ProviderError),
    ] {
        let (world, bot) = world(short_limits()).await;
        let error = spoiled(&world, &bot, fault.clone()).await;
        let RefreshError::Unknown(error) = error else {
            panic!("{fault:?}: {error}")
        };
        assert_eq!(error.reason, reason, "{fault:?}");
        let client = world.client("slack");
        let again = client.refresh(&world.app, BAKERY, &bot).await;
        // Nobody can tell the one that did nothing from those that did.
        let is_spent = !matches!(fault, Fault::Disconnect);
        assert_eq!(again.is_err(), is_spent, "{fault:?}");
    }
}

/// F04: within its grace Slack takes a spent token once more.
#[tokio::test]
async fn a_lost_answer_may_be_had_again_within_the_grace() {
    let (world, bot) = world(private()).await;
    let control = world.control();
    control.set_slack_refresh_grace(Duration::from_mins(1));
    spoiled(&world, &bot, Fault::LoseReply).await;
    let client = world.client("slack");
    let outcome = client.refresh(&world.app, BAKERY, &bot).await;
    outcome.unwrap();
}
