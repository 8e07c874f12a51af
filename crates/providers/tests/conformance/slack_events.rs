//! What Slack sends by itself.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tieline_domain::{
    api_key::SigningState,
    integration::Credentials,
    ports::{Delivery, EventReader, EventRefusal, ProviderEvent, ProviderEventKind},
};
use tieline_providers::slack::SlackEvents;

use crate::harness::credentials;

const SIGNING_SECRET: &str = "canary-signing-secret";
const NOW: Timestamp = Timestamp::constant(1_750_000_000, 0);
const BAKERY: &str = "T0HARBOUR1";
const RAIL: &str = "T0MERIDOP3";
const RAIL_GROUP: &str = "E0MERIDIAN";

fn app() -> Credentials {
    credentials(&[("clientId", "1.2"), ("signingSecret", SIGNING_SECRET)])
}

/// A delivery as Slack makes it.
fn signed(body: &str) -> Delivery {
    let at = NOW.as_second().to_string();
    let key = SigningState::of(SIGNING_SECRET.as_bytes());
    let hash = key.sign(format!("v0:{at}:{body}").as_bytes());
    let hex = hash
        .iter()
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    Delivery {
        headers: vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("x-slack-request-timestamp".to_owned(), at),
            ("x-slack-signature".to_owned(), format!("v0={hex}")),
        ],
        body: body.into(),
    }
}

async fn read(delivery: &Delivery) -> Result<ProviderEvent, EventRefusal> {
    SlackEvents.read(&app(), delivery, NOW).await
}

async fn read_json(body: &Value) -> Result<ProviderEvent, EventRefusal> {
    read(&signed(&body.to_string())).await
}

/// An event as Slack wraps it, a minute old, with these members besides.
fn callback(event: &Value, members: &Value) -> Value {
    let mut body = json!({
        "token": "deprecated",
        "team_id": BAKERY,
        "api_app_id": "A0123456789",
        "event": event,
        "type": "event_callback",
        "event_id": "Ev0123456789",
        "event_time": NOW.as_second() - 60,
    });
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// What such an event says happened.
async fn happened(event: &Value, members: &Value) -> ProviderEventKind {
    read_json(&callback(event, members)).await.unwrap().kind
}

fn removed_from(workspace: &str) -> ProviderEventKind {
    ProviderEventKind::AppUninstalled {
        workspace: workspace.to_owned(),
    }
}

fn installation(team: Option<&str>, enterprise: Option<&str>, whole: bool) -> Value {
    json!({ "authorizations": [{
        "team_id": team,
        "enterprise_id": enterprise,
        "user_id": "U0MARALIND",
        "is_bot": true,
        "is_enterprise_install": whole,
    }] })
}

/// G06
#[tokio::test]
async fn an_uninstall_is_told_with_its_workspace_id_and_time() {
    let event = json!({ "type": "app_uninstalled" });
    let read = read_json(&callback(&event, &json!({}))).await.unwrap();
    let expected = ProviderEvent {
        id: Some("Ev0123456789".to_owned()),
        at: NOW - SignedDuration::from_mins(1),
        kind: removed_from(BAKERY),
    };
    assert_eq!(read, expected);
}

/// G20
#[tokio::test]
async fn an_installation_belongs_to_a_workspace_or_to_a_whole_organization() {
    let event = json!({ "type": "app_uninstalled" });
    for (members, expected) in [
        (installation(Some(RAIL), Some(RAIL_GROUP), false), RAIL),
        (installation(Some(RAIL), Some(RAIL_GROUP), true), RAIL_GROUP),
        (installation(None, Some(RAIL_GROUP), true), RAIL_GROUP),
        (json!({ "authorizations": [] }), BAKERY),
        (json!({ "enterprise_id": RAIL_GROUP }), BAKERY),
        (
            json!({ "enterprise_id": RAIL_GROUP, "team_id": null }),
            RAIL_GROUP,
        ),
        (
            json!({ "enterprise_id": RAIL_GROUP, "is_enterprise_install": true }),
            RAIL_GROUP,
        ),
    ] {
        assert_eq!(
            happened(&event, &members).await,
            removed_from(expected),
            "{members}"
        );
    }
}

/// G09
#[tokio::test]
async fn revoked_tokens_are_told_by_whose_they_were() {
    let owned = |ids: &[&str]| ids.iter().map(ToString::to_string).collect();
    for (tokens, people, bots) in [
        (
            json!({ "oauth": ["U1", "W2"], "bot": ["UBOT"] }),
            &["U1", "W2"][..],
            &["UBOT"][..],
        ),
        (json!({ "oauth": ["U1"] }), &["U1"], &[]),
        (json!({ "bot": ["UBOT"] }), &[], &["UBOT"]),
        (json!({}), &[], &[]),
    ] {
        let event = json!({ "type": "tokens_revoked", "tokens": tokens });
        let expected = ProviderEventKind::TokensRevoked {
            workspace: BAKERY.to_owned(),
            bots: owned(bots),
            people: owned(people),
        };
        assert_eq!(happened(&event, &json!({})).await, expected, "{tokens}");
    }
}

/// G14
#[tokio::test]
async fn a_challenge_is_answered_when_it_is_signed() {
    let challenge = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P";
    let body = json!({ "type": "url_verification", "challenge": challenge, "token": "x" });
    let event = read_json(&body).await.unwrap();
    assert_eq!(
        event.kind,
        ProviderEventKind::Challenge(challenge.to_owned())
    );
    assert_eq!((event.id, event.at), (None, NOW));

    let mut unsigned = signed(&body.to_string());
    unsigned.headers.truncate(2);
    assert_eq!(read(&unsigned).await, Err(EventRefusal::Unsigned));
    // It is sent back as it is, so it must be nothing but text.
    for odd in [
        json!("<script>alert(1)</script> x"),
        json!(""),
        json!("a".repeat(513)),
        json!(1),
    ] {
        let body = json!({ "type": "url_verification", "challenge": odd });
        let refused = read_json(&body).await.unwrap_err();
        assert!(matches!(refused, EventRefusal::Malformed(_)), "{odd}");
    }
}

#[tokio::test]
async fn what_means_nothing_to_a_connection_is_ignored_by_its_name() {
    let ignored = |kind: &str| ProviderEventKind::Ignored {
        kind: kind.to_owned(),
    };
    for (kind, expected) in [
        ("message", "message"),
        ("team_access_revoked", "team_access_revoked"),
        ("brand new\r\nevent", "brandnewevent"),
    ] {
        let event = json!({ "type": kind, "channel": ["C1"], "tokens": null });
        assert_eq!(happened(&event, &json!({})).await, ignored(expected));
    }
    let limited = json!({
        "token": "x",
        "type": "app_rate_limited",
        "team_id": BAKERY,
        "minute_rate_limited": NOW.as_second(),
        "api_app_id": "A1",
    });
    let event = read_json(&limited).await.unwrap();
    assert_eq!(event.kind, ignored("app_rate_limited"));
}

#[tokio::test]
async fn what_is_signed_and_makes_no_sense_is_malformed() {
    let uninstalled = json!({ "type": "app_uninstalled" });
    let without = |name: &str| callback(&uninstalled, &json!({ name: null }));
    for body in [
        "{}".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "payload=%7B%7D".to_owned(),
        String::new(),
        without("event").to_string(),
        without("event_id").to_string(),
        without("team_id").to_string(),
        callback(&json!({}), &json!({})).to_string(),
        callback(&json!({ "type": "tokens_revoked" }), &json!({})).to_string(),
        callback(&uninstalled, &json!({ "team_id": "" })).to_string(),
        callback(&uninstalled, &json!({ "team_id": "T1\r\nX" })).to_string(),
        callback(&uninstalled, &json!({ "event_id": "a".repeat(129) })).to_string(),
        callback(&uninstalled, &json!({ "event_time": i64::MAX })).to_string(),
        callback(&uninstalled, &json!({ "event_time": "now" })).to_string(),
    ] {
        let refused = read(&signed(&body)).await.unwrap_err();
        assert!(
            matches!(refused, EventRefusal::Malformed(_)),
            "{body}: {refused}"
        );
    }
}

/// G12: what is not signed is not even read.
#[tokio::test]
async fn a_delivery_that_slack_did_not_sign_is_refused_whatever_it_says() {
    for body in [
        callback(&json!({ "type": "app_uninstalled" }), &json!({})),
        json!({}),
    ] {
        let mut forged = signed(&body.to_string());
        forged.body.push(b' ');
        let refused = read(&forged).await.unwrap_err();
        assert_eq!(refused, EventRefusal::BadlySigned("signature"));
    }
    let app = credentials(&[("clientId", "1.2")]);
    let outcome = SlackEvents.read(&app, &signed("{}"), NOW).await;
    assert_eq!(outcome, Err(EventRefusal::NotConfigured("signingSecret")));
}
