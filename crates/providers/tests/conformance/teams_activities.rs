//! What Teams sends to a bot by itself.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tieline_domain::{
    integration::Credentials,
    ports::{Delivery, EventRefusal, ProviderEvent, ProviderEventKind},
    reason::Reason,
};
use tieline_sandbox::{
    ActivityFlaw, Bot, BotActivity, BotActivityKind, Endpoint, Fault, InstallationAction,
};

use crate::harness::{CLIENT_ID, OTHER_TENANT, SECRET, TENANT, World, credentials};

const BOT: &str = "0d9c4f5e-6a71-4b28-93c5-e1f7a2804b36";

/// A world with a bot. Nobody listens where it is said to be: what is sent there is looked at.
async fn with_bot() -> World {
    let world = World::new().await;
    world.control().register_bot(Bot {
        app_id: BOT.to_owned(),
        messaging_url: "http://127.0.0.1:9/activities".parse().unwrap(),
    });
    world
}

fn app() -> Credentials {
    credentials(&[("clientId", BOT), ("secretKey", SECRET)])
}

/// An activity as the sandbox sends it.
async fn sent(world: &World, activity: &BotActivity) -> Delivery {
    let control = world.control();
    let id = control.send_bot_activity(activity).unwrap();
    let letter = control.wait_for_delivery(id).await.unwrap().letter;
    Delivery {
        headers: letter.headers,
        body: letter.body.into_bytes(),
    }
}

async fn read_as(
    world: &World,
    app: &Credentials,
    delivery: &Delivery,
) -> Result<ProviderEvent, EventRefusal> {
    let now = world.control().now();
    world.events("msteams").read(app, delivery, now).await
}

async fn read(world: &World, activity: &BotActivity) -> Result<ProviderEvent, EventRefusal> {
    read_as(world, &app(), &sent(world, activity).await).await
}

async fn happened(world: &World, activity: &BotActivity) -> ProviderEventKind {
    read(world, activity).await.unwrap().kind
}

fn changed(added: bool) -> ProviderEventKind {
    ProviderEventKind::InstallationChanged {
        tenant: TENANT.to_owned(),
        added,
    }
}

fn ignored(kind: &str) -> ProviderEventKind {
    ProviderEventKind::Ignored {
        kind: kind.to_owned(),
    }
}

fn update(action: InstallationAction) -> BotActivity {
    BotActivity::new(BOT, TENANT, BotActivityKind::InstallationUpdate { action })
}

#[tokio::test]
async fn an_installation_is_told_with_its_tenant_id_and_time() {
    let world = with_bot().await;
    let at: Timestamp = world.control().now() - SignedDuration::from_mins(1);
    let activity = BotActivity::uninstalled(BOT, TENANT)
        .with_id("f:0123")
        .happened_at(at);
    let expected = ProviderEvent {
        id: Some("f:0123".to_owned()),
        at,
        kind: changed(false),
    };
    assert_eq!(read(&world, &activity).await.unwrap(), expected);
}

#[tokio::test]
async fn the_app_comes_and_goes_for_people_and_in_teams() {
    let world = with_bot().await;
    let team = |activity: BotActivity| activity.in_team("19:kitchen@thread.tacv2", "Kitchen");
    for (activity, added) in [
        (BotActivity::installed(BOT, TENANT), true),
        (BotActivity::uninstalled(BOT, TENANT), false),
        (BotActivity::bot_added(BOT, TENANT), true),
        (BotActivity::bot_removed(BOT, TENANT), false),
        (team(BotActivity::bot_added(BOT, TENANT)), true),
        (team(BotActivity::bot_removed(BOT, TENANT)), false),
    ] {
        assert_eq!(happened(&world, &activity).await, changed(added));
    }
}

#[tokio::test]
async fn what_means_nothing_to_a_connection_is_ignored_by_its_name() {
    let world = with_bot().await;
    let members = vec!["29:somebody".to_owned()];
    let others = [
        BotActivityKind::MembersAdded {
            members: members.clone(),
        },
        BotActivityKind::MembersRemoved { members },
    ];
    for kind in others {
        let activity = BotActivity::new(BOT, TENANT, kind);
        let expected = ignored("conversationUpdate");
        assert_eq!(happened(&world, &activity).await, expected);
    }
    // An upgrade is neither a coming nor a going.
    for action in [
        InstallationAction::AddUpgrade,
        InstallationAction::RemoveUpgrade,
    ] {
        let expected = ignored("installationUpdate");
        assert_eq!(happened(&world, &update(action)).await, expected);
    }
    for (kind, expected) in [("message", "message"), ("brand new\r\n", "brandnew")] {
        let other = BotActivityKind::Other(json!({ "type": kind, "text": "hello" }));
        let activity = BotActivity::new(BOT, TENANT, other);
        assert_eq!(happened(&world, &activity).await, ignored(expected));
    }
}

/// G12, for tokens: each is wrong in one respect only.
#[tokio::test]
async fn what_bot_framework_did_not_sign_for_this_bot_is_refused() {
    let world = with_bot().await;
    let badly = EventRefusal::BadlySigned;
    for (flaw, refusal) in [
        (ActivityFlaw::NoToken, EventRefusal::Unsigned),
        (ActivityFlaw::WrongAudience, badly("aud")),
        (ActivityFlaw::WrongIssuer, badly("iss")),
        (ActivityFlaw::ExpiredBy(360), EventRefusal::TooOld),
        (ActivityFlaw::NotYetValidBy(360), EventRefusal::TooOld),
        (ActivityFlaw::UnknownKey, badly("unknown key")),
        (ActivityFlaw::WrongKey, badly("signature or payload")),
        (ActivityFlaw::KeyNotEndorsed, badly("endorsements")),
        (ActivityFlaw::AlgNone, badly("unreadable header")),
        (ActivityFlaw::OtherServiceUrl, badly("serviceurl")),
        (ActivityFlaw::NoServiceUrl, badly("serviceurl")),
    ] {
        let activity = BotActivity::installed(BOT, TENANT).flawed(flaw);
        let refused = read(&world, &activity).await.unwrap_err();
        assert_eq!(refused, refusal, "{flaw:?}");
    }
    for flaw in [
        ActivityFlaw::ExpiredBy(240),
        ActivityFlaw::NotYetValidBy(240),
    ] {
        let activity = BotActivity::installed(BOT, TENANT).flawed(flaw);
        assert_eq!(happened(&world, &activity).await, changed(true), "{flaw:?}");
    }
}

#[tokio::test]
async fn a_bot_may_have_an_id_of_its_own() {
    let world = with_bot().await;
    let delivery = sent(&world, &BotActivity::installed(BOT, TENANT)).await;
    let own = credentials(&[("clientId", CLIENT_ID), ("botAppId", BOT)]);
    read_as(&world, &own, &delivery).await.unwrap();
    let other = credentials(&[("clientId", BOT), ("botAppId", OTHER_TENANT)]);
    let refused = read_as(&world, &other, &delivery).await.unwrap_err();
    assert_eq!(refused, EventRefusal::BadlySigned("aud"));
    let nothing = credentials(&[]);
    let refused = read_as(&world, &nothing, &delivery).await.unwrap_err();
    assert_eq!(refused, EventRefusal::NotConfigured("clientId"));
}

/// The token is not made for this one body: what it vouches for has to agree with it.
#[tokio::test]
async fn an_activity_is_held_against_what_its_token_vouches_for() {
    let world = with_bot().await;
    let delivery = sent(&world, &BotActivity::installed(BOT, TENANT)).await;
    let altered = |name: &str, value: serde_json::Value| {
        let mut body: serde_json::Value = serde_json::from_slice(&delivery.body).unwrap();
        body[name] = value;
        Delivery {
            body: body.to_string().into(),
            ..delivery.clone()
        }
    };
    let refused = async |delivery| read_as(&world, &app(), &delivery).await.unwrap_err();
    let elsewhere = altered("serviceUrl", json!("https://smba.elsewhere.test/"));
    assert_eq!(
        refused(elsewhere).await,
        EventRefusal::BadlySigned("serviceurl")
    );
    let channel = altered("channelId", json!("directline"));
    assert_eq!(
        refused(channel).await,
        EventRefusal::BadlySigned("endorsements")
    );
    // What the token vouches for and is not Teams means nothing.
    let webchat = altered("channelId", json!("webchat"));
    let event = read_as(&world, &app(), &webchat).await.unwrap();
    assert_eq!(event.kind, ignored("installationUpdate"));
}

#[tokio::test]
async fn what_is_signed_and_makes_no_sense_is_malformed() {
    let world = with_bot().await;
    let delivery = sent(&world, &BotActivity::installed(BOT, TENANT)).await;
    let body: serde_json::Value = serde_json::from_slice(&delivery.body).unwrap();
    let altered = |patch: serde_json::Value| {
        let mut body = body.clone();
        for (name, value) in patch.as_object().unwrap() {
            body[name] = value.clone();
        }
        body.to_string()
    };
    let nowhere = json!({ "conversation": null, "channelData": null });
    let two = json!({ "conversation": { "tenantId": OTHER_TENANT } });
    let odd = json!({ "channelData": { "tenant": { "id": "../x" } } });
    for body in [
        "{}".to_owned(),
        "[]".to_owned(),
        String::new(),
        altered(nowhere),
        altered(two),
        altered(odd),
        altered(json!({ "type": null })),
        altered(json!({ "timestamp": "soon" })),
        altered(json!({ "id": "a".repeat(129) })),
    ] {
        let delivery = Delivery {
            body: body.clone().into(),
            ..delivery.clone()
        };
        let refused = read_as(&world, &app(), &delivery).await.unwrap_err();
        assert!(
            matches!(refused, EventRefusal::Malformed(_)),
            "{body}: {refused}"
        );
    }
    // Either of two places says which tenant it is, in either case.
    for patch in [
        json!({ "conversation": null }),
        json!({ "channelData": null }),
        json!({ "channelData": { "tenant": { "id": TENANT.to_uppercase() } } }),
    ] {
        let delivery = Delivery {
            body: altered(patch).into(),
            ..delivery.clone()
        };
        let event = read_as(&world, &app(), &delivery).await.unwrap();
        assert_eq!(event.kind, changed(true));
    }
}

/// What has no time of its own happened now.
#[tokio::test]
async fn an_activity_without_a_time_is_of_now() {
    let world = with_bot().await;
    let delivery = sent(&world, &BotActivity::installed(BOT, TENANT)).await;
    let mut body: serde_json::Value = serde_json::from_slice(&delivery.body).unwrap();
    body["timestamp"] = json!(null);
    body["id"] = json!(null);
    let delivery = Delivery {
        body: body.to_string().into(),
        ..delivery
    };
    let now = world.control().now();
    let events = world.events("msteams");
    let event = events.read(&app(), &delivery, now).await.unwrap();
    assert_eq!((event.id, event.at), (None, now));
}

#[tokio::test]
async fn keys_are_fetched_once_a_day_and_for_a_new_one() {
    let world = with_bot().await;
    let installed = BotActivity::installed(BOT, TENANT);
    let fetches = || {
        let count = |endpoint| world.control().count(endpoint);
        (
            count(Endpoint::BotFrameworkDiscovery),
            count(Endpoint::BotFrameworkKeys),
        )
    };
    for _ in 0..3 {
        read(&world, &installed).await.unwrap();
    }
    assert_eq!(fetches(), (1, 1));
    world.control().roll_bot_keys();
    read(&world, &installed).await.unwrap();
    assert_eq!(fetches(), (2, 2));
    // A token can name any key it likes, and costs no fetch for a minute.
    let unknown = installed.clone().flawed(ActivityFlaw::UnknownKey);
    for _ in 0..3 {
        read(&world, &unknown).await.unwrap_err();
    }
    assert_eq!(fetches(), (2, 2));
    world.control().advance(Duration::from_hours(24));
    read(&world, &installed).await.unwrap();
    assert_eq!(fetches(), (3, 3));
    world.control().retire_old_bot_keys();
    read(&world, &installed).await.unwrap();
}

/// Delivered again later it may be believed: it is neither good nor bad.
#[tokio::test]
async fn without_keys_nothing_is_believed_and_nothing_is_refused_for_good() {
    let world = with_bot().await;
    let installed = BotActivity::installed(BOT, TENANT);
    let json = |body: serde_json::Value| Fault::Reply {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_string().into(),
    };
    let keys = world.sandbox.bot_framework_base_url();
    let keys = format!("{keys}/v1/.well-known/keys");
    let down = Fault::Status(503, String::new());
    for (endpoint, fault, reason) in [
        (
            Endpoint::BotFrameworkDiscovery,
            down.clone(),
            Reason::ProviderError,
        ),
        (Endpoint::BotFrameworkKeys, down, Reason::ProviderError),
        (
            Endpoint::BotFrameworkKeys,
            json(json!({ "keys": [] })),
            Reason::InvalidResponse,
        ),
        // D24: whoever else might say where the keys are.
        (
            Endpoint::BotFrameworkDiscovery,
            json(json!({ "issuer": "https://api.elsewhere.test", "jwks_uri": keys })),
            Reason::InvalidResponse,
        ),
        (
            Endpoint::BotFrameworkDiscovery,
            json(json!({
                "issuer": "https://api.botframework.com",
                "jwks_uri": "http://127.0.0.1:9/keys",
            })),
            Reason::InvalidResponse,
        ),
    ] {
        world.control().fault_once(endpoint, fault);
        let refused = read(&world, &installed).await.unwrap_err();
        let EventRefusal::Unavailable(error) = refused else {
            panic!("{refused}")
        };
        assert_eq!(error.reason, reason);
    }
    read(&world, &installed).await.unwrap();
}
