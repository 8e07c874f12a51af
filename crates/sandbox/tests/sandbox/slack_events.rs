//! What Slack tells an app by itself.

use std::fmt::Write;

use aws_lc_rs::hmac;
use serde_json::{Value, json as value};
use tieline_sandbox::{
    Delivery, DeliveryState, EventFlaw, EventOrder, SlackEvent, SlackEventKind, SlackEvents,
};

use crate::support::{
    BAKERY, Bench, RAIL_GROUP, ROTATING, Received, Receiver, SLACK, json, location, param, text,
    user_token,
};

const SECRET: &str = "signing-secret";
const SCOPE: (&str, &str) = ("scope", "chat:write");
const USER_SCOPE: (&str, &str) = ("user_scope", "search:read");

#[tokio::test]
async fn an_app_that_is_removed_is_told_by_two_signed_events() {
    let (bench, receiver) = listening(SLACK, EventOrder::default()).await;
    let installed = bench.slack_install(SLACK, &[SCOPE, USER_SCOPE]).await;
    bench.control.uninstall_slack_app(SLACK.0, BAKERY);
    let deliveries = bench.control.wait_for_deliveries().await;
    let statuses: Vec<_> = deliveries.iter().map(Delivery::status).collect();
    assert_eq!(statuses, [Some(200), Some(200)]);
    let received = receiver.received();
    assert!(received.iter().all(is_signed));
    let events: Vec<Value> = received
        .iter()
        .map(|it| it.json()["event"].clone())
        .collect();
    let bot = text(&installed, "bot_user_id");
    let revoked = value!({
        "type": "tokens_revoked",
        "tokens": { "oauth": ["U0MARALIND"], "bot": [bot] },
    });
    assert_eq!(events, [value!({ "type": "app_uninstalled" }), revoked]);
}

#[tokio::test]
async fn an_event_says_which_installation_of_which_app_and_when() {
    let (bench, receiver) = listening(SLACK, EventOrder::default()).await;
    let installed = bench.slack_install(SLACK, &[SCOPE]).await;
    let before = bench.control.now().as_second();
    bench.control.uninstall_slack_app(SLACK.0, BAKERY);
    bench.control.wait_for_deliveries().await;
    let received = receiver.received();
    let body = received[0].json();
    assert_eq!(body["type"], "event_callback");
    assert_eq!(
        (&body["team_id"], &body["api_app_id"]),
        (&BAKERY.into(), &installed["app_id"])
    );
    assert_eq!(
        body["authorizations"],
        value!([{
            "enterprise_id": null,
            "team_id": BAKERY,
            "user_id": installed["bot_user_id"],
            "is_bot": true,
            "is_enterprise_install": false,
        }])
    );
    assert!((before..before + 10).contains(&body["event_time"].as_i64().expect("a time")));
    let ids: Vec<Value> = received
        .iter()
        .map(|it| it.json()["event_id"].clone())
        .collect();
    assert!(ids[0].as_str().expect("an id").starts_with("Ev"));
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn an_organization_that_removes_an_app_has_no_team() {
    let (bench, receiver) = listening(SLACK, EventOrder::default()).await;
    let form = bench.slack_page(SLACK.0, &[SCOPE]).await;
    let response = form.with("workspace", RAIL_GROUP).allow(&bench).await;
    let code = param(&location(&response), "code").expect("a code");
    bench.slack_exchange(SLACK, &code).await;
    bench.control.uninstall_slack_app(SLACK.0, RAIL_GROUP);
    bench.control.wait_for_deliveries().await;
    let body = receiver.received()[0].json();
    assert_eq!(
        (&body["team_id"], &body["enterprise_id"]),
        (&Value::Null, &RAIL_GROUP.into())
    );
    assert_eq!(body["authorizations"][0]["is_enterprise_install"], true);
}

#[tokio::test]
async fn the_two_events_can_come_in_the_other_order_one_after_the_other() {
    let bench = Bench::start().await;
    let receiver = Receiver::start_holding(200).await;
    listen(&bench, &receiver, SLACK, EventOrder::TokensRevokedFirst);
    bench.slack_install(SLACK, &[SCOPE]).await;
    bench.control.uninstall_slack_app(SLACK.0, BAKERY);
    receiver.answer(1);
    bench.control.wait_for_delivery(0).await;
    let deliveries = bench.control.deliveries();
    assert!(!deliveries[1].is_settled(), "nobody has answered it");
    receiver.answer(1);
    bench.control.wait_for_deliveries().await;
    assert_eq!(types(&receiver), ["tokens_revoked", "app_uninstalled"]);
}

#[tokio::test]
async fn an_app_that_uninstalls_itself_is_told_as_well() {
    let (bench, receiver) = listening(ROTATING, EventOrder::default()).await;
    let installed = bench.slack_install(ROTATING, &[SCOPE]).await;
    let own = [("client_id", ROTATING.0), ("client_secret", ROTATING.1)];
    bench
        .slack_method("apps.uninstall", text(&installed, "access_token"), &own)
        .await;
    bench.control.wait_for_deliveries().await;
    assert_eq!(types(&receiver), ["app_uninstalled", "tokens_revoked"]);
    bench.control.uninstall_slack_app(ROTATING.0, BAKERY);
    assert_eq!(bench.control.deliveries().len(), 2, "it is gone already");
}

#[tokio::test]
async fn an_authorization_that_ends_is_told_with_whose_it_was() {
    let (bench, receiver) = listening(SLACK, EventOrder::default()).await;
    let installed = bench.slack_install(SLACK, &[SCOPE, USER_SCOPE]).await;
    let user = user_token(&installed);
    bench
        .slack_method("auth.revoke", user, &[("test", "1")])
        .await;
    bench.slack_method("auth.revoke", user, &[]).await;
    bench.control.wait_for_deliveries().await;
    bench.control.revoke_slack_tokens(SLACK.0, BAKERY);
    bench.control.wait_for_deliveries().await;
    let received = receiver.received();
    let tokens: Vec<Value> = received
        .iter()
        .map(|it| it.json()["event"]["tokens"].clone())
        .collect();
    let bot = text(&installed, "bot_user_id");
    assert_eq!(
        tokens,
        [
            value!({ "oauth": ["U0MARALIND"] }),
            value!({ "bot": [bot] })
        ]
    );
    let told_to = &received[0].json()["authorizations"][0];
    assert_eq!(
        (&told_to["user_id"], &told_to["is_bot"]),
        (&"U0MARALIND".into(), &false.into())
    );
}

#[tokio::test]
async fn a_rotating_token_that_is_revoked_is_not_told() {
    let (bench, _receiver) = listening(ROTATING, EventOrder::default()).await;
    let installed = bench.slack_install(ROTATING, &[SCOPE]).await;
    bench
        .slack_method("auth.revoke", text(&installed, "access_token"), &[])
        .await;
    assert_eq!(bench.control.deliveries(), []);
}

#[tokio::test]
async fn an_app_that_asked_for_no_events_gets_none() {
    let (bench, _receiver) = listening(SLACK, EventOrder::default()).await;
    bench.slack_install(ROTATING, &[SCOPE]).await;
    bench.control.uninstall_slack_app(ROTATING.0, BAKERY);
    bench.slack_install(SLACK, &[SCOPE]).await;
    bench.control.stop_slack_events(SLACK.0);
    bench.control.uninstall_slack_app(SLACK.0, BAKERY);
    assert_eq!(bench.control.deliveries(), []);
    let event = SlackEvent::app_uninstalled(SLACK.0, BAKERY);
    assert_eq!(bench.control.send_slack_event(&event), None);
}

#[tokio::test]
async fn an_event_on_demand_has_the_id_and_the_time_that_are_wanted() {
    let (bench, receiver) = listening(SLACK, EventOrder::default()).await;
    let time = "2026-11-23T12:00:00Z".parse().expect("a time");
    let signed_at = "2026-11-23T12:00:05Z".parse().expect("a time");
    let event = SlackEvent::tokens_revoked(SLACK.0, BAKERY, &["U1", "U2"], &[])
        .with_id("Ev0SAME")
        .happened_at(time)
        .signed_at(signed_at);
    send(&bench, &event).await;
    let received = &receiver.received()[0];
    assert!(is_signed(received));
    assert_eq!(
        received.header("x-slack-request-timestamp"),
        Some("1795435205")
    );
    let body = received.json();
    assert_eq!(
        (&body["event_id"], &body["event_time"]),
        (&"Ev0SAME".into(), &1_795_435_200.into())
    );
    assert_eq!(body["event"]["tokens"], value!({ "oauth": ["U1", "U2"] }));
}

#[tokio::test]
async fn an_event_of_another_kind_can_be_sent() {
    let (bench, receiver) = listening(SLACK, EventOrder::default()).await;
    let said = value!({ "type": "message", "text": "hello" });
    let kind = SlackEventKind::Other(said.clone());
    send(&bench, &SlackEvent::new(SLACK.0, BAKERY, kind)).await;
    assert_eq!(receiver.received()[0].json()["event"], said);
    assert_eq!(bench.control.deliveries()[0].letter.kind, "message");
}

#[tokio::test]
async fn a_flawed_event_does_not_verify() {
    let (bench, receiver) = listening(SLACK, EventOrder::default()).await;
    for flaw in [
        EventFlaw::Forged,
        EventFlaw::BodyRewritten,
        EventFlaw::BodyReplaced,
        EventFlaw::OtherVersion,
        EventFlaw::NotHexadecimal,
        EventFlaw::Truncated,
        EventFlaw::NoSignature,
        EventFlaw::NoTimestamp,
    ] {
        let event = SlackEvent::app_uninstalled(SLACK.0, BAKERY).flawed(flaw.clone());
        send(&bench, &event).await;
        let received = receiver.received().pop().expect("it came");
        assert!(!is_signed(&received), "{flaw:?}");
        assert_eq!(received.json()["event"]["type"], "app_uninstalled");
    }
}

#[tokio::test]
async fn a_timestamp_can_be_wrong_under_a_right_signature() {
    let (bench, receiver) = listening(SLACK, EventOrder::default()).await;
    let noon = "2026-11-23T12:00:00Z".parse().expect("a time");
    for (flaw, timestamp) in [
        (EventFlaw::OldBy(301), "1795434899"),
        (EventFlaw::AheadBy(301), "1795435501"),
        (EventFlaw::Timestamp("1e20".to_owned()), "1e20"),
    ] {
        let event = SlackEvent::app_uninstalled(SLACK.0, BAKERY)
            .signed_at(noon)
            .flawed(flaw);
        send(&bench, &event).await;
        let received = receiver.received().pop().expect("it came");
        assert_eq!(
            received.header("x-slack-request-timestamp"),
            Some(timestamp)
        );
        assert!(is_signed(&received));
    }
}

#[tokio::test]
async fn the_url_is_verified_by_a_challenge() {
    let (bench, receiver) = listening(SLACK, EventOrder::default()).await;
    send(&bench, &SlackEvent::url_verification(SLACK.0)).await;
    let received = &receiver.received()[0];
    assert!(is_signed(received));
    let body = received.json();
    assert_eq!(body["type"], "url_verification");
    assert_eq!(text(&body, "challenge").len(), 40);
    let delivery = &bench.control.deliveries()[0];
    assert_eq!((delivery.status(), delivery.answer()), (Some(200), "heard"));
}

#[tokio::test]
async fn a_retry_is_the_same_event_with_the_headers_of_a_retry() {
    let (bench, receiver) = listening(SLACK, EventOrder::default()).await;
    send(&bench, &SlackEvent::app_uninstalled(SLACK.0, BAKERY)).await;
    for number in ["1", "2"] {
        let again = bench
            .control
            .redeliver(0, "http_error")
            .expect("it is sent");
        bench.control.wait_for_delivery(again).await;
        let received = receiver.received();
        let (first, last) = (&received[0], received.last().expect("it came"));
        assert_eq!(first.body, last.body);
        assert!(is_signed(last));
        assert_eq!(first.header("x-slack-retry-num"), None);
        assert_eq!(last.header("x-slack-retry-num"), Some(number));
        assert_eq!(last.header("x-slack-retry-reason"), Some("http_error"));
    }
}

#[tokio::test]
async fn what_the_receiver_said_is_told() {
    let bench = Bench::start().await;
    let receiver = Receiver::start(401).await;
    listen(&bench, &receiver, SLACK, EventOrder::default());
    send(&bench, &SlackEvent::app_uninstalled(SLACK.0, BAKERY)).await;
    let delivery = &bench.control.deliveries()[0];
    assert_eq!((delivery.status(), delivery.answer()), (Some(401), "heard"));
    let url = receiver.url.clone();
    drop(receiver);
    assert_eq!(delivery.letter.to, url);
}

#[tokio::test]
async fn nothing_is_delivered_elsewhere_than_to_loopback() {
    let bench = Bench::start().await;
    for url in [
        "http://203.0.113.7/events",
        "http://10.0.0.1/events",
        "http://product.test/events",
        "http://localhost.product.test/events",
        "https://127.0.0.1/events",
    ] {
        bench.control.set_slack_events(SlackEvents {
            client_id: SLACK.0.to_owned(),
            url: url.parse().expect("a URL"),
            signing_secret: SECRET.to_owned(),
            order: EventOrder::default(),
        });
        let event = SlackEvent::app_uninstalled(SLACK.0, BAKERY);
        let id = bench.control.send_slack_event(&event).expect("it is sent");
        let delivery = bench.control.wait_for_delivery(id).await.expect("settled");
        let DeliveryState::Failed { reason } = delivery.state else {
            panic!("{url} was called");
        };
        assert!(reason.contains("loopback addresses"), "{reason}");
    }
}

#[tokio::test]
async fn events_are_controlled_over_http() {
    let bench = Bench::start().await;
    let receiver = Receiver::start(200).await;
    let events = value!({
        "client_id": SLACK.0,
        "url": receiver.url,
        "signing_secret": SECRET,
        "order": "tokens_revoked_first",
    });
    assert_eq!(
        bench.command("set_slack_events", &events).await.status(),
        204
    );
    bench.slack_install(SLACK, &[SCOPE]).await;
    bench.control.uninstall_slack_app(SLACK.0, BAKERY);
    let event = value!({
        "client_id": SLACK.0,
        "owner": BAKERY,
        "kind": { "tokens_revoked": { "oauth": ["U1"] } },
        "event_time": "2026-11-23T12:00:00Z",
        "flaw": { "old_by": 400 },
    });
    let sent = json(bench.command("send_slack_event", &event).await).await;
    assert_eq!(sent, value!({ "delivery": 2 }));
    let verification = value!({ "client_id": SLACK.0, "kind": "url_verification" });
    bench.command("send_slack_event", &verification).await;
    bench.get("control/wait_for_deliveries", &[]).await;
    let retry = value!({ "delivery": 2, "reason": "http_timeout" });
    bench.command("redeliver", &retry).await;
    let deliveries = json(bench.get("control/wait_for_deliveries", &[]).await).await;
    let told: Vec<_> = deliveries
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| (text(it, "kind"), &it["state"]["answered"]["status"]))
        .collect();
    let ok = &value!(200);
    assert_eq!(
        told,
        [
            ("tokens_revoked", ok),
            ("app_uninstalled", ok),
            ("tokens_revoked", ok),
            ("url_verification", ok),
            ("tokens_revoked", ok),
        ]
    );
}

async fn listening(app: (&str, &str), order: EventOrder) -> (Bench, Receiver) {
    let bench = Bench::start().await;
    let receiver = Receiver::start(200).await;
    listen(&bench, &receiver, app, order);
    (bench, receiver)
}

fn listen(bench: &Bench, receiver: &Receiver, app: (&str, &str), order: EventOrder) {
    bench.control.set_slack_events(SlackEvents {
        client_id: app.0.to_owned(),
        url: receiver.url.clone(),
        signing_secret: SECRET.to_owned(),
        order,
    });
}

async fn send(bench: &Bench, event: &SlackEvent) {
    let id = bench.control.send_slack_event(event).expect("it is sent");
    bench.control.wait_for_delivery(id).await;
}

fn types(receiver: &Receiver) -> Vec<String> {
    let received = receiver.received();
    let kind = |it: &Received| text(&it.json()["event"], "type").to_owned();
    received.iter().map(kind).collect()
}

/// As a product would check it, but for the age of the timestamp.
fn is_signed(received: &Received) -> bool {
    let timestamp = received.header("x-slack-request-timestamp");
    let signature = received.header("x-slack-signature");
    let (Some(timestamp), Some(signature)) = (timestamp, signature) else {
        return false;
    };
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let base = format!("v0:{timestamp}:{}", received.body);
    let mut expected = String::from("v0=");
    for byte in hmac::sign(&key, base.as_bytes()).as_ref() {
        write!(expected, "{byte:02x}").expect("a string");
    }
    signature == expected
}
