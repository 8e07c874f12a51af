//! What the Bot Framework tells a bot, and how a bot can check it.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json as value};
use tieline_sandbox::{ActivityFlaw, Bot, BotActivity, BotActivityKind, Delivery, Endpoint};

use crate::support::{Bench, ENTRA, FENNEL, JONAS, NOOR_ADMIN, Received, Receiver, json, text};

const ISSUER: &str = "https://api.botframework.com";

#[tokio::test]
async fn the_metadata_leads_to_keys_with_their_channels() {
    let bench = Bench::start().await;
    let metadata = metadata(&bench).await;
    assert_eq!(metadata["issuer"], ISSUER);
    let base = bench.sandbox.bot_framework_base_url();
    let jwks_uri = text(&metadata, "jwks_uri");
    assert_eq!(jwks_uri, format!("{base}/v1/.well-known/keys"));
    let keys = keys(&bench).await;
    let endorsed: Vec<bool> = keys.iter().map(is_endorsed).collect();
    assert_eq!(endorsed, [true, false]);
    assert_eq!(bench.control.count(Endpoint::BotFrameworkDiscovery), 1);
    assert_eq!(bench.control.count(Endpoint::BotFrameworkKeys), 1);
}

#[tokio::test]
async fn an_installation_is_told_under_a_token_that_verifies() {
    let (bench, receiver) = listening().await;
    let delivery = send(&bench, &BotActivity::installed(ENTRA.0, FENNEL)).await;
    assert_eq!(delivery.status(), Some(200));
    let received = &receiver.received()[0];
    let claims = verify(&bench, received).await.expect("it is right");
    let body = received.json();
    assert_eq!(claims["serviceurl"], body["serviceUrl"]);
    for (name, expected) in [
        ("type", "installationUpdate"),
        ("action", "add"),
        ("channelId", "msteams"),
    ] {
        assert_eq!(body[name], expected);
    }
    assert_eq!(body["recipient"]["id"], format!("28:{}", ENTRA.0));
    assert_eq!(body["from"]["aadObjectId"], NOOR_ADMIN);
    assert_eq!(body["conversation"]["conversationType"], "personal");
    for tenant in [
        &body["channelData"]["tenant"]["id"],
        &body["conversation"]["tenantId"],
    ] {
        assert_eq!(tenant, FENNEL);
    }
}

#[tokio::test]
async fn a_removal_is_told_by_either_kind_of_activity() {
    let (bench, receiver) = listening().await;
    send(&bench, &BotActivity::uninstalled(ENTRA.0, FENNEL)).await;
    send(&bench, &BotActivity::bot_removed(ENTRA.0, FENNEL)).await;
    let received = receiver.received();
    assert_eq!(received[0].json()["action"], "remove");
    let body = received[1].json();
    assert_eq!(body["type"], "conversationUpdate");
    let bot = format!("28:{}", ENTRA.0);
    assert_eq!(body["membersRemoved"], value!([{ "id": bot }]));
    for received in &received {
        assert!(verify(&bench, received).await.is_ok());
    }
}

#[tokio::test]
async fn a_team_and_a_person_can_be_chosen() {
    let (bench, receiver) = listening().await;
    let kitchen = "19:kitchen@thread.tacv2";
    let activity = BotActivity::bot_added(ENTRA.0, FENNEL).in_team(kitchen, "Kitchen");
    send(&bench, &activity).await;
    let body = receiver.received()[0].json();
    assert_eq!(
        body["channelData"],
        value!({
            "tenant": { "id": FENNEL },
            "team": { "id": kitchen, "name": "Kitchen" },
            "eventType": "teamMemberAdded",
        })
    );
    assert_eq!(body["conversation"]["id"], kitchen);
    let activity = BotActivity::installed(ENTRA.0, FENNEL).with_person(JONAS);
    send(&bench, &activity).await;
    let body = receiver.received()[1].json();
    assert_eq!(body["from"]["aadObjectId"], JONAS);
}

#[tokio::test]
async fn an_activity_on_demand_has_what_is_wanted() {
    let (bench, receiver) = listening().await;
    let time = "2026-11-23T12:00:00Z".parse().expect("a time");
    let kind = BotActivityKind::Other(value!({ "type": "message", "text": "hello" }));
    let activity = BotActivity::new(ENTRA.0, FENNEL, kind)
        .with_id("f:1")
        .happened_at(time)
        .signed_at(time)
        .with_service_url("https://smba.trafficmanager.net/emea/");
    let delivery = send(&bench, &activity).await;
    assert_eq!(
        (
            delivery.letter.kind.as_str(),
            delivery.letter.event_id.as_deref()
        ),
        ("message", Some("f:1"))
    );
    let received = &receiver.received()[0];
    let body = received.json();
    assert_eq!(
        (&body["id"], &body["text"], &body["timestamp"]),
        (
            &"f:1".into(),
            &"hello".into(),
            &"2026-11-23T12:00:00Z".into()
        )
    );
    assert_eq!(body["serviceUrl"], "https://smba.trafficmanager.net/emea/");
    assert_eq!(unverified(received)["nbf"], 1_795_435_200);
}

#[tokio::test]
async fn a_flawed_activity_does_not_verify() {
    let (bench, receiver) = listening().await;
    for (flaw, expected) in [
        (ActivityFlaw::NoToken, "no token"),
        (ActivityFlaw::WrongAudience, "InvalidAudience"),
        (ActivityFlaw::WrongIssuer, "InvalidIssuer"),
        (ActivityFlaw::ExpiredBy(301), "ExpiredSignature"),
        (ActivityFlaw::NotYetValidBy(310), "ImmatureSignature"),
        (ActivityFlaw::UnknownKey, "unknown kid"),
        (ActivityFlaw::WrongKey, "InvalidSignature"),
        (ActivityFlaw::KeyNotEndorsed, "not endorsed"),
        (ActivityFlaw::AlgNone, "no header"),
        (ActivityFlaw::OtherServiceUrl, "other serviceurl"),
        (ActivityFlaw::NoServiceUrl, "other serviceurl"),
    ] {
        let activity = BotActivity::uninstalled(ENTRA.0, FENNEL).flawed(flaw);
        send(&bench, &activity).await;
        let received = receiver.received().pop().expect("it came");
        let outcome = verify(&bench, &received).await;
        assert_eq!(outcome, Err(expected.to_owned()), "{flaw:?}");
        assert_eq!(received.json()["action"], "remove");
    }
}

#[tokio::test]
async fn keys_of_the_bot_framework_roll_over_by_themselves() {
    let (bench, receiver) = listening().await;
    let activity = BotActivity::installed(ENTRA.0, FENNEL);
    send(&bench, &activity).await;
    bench.control.roll_keys();
    let entra = json(bench.get("entra/common/discovery/v2.0/keys", &[]).await).await;
    let entra = entra.to_string();
    bench.control.roll_bot_keys();
    send(&bench, &activity).await;
    let received = receiver.received();
    let (old, new) = (&received[0], &received[1]);
    assert!(verify(&bench, old).await.is_ok() && verify(&bench, new).await.is_ok());
    bench.control.retire_old_bot_keys();
    assert_eq!(verify(&bench, old).await, Err("unknown kid".to_owned()));
    assert!(verify(&bench, new).await.is_ok());
    for key in keys(&bench).await {
        assert!(!entra.contains(text(&key, "kid")), "Entra has other keys");
    }
}

#[tokio::test]
async fn who_is_no_bot_is_told_nothing() {
    let (bench, _receiver) = listening().await;
    for activity in [
        BotActivity::installed("somebody-else", FENNEL),
        BotActivity::installed(ENTRA.0, "no-tenant"),
    ] {
        assert_eq!(bench.control.send_bot_activity(&activity), None);
    }
    assert_eq!(bench.control.deliveries(), []);
}

#[tokio::test]
async fn bots_are_controlled_over_http() {
    let bench = Bench::start().await;
    let receiver = Receiver::start(202).await;
    let bot = value!({ "app_id": ENTRA.0, "messaging_url": receiver.url });
    assert_eq!(bench.command("register_bot", &bot).await.status(), 204);
    let activity = value!({
        "app_id": ENTRA.0,
        "tenant": FENNEL,
        "kind": { "members_removed": { "members": ["29:somebody"] } },
        "scope": { "team": { "id": "19:kitchen@thread.tacv2", "name": "Kitchen" } },
        "flaw": { "expired_by": 600 },
    });
    let sent = json(bench.command("send_bot_activity", &activity).await).await;
    assert_eq!(sent, value!({ "delivery": 0 }));
    let deliveries = json(bench.get("control/wait_for_deliveries", &[]).await).await;
    assert_eq!(deliveries[0]["state"]["answered"]["status"], 202);
    let received = &receiver.received()[0];
    assert_eq!(
        received.json()["membersRemoved"],
        value!([{ "id": "29:somebody" }])
    );
    assert_eq!(
        verify(&bench, received).await,
        Err("ExpiredSignature".to_owned())
    );
}

#[tokio::test]
async fn a_token_lives_an_hour_by_the_sandboxs_clock() {
    let (bench, receiver) = listening().await;
    bench.control.advance(Duration::from_mins(1));
    send(&bench, &BotActivity::installed(ENTRA.0, FENNEL)).await;
    let claims = verify(&bench, &receiver.received()[0])
        .await
        .expect("right");
    let number = |name: &str| claims[name].as_i64().expect("a time");
    assert_eq!(number("exp") - number("nbf"), 3600);
    assert!((0..10).contains(&(bench.control.now().as_second() - number("nbf"))));
}

async fn listening() -> (Bench, Receiver) {
    let bench = Bench::start().await;
    let receiver = Receiver::start(200).await;
    bench.control.register_bot(Bot {
        app_id: ENTRA.0.to_owned(),
        messaging_url: receiver.url.clone(),
    });
    (bench, receiver)
}

async fn send(bench: &Bench, activity: &BotActivity) -> Delivery {
    let id = bench.control.send_bot_activity(activity);
    let delivery = bench.control.wait_for_delivery(id.expect("it is sent"));
    delivery.await.expect("it is settled")
}

async fn metadata(bench: &Bench) -> Value {
    let path = "botframework/v1/.well-known/openidconfiguration";
    json(bench.get(path, &[]).await).await
}

async fn keys(bench: &Bench) -> Vec<Value> {
    let document = json(bench.get("botframework/v1/.well-known/keys", &[]).await).await;
    document["keys"].as_array().expect("a list").clone()
}

fn is_endorsed(key: &Value) -> bool {
    let channels = key["endorsements"].as_array().expect("a list");
    channels.contains(&value!("msteams"))
}

fn unverified(received: &Received) -> Value {
    let token = received.header("authorization").expect("a token");
    let payload = token.split('.').nth(1).expect("a payload");
    let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64");
    serde_json::from_slice(&payload).expect("JSON")
}

/// As a bot checks it: the claims, or what is wrong.
async fn verify(bench: &Bench, received: &Received) -> Result<Value, String> {
    let token = received.header("authorization").ok_or("no token")?;
    let token = token.strip_prefix("Bearer ").ok_or("no bearer")?;
    let kid = decode_header(token).ok().and_then(|header| header.kid);
    let kid = kid.ok_or("no header")?;
    let keys = keys(bench).await;
    let key = keys.iter().find(|key| key["kid"] == kid.as_str());
    let key = key.ok_or("unknown kid")?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[ENTRA.0]);
    validation.set_issuer(&[ISSUER]);
    validation.validate_nbf = true;
    validation.leeway = 300;
    let decoding = DecodingKey::from_rsa_components(text(key, "n"), text(key, "e"));
    let decoding = decoding.expect("a key");
    let claims = decode::<Value>(token, &decoding, &validation)
        .map_err(|error| kind(error.kind()))?
        .claims;
    if !is_endorsed(key) {
        return Err("not endorsed".to_owned());
    }
    if claims["serviceurl"] != received.json()["serviceUrl"] {
        return Err("other serviceurl".to_owned());
    }
    Ok(claims)
}

fn kind(kind: &ErrorKind) -> String {
    format!("{kind:?}")
}
