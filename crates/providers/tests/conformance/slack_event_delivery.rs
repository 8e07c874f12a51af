//! What Slack sends by itself, as the sandbox sends it: an uninstallation, a token that was revoked,
//! and what is wrong with a delivery.

use tieline_domain::{
    integration::Credentials,
    ports::{Delivery, EventRefusal, ProviderEvent, ProviderEventKind},
};
use tieline_sandbox::{EventFlaw, EventOrder, SlackEvent, SlackEvents};

use crate::harness::{CLIENT_ID, SECRET, World, credentials};

const SIGNING_SECRET: &str = "canary-signing-secret";
const BAKERY: &str = "T0HARBOUR1";
const RAIL_GROUP: &str = "E0MERIDIAN";

/// A world whose app receives events. Nobody listens where it is said to: what is sent there is
/// looked at.
async fn listening() -> World {
    let world = World::new().await;
    world.control().set_slack_events(SlackEvents {
        client_id: CLIENT_ID.to_owned(),
        url: "http://127.0.0.1:9/events".parse().unwrap(),
        signing_secret: SIGNING_SECRET.to_owned(),
        order: EventOrder::default(),
    });
    world
}

fn app() -> Credentials {
    credentials(&[
        ("clientId", CLIENT_ID),
        ("secretKey", SECRET),
        ("signingSecret", SIGNING_SECRET),
    ])
}

async fn read(world: &World, delivery: &Delivery) -> Result<ProviderEvent, EventRefusal> {
    let now = world.control().now();
    world.events("slack").read(&app(), delivery, now).await
}

/// All that was sent so far, as it is read.
async fn told(world: &World) -> Vec<ProviderEvent> {
    let mut events = Vec::new();
    for sent in world.control().wait_for_deliveries().await {
        events.push(read(world, &as_received(sent)).await.unwrap());
    }
    events
}

/// One event, as it is read.
async fn sent(world: &World, event: &SlackEvent) -> Result<ProviderEvent, EventRefusal> {
    let control = world.control();
    let id = control.send_slack_event(event).unwrap();
    let sent = control.wait_for_delivery(id).await.unwrap();
    read(world, &as_received(sent)).await
}

fn as_received(sent: tieline_sandbox::Delivery) -> Delivery {
    Delivery {
        headers: sent.letter.headers,
        body: sent.letter.body.into_bytes(),
    }
}

fn uninstalled(workspace: &str) -> ProviderEventKind {
    ProviderEventKind::AppUninstalled {
        workspace: workspace.to_owned(),
    }
}

fn revoked(workspace: &str, bots: &[&str], people: &[&str]) -> ProviderEventKind {
    let owned = |ids: &[&str]| ids.iter().map(ToString::to_string).collect();
    ProviderEventKind::TokensRevoked {
        workspace: workspace.to_owned(),
        bots: owned(bots),
        people: owned(people),
    }
}

/// G06, G07: the bot is told of by the id that its connection has.
#[tokio::test]
async fn an_uninstallation_is_told_twice() {
    let world = listening().await;
    let changes = [("user_scope", "users:read")];
    let grant = world.install_with(&["chat:write"], &changes).await.unwrap();
    let before = world.control().now();
    world.control().uninstall_slack_app(CLIENT_ID, BAKERY);
    let [first, second] = told(&world).await.try_into().unwrap();
    assert_eq!(first.kind, uninstalled(BAKERY));
    let bot = grant.workspace.bot_user_id.unwrap();
    let person = grant.person.unwrap();
    assert_eq!(second.kind, revoked(BAKERY, &[&bot], &[&person]));
    assert_ne!(first.id, second.id);
    assert!(first.at.as_second() >= before.as_second());
}

/// G20
#[tokio::test]
async fn an_organization_that_removes_an_app_is_named_itself() {
    let world = listening().await;
    let changes = [("workspace", RAIL_GROUP)];
    let grant = world.install_with(&["chat:write"], &changes).await.unwrap();
    world.control().uninstall_slack_app(CLIENT_ID, RAIL_GROUP);
    let [first, second] = told(&world).await.try_into().unwrap();
    assert_eq!(first.kind, uninstalled(RAIL_GROUP));
    let bot = grant.workspace.bot_user_id.unwrap();
    assert_eq!(second.kind, revoked(RAIL_GROUP, &[&bot], &[]));
}

/// G09
#[tokio::test]
async fn a_persons_token_that_is_revoked_is_told_alone() {
    let world = listening().await;
    let changes = [("user_scope", "users:read")];
    let grant = world.install_with(&["chat:write"], &changes).await.unwrap();
    let client = world.client("slack");
    let revocation = client.revoke(&world.app, &grant.credentials[1]).await;
    revocation.unwrap();
    let [event] = told(&world).await.try_into().unwrap();
    let person = grant.person.unwrap();
    assert_eq!(event.kind, revoked(BAKERY, &[], &[&person]));
}

/// G11: it is known again by its id.
#[tokio::test]
async fn what_is_delivered_again_has_the_same_id() {
    let world = listening().await;
    let control = world.control();
    let event = SlackEvent::app_uninstalled(CLIENT_ID, BAKERY).with_id("Ev0AGAIN");
    let first = control.send_slack_event(&event).unwrap();
    control.wait_for_delivery(first).await;
    control.redeliver(first, "http_timeout").unwrap();
    for event in told(&world).await {
        assert_eq!(event.id.as_deref(), Some("Ev0AGAIN"));
        assert_eq!(event.kind, uninstalled(BAKERY));
    }
    assert_eq!(control.deliveries().len(), 2);
}

/// G14
#[tokio::test]
async fn a_url_is_verified_by_a_signed_challenge_alone() {
    let world = listening().await;
    let event = SlackEvent::url_verification(CLIENT_ID);
    let answered = sent(&world, &event).await.unwrap();
    assert!(matches!(answered.kind, ProviderEventKind::Challenge(_)));
    let unsigned = sent(&world, &event.flawed(EventFlaw::NoSignature)).await;
    assert_eq!(unsigned, Err(EventRefusal::Unsigned));
}

/// G12, G13, G16
#[tokio::test]
async fn a_delivery_with_a_flaw_is_refused() {
    let world = listening().await;
    let odd = |text: &str| EventFlaw::Timestamp(text.to_owned());
    let badly = EventRefusal::BadlySigned("signature");
    for (flaw, refusal) in [
        (EventFlaw::Forged, badly.clone()),
        (EventFlaw::BodyRewritten, badly.clone()),
        (EventFlaw::BodyReplaced, badly.clone()),
        (EventFlaw::NotHexadecimal, badly.clone()),
        (EventFlaw::Truncated, badly),
        (
            EventFlaw::OtherVersion,
            EventRefusal::BadlySigned("version"),
        ),
        (EventFlaw::NoSignature, EventRefusal::Unsigned),
        (EventFlaw::NoTimestamp, EventRefusal::Unsigned),
        (EventFlaw::OldBy(310), EventRefusal::TooOld),
        (EventFlaw::AheadBy(310), EventRefusal::TooOld),
        (odd("soon"), EventRefusal::TooOld),
        (odd("-1"), EventRefusal::TooOld),
        (odd("1e20"), EventRefusal::TooOld),
    ] {
        let event = SlackEvent::app_uninstalled(CLIENT_ID, BAKERY).flawed(flaw.clone());
        assert_eq!(sent(&world, &event).await, Err(refusal), "{flaw:?}");
    }
    for flaw in [EventFlaw::OldBy(290), EventFlaw::AheadBy(290)] {
        let event = SlackEvent::app_uninstalled(CLIENT_ID, BAKERY).flawed(flaw.clone());
        sent(&world, &event).await.unwrap();
    }
}
