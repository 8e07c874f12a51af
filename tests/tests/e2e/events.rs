//! What providers tell by themselves, signed by their stand-ins.

use std::time::Duration;

use serde_json::{Value, json};
use tieline_sandbox::{
    ActivityFlaw, Bot, BotActivity, Delivery, Endpoint, EventFlaw, EventOrder, SlackEvent,
    SlackEvents,
};
use tieline_tests::{BAKERY, Browser, ENTRA, FENNEL, SLACK, Stage, until};

const SECRET: &str = "signing-secret-5e1f0c";

/// How far in the past an event is that is certainly from before a connection.
const EARLIER: Duration = Duration::from_mins(1);

/// A stage with an integration `told`, whose Slack app has its events sent there.
async fn told(order: EventOrder) -> Stage {
    let stage = Stage::start().await;
    let secret = [("signingSecret", SECRET)];
    let home = &stage.server.home;
    home.integration("slack", "told", SLACK, &secret).await;
    stage.control.set_slack_events(SlackEvents {
        client_id: SLACK.0.to_owned(),
        url: stage.server.url("/v1/providers/slack/told/events"),
        signing_secret: SECRET.to_owned(),
        order,
    });
    stage
}

/// The same with a workspace that is connected.
async fn connected(order: EventOrder) -> Stage {
    let stage = told(order).await;
    connect(&stage, "told").await;
    stage
}

async fn connect(stage: &Stage, integration: &str) {
    let minted = stage.mint(integration).await;
    let (page, _) = stage.allow(&minted, Browser::new()).await;
    assert_eq!(page.status, 200, "{}", page.words());
    let connection = stage.api.only_connection().await;
    assert_eq!(connection["status"], "active", "{connection}");
}

async fn send(stage: &Stage, event: &SlackEvent) -> Delivery {
    let id = stage.control.send_slack_event(event).expect("it is sent");
    let delivery = stage.control.wait_for_delivery(id).await;
    delivery.expect("it is settled")
}

/// Waits until the connection is revoked, for this reason.
async fn is_revoked(stage: &Stage, reason: &str) {
    let connection = until("the connection is revoked", async || {
        let connection = stage.api.only_connection().await;
        (connection["status"] == "revoked").then_some(connection)
    })
    .await;
    assert_eq!(connection["statusReason"], reason, "{connection}");
}

/// How often the log says that a connection stands otherwise than before.
async fn changes(stage: &Stage) -> usize {
    let path = "/v1/audit-events?action=connection.status_changed";
    stage.api.list(path).await.len()
}

#[track_caller]
fn assert_refused(delivery: &Delivery) {
    let answer: Value = serde_json::from_str(delivery.answer()).expect("JSON");
    let told = (delivery.status(), &answer["code"]);
    assert_eq!(told, (Some(401), &json!("event_refused")), "{answer}");
}

#[tokio::test]
async fn the_request_url_is_verified() {
    let stage = told(EventOrder::default()).await;
    let delivery = send(&stage, &SlackEvent::url_verification(SLACK.0)).await;
    let asked: Value = serde_json::from_str(&delivery.letter.body).expect("JSON");
    assert_eq!(delivery.status(), Some(200), "{}", delivery.answer());
    assert_eq!(delivery.answer(), asked["challenge"]);
}

#[tokio::test]
async fn an_app_that_is_removed_ends_its_connection_whichever_event_comes_first() {
    for (order, reason) in [
        (EventOrder::UninstalledFirst, "app_removed"),
        (EventOrder::TokensRevokedFirst, "token_revoked"),
    ] {
        let stage = connected(order).await;
        // Slack tells the second: of the one in which a connection was made no event is certain.
        stage.control.advance(Duration::from_secs(2));
        stage.control.uninstall_slack_app(SLACK.0, BAKERY);
        is_revoked(&stage, reason).await;
        for delivery in stage.control.wait_for_deliveries().await {
            assert_eq!(delivery.status(), Some(200), "{}", delivery.answer());
        }

        let ended = stage.api.only_connection().await;
        for delivery in [0, 1, 1, 0] {
            let again = stage.control.redeliver(delivery, "http_timeout");
            let again = again.expect("it is sent");
            let again = stage.control.wait_for_delivery(again).await;
            assert_eq!(again.expect("it is settled").status(), Some(200));
        }
        assert_eq!(stage.api.only_connection().await, ended, "{order:?}");
        assert_eq!(changes(&stage).await, 1, "{order:?}");
    }
}

#[tokio::test]
async fn tokens_that_are_revoked_end_the_connection() {
    let stage = connected(EventOrder::default()).await;
    stage.control.revoke_slack_tokens(SLACK.0, BAKERY);
    is_revoked(&stage, "token_revoked").await;
    assert_eq!(changes(&stage).await, 1);
}

/// The app was removed and installed once more before its events arrive, and once more again.
#[tokio::test]
async fn a_late_event_does_not_hit_a_newer_installation() {
    let stage = connected(EventOrder::default()).await;
    stage.control.uninstall_slack_app(SLACK.0, BAKERY);
    is_revoked(&stage, "app_removed").await;
    stage.control.wait_for_deliveries().await;
    connect(&stage, "told").await;
    let connection = stage.api.only_connection().await;

    let bot = connection["workspace"]["botUserId"].as_str();
    let bot = bot.expect("the app's own user").to_owned();
    let earlier = stage.control.now() - EARLIER;
    for late in [
        SlackEvent::app_uninstalled(SLACK.0, BAKERY),
        SlackEvent::tokens_revoked(SLACK.0, BAKERY, &[], &[&bot]),
    ] {
        let delivery = send(&stage, &late.happened_at(earlier)).await;
        assert_eq!(delivery.status(), Some(200), "{}", delivery.answer());
    }
    for delivery in [0, 1] {
        let again = stage.control.redeliver(delivery, "http_error");
        let again = again.expect("it is sent");
        stage.control.wait_for_delivery(again).await;
    }
    assert_eq!(stage.api.only_connection().await, connection);
    assert_eq!(changes(&stage).await, 1);
}

#[tokio::test]
async fn what_slack_did_not_sign_just_now_is_refused_and_changes_nothing() {
    let stage = connected(EventOrder::default()).await;
    let connection = stage.api.only_connection().await;
    for flaw in [
        EventFlaw::Forged,
        EventFlaw::BodyRewritten,
        EventFlaw::BodyReplaced,
        EventFlaw::OtherVersion,
        EventFlaw::NotHexadecimal,
        EventFlaw::Truncated,
        EventFlaw::NoSignature,
        EventFlaw::NoTimestamp,
        EventFlaw::OldBy(310),
        EventFlaw::AheadBy(310),
        EventFlaw::Timestamp("1e20".to_owned()),
    ] {
        let event = SlackEvent::app_uninstalled(SLACK.0, BAKERY).flawed(flaw);
        assert_refused(&send(&stage, &event).await);
    }
    assert_eq!(stage.api.only_connection().await, connection);
    assert_eq!(changes(&stage).await, 0);
    assert_eq!(stage.control.count(Endpoint::SlackAuthTest), 0);
}

/// A stage with a tenant that is connected, whose bot is told what happens to it.
async fn with_bot() -> Stage {
    let stage = Stage::start().await;
    let messaging_url = stage.server.url("/v1/providers/msteams/msteams/activities");
    stage.control.register_bot(Bot {
        app_id: ENTRA.0.to_owned(),
        messaging_url,
    });
    connect(&stage, "msteams").await;
    stage
}

async fn tell_bot(stage: &Stage, activity: &BotActivity) -> Delivery {
    let id = stage.control.send_bot_activity(activity);
    let delivery = stage.control.wait_for_delivery(id.expect("it is sent"));
    delivery.await.expect("it is settled")
}

/// A removal says nothing of the consent: the tenant is asked about, and that ends what is over.
#[tokio::test]
async fn a_bot_that_is_removed_is_a_reason_to_ask_about_its_tenant() {
    let stage = with_bot().await;
    let removed = BotActivity::uninstalled(ENTRA.0, FENNEL);
    let asked = stage.control.count(Endpoint::EntraToken);
    let delivery = tell_bot(&stage, &removed).await;
    assert_eq!(delivery.status(), Some(200), "{}", delivery.answer());
    stage
        .control
        .wait_for_requests(Endpoint::EntraToken, asked + 1)
        .await;
    until("the tenant is good as before", async || {
        let connection = stage.api.only_connection().await;
        (connection["status"] == "active").then_some(())
    })
    .await;

    stage.control.withdraw_admin_consent(ENTRA.0, FENNEL);
    tell_bot(&stage, &removed.with_id("f:another")).await;
    is_revoked(&stage, "consent_not_granted").await;
    assert_eq!(changes(&stage).await, 1);
}

#[tokio::test]
async fn what_the_bot_framework_did_not_sign_is_refused_and_changes_nothing() {
    let stage = with_bot().await;
    stage.control.withdraw_admin_consent(ENTRA.0, FENNEL);
    let connection = stage.api.only_connection().await;
    let asked = stage.control.count(Endpoint::EntraToken);
    for flaw in [
        ActivityFlaw::NoToken,
        ActivityFlaw::WrongAudience,
        ActivityFlaw::WrongIssuer,
        ActivityFlaw::ExpiredBy(310),
        ActivityFlaw::NotYetValidBy(310),
        ActivityFlaw::UnknownKey,
        ActivityFlaw::WrongKey,
        ActivityFlaw::KeyNotEndorsed,
        ActivityFlaw::AlgNone,
        ActivityFlaw::OtherServiceUrl,
        ActivityFlaw::NoServiceUrl,
    ] {
        let forged = BotActivity::uninstalled(ENTRA.0, FENNEL).flawed(flaw);
        assert_refused(&tell_bot(&stage, &forged).await);
    }
    assert_eq!(stage.api.only_connection().await, connection);
    assert_eq!(stage.control.count(Endpoint::EntraToken), asked);
}
