//! Who is linked to what.

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tieline_domain::{
    endpoint::{ChannelEndpoint, EndpointKind},
    provider::Grant,
    usecase::MintConnectUrl,
};
use tieline_testkit::fixtures;

use crate::{
    bench::{Bench, for_ada, for_bob, shared},
    grants, provider,
};

const HOOK: &str = "https://hooks.slack.test/services/T1/B1/secret";

/// A request in either mode, for `ada` or for nobody.
fn request(is_shared: bool, auto_link: Option<bool>, for_whom: bool) -> MintConnectUrl {
    let base = if is_shared {
        shared("slack", &["tenant:acme"])
    } else {
        for_ada("slack")
    };
    let subscriber_id = for_ada("slack").subscriber_id.filter(|_| for_whom);
    MintConnectUrl {
        auto_link,
        subscriber_id,
        ..base
    }
}

#[tokio::test]
async fn the_person_is_linked_where_there_are_a_subscriber_a_person_and_the_wish() {
    const SHARED: bool = true;
    for (is_shared, auto_link, for_whom, told, linked) in [
        (!SHARED, None, true, true, true),
        (!SHARED, None, true, false, false),
        (!SHARED, Some(true), true, true, true),
        (!SHARED, Some(true), true, false, false),
        (!SHARED, Some(false), true, true, false),
        (SHARED, None, true, true, false),
        (SHARED, Some(true), true, true, true),
        (SHARED, Some(true), true, false, false),
        (SHARED, Some(true), false, true, false),
        (SHARED, Some(false), true, true, false),
    ] {
        let person = Some("U1".to_owned()).filter(|_| told);
        let grant = Grant {
            person,
            ..grants::slack()
        };
        let bench = Bench::start().await.with(provider::grants(grant));
        bench.connect(request(is_shared, auto_link, for_whom)).await;
        let endpoints = bench.endpoints().await;
        let case = format!("{is_shared} {auto_link:?} {for_whom} {told}");
        assert_eq!(endpoints.len(), usize::from(linked), "{case}");
        assert_eq!(bench.connections().await.len(), 1, "{case}");
    }
}

#[tokio::test]
async fn a_link_leads_to_the_person_in_the_connection() {
    let bench = Bench::start().await.with(provider::grants(grants::slack()));
    bench.connect(request(true, Some(true), true)).await;
    let connection = &bench.connections().await[0];
    let [link] = bench.endpoints().await.try_into().unwrap();
    assert_eq!(link.address.kind, EndpointKind::SlackUser);
    assert_eq!(
        Value::Object(link.address.public),
        json!({ "userId": "U1" })
    );
    assert_eq!(
        link.connection_identifier.as_ref(),
        Some(&connection.identifier)
    );
    assert_eq!(link.integration_id, connection.integration_id);
    assert_eq!(link.subscriber_id, fixtures::subscriber_id("ada"));
    assert_eq!(link.context_keys, fixtures::context_keys(&["tenant:acme"]));
    assert_eq!(link.secret, None);
}

#[tokio::test]
async fn a_person_of_a_tenant_is_linked_as_such() {
    let bench = Bench::start().await.with(provider::grants(grants::teams()));
    bench.connect_tenant(for_ada("msteams")).await;
    let link = &bench.endpoints().await[0];
    assert_eq!(link.address.kind, EndpointKind::MsTeamsUser);
    assert_eq!(link.address.key, "oid-1");
}

#[tokio::test]
async fn linking_again_gives_no_second_endpoint() {
    let twice = provider::grants_in_turn(vec![grants::slack(), grants::slack()]);
    let bench = Bench::start().await.with(twice);
    bench.connect(for_ada("slack")).await;
    let first = bench.endpoints().await;
    bench.later(jiff::SignedDuration::from_secs(10));
    bench.connect(for_ada("slack")).await;
    let [again] = bench.endpoints().await.try_into().unwrap();
    assert_eq!(again.identifier, first[0].identifier);
    assert_eq!(again.created_at, first[0].created_at);
    assert_eq!(again.updated_at, fixtures::seconds_later(10));
}

#[tokio::test]
async fn two_subscribers_share_a_connection_with_a_link_each() {
    let mut other = grants::slack();
    other.person = Some("U2".to_owned());
    let twice = provider::grants_in_turn(vec![grants::slack(), other]);
    let bench = Bench::start().await.with(twice);
    let linked = request(true, Some(true), true);
    bench.connect(linked.clone()).await;
    let bob = for_bob("slack").subscriber_id;
    bench
        .connect(MintConnectUrl {
            subscriber_id: bob,
            ..linked
        })
        .await;
    assert_eq!(bench.connections().await.len(), 1);
    let endpoints = bench.endpoints().await;
    let people: Vec<_> = endpoints.iter().map(|e| e.address.key.as_str()).collect();
    assert_eq!(people, ["U1", "U2"]);
}

fn with_webhook() -> MintConnectUrl {
    let scopes = ["chat:write", "incoming-webhook"].map(str::to_owned);
    MintConnectUrl {
        scopes: Some(scopes.into()),
        ..for_ada("slack")
    }
}

fn webhook(endpoints: Vec<ChannelEndpoint>) -> ChannelEndpoint {
    let mut hooks = endpoints
        .into_iter()
        .filter(|e| e.address.kind == EndpointKind::Webhook);
    let hook = hooks.next().unwrap();
    assert_eq!(hooks.next(), None);
    hook
}

fn url_of(bench: &Bench, hook: &ChannelEndpoint) -> String {
    let (sealer, secret) = (&bench.broker.sealer, hook.secret.as_ref().unwrap());
    let opened = sealer.open(secret, &hook.secret_place()).unwrap();
    let members: Value = serde_json::from_slice(opened.expose_secret()).unwrap();
    members["url"].as_str().unwrap().to_owned()
}

/// C26
#[tokio::test]
async fn a_webhooks_channel_is_shown_and_its_url_sealed() {
    let grant = grants::slack_with_webhook(HOOK);
    let bench = Bench::start().await.with(provider::grants(grant));
    bench.connect(with_webhook()).await;
    assert_eq!(bench.endpoints().await.len(), 2);
    let hook = webhook(bench.endpoints().await);
    let shown = json!({ "channel": "#general", "channelId": "C1" });
    assert_eq!(Value::Object(hook.address.public.clone()), shown);
    assert_eq!(url_of(&bench, &hook), HOOK);
    assert!(!format!("{hook:?}").contains("hooks.slack.test"));
}

/// C26: a webhook is of a channel, and its URL is what is replaced.
#[tokio::test]
async fn a_webhook_into_the_same_channel_is_renewed() {
    let newer = "https://hooks.slack.test/services/T1/B2/newer";
    let granted = [HOOK, newer].map(grants::slack_with_webhook).to_vec();
    let bench = Bench::start().await.with(provider::grants_in_turn(granted));
    bench.connect(with_webhook()).await;
    let first = webhook(bench.endpoints().await);
    bench.connect(with_webhook()).await;
    let second = webhook(bench.endpoints().await);
    assert_eq!(first.identifier, second.identifier);
    assert_eq!(url_of(&bench, &second), newer);
}

#[tokio::test]
async fn a_webhook_needs_no_wish_to_be_linked() {
    let grant = grants::slack_with_webhook(HOOK);
    let bench = Bench::start().await.with(provider::grants(grant));
    let request = MintConnectUrl {
        auto_link: Some(false),
        ..with_webhook()
    };
    bench.connect(request).await;
    let [only] = bench.endpoints().await.try_into().unwrap();
    assert_eq!(only.address.kind, EndpointKind::Webhook);
}
