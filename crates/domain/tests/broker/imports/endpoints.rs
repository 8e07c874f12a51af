//! Endpoints.

use secrecy::ExposeSecret;
use tieline_domain::{endpoint::ChannelEndpoint, usecase::Implied};

use super::*;

type Change = fn(&mut NewEndpoint);

const HOOK: &str = "https://hooks.slack.test/services/T1/B1/secret";

async fn stored(bench: &Bench, identifier: &str) -> ChannelEndpoint {
    let found = bench
        .broker
        .get_endpoint(bench.environment, identifier)
        .await;
    found.unwrap()
}

fn hook(identifier: &str, url: &str) -> Exported {
    endpoint(identifier, |new| {
        new.address = Address::webhook(url, Some("#general"), Some("C1"));
    })
}

#[tokio::test]
async fn an_endpoint_keeps_its_name_its_place_and_its_secret() {
    let bench = Bench::start().await;
    outcomes(&bench, &export(), &PLAIN).await;
    let person = stored(&bench, "e1").await;
    assert_eq!(person.connection_identifier, Some(identifier_of("c1")));
    assert_eq!(
        person.context_keys,
        fixtures::context_keys(&["tenant:acme"])
    );
    assert_eq!(
        Value::Object(person.address.public),
        json!({ "userId": "U1" })
    );
    let hook = stored(&bench, "hook").await;
    let opened = bench
        .broker
        .sealer
        .open(hook.secret.as_ref().unwrap(), &hook.secret_place());
    let opened: Value = serde_json::from_slice(opened.unwrap().expose_secret()).unwrap();
    assert_eq!(opened, json!({ "url": HOOK }));
}

#[tokio::test]
async fn another_at_the_same_address_is_skipped() {
    let bench = Bench::start().await;
    let objects = [endpoint("e1", |_| {}), endpoint("e2", |_| {})];
    let outcomes = outcomes(&bench, &objects, &PLAIN).await;
    let why = "e1 leads to the same address, and here an address has one".to_owned();
    assert_eq!(outcomes, [made(), ImportOutcome::Skipped(why)]);
    assert_eq!(bench.endpoints().await.len(), 1);
}

#[tokio::test]
async fn an_address_that_differs_is_changed_only_on_demand() {
    let moved = endpoint("e1", |new| {
        new.address = Address::person(EndpointKind::SlackUser, "U2");
    });
    let renewed = hook("e1", "https://hooks.slack.test/services/T1/B1/other");
    for (first, second) in [(endpoint("e1", |_| {}), moved), (hook("e1", HOOK), renewed)] {
        let bench = Bench::start().await;
        outcome(&bench, &first, &PLAIN).await;
        let before = stored(&bench, "e1").await;
        let (reason, message) = refused(&bench, &second, &PLAIN).await;
        assert_eq!(reason, Reason::AlreadyExists);
        assert_eq!(
            message,
            "identifier e1 is here already and differs in endpoint"
        );
        assert_eq!(stored(&bench, "e1").await, before);
        let updated = ImportOutcome::Updated(vec!["endpoint"]);
        assert_eq!(outcome(&bench, &second, &UPDATE).await, updated);
        assert_eq!(
            outcome(&bench, &second, &PLAIN).await,
            ImportOutcome::Unchanged
        );
        assert_eq!(stored(&bench, "e1").await.id, before.id);
    }
}

#[tokio::test]
async fn an_identifier_that_is_another_ones_is_refused() {
    let bench = Bench::start().await;
    bench.integrate("slack", "second", &[]).await;
    outcome(&bench, &connection("c1", |_| {}), &PLAIN).await;
    outcome(&bench, &endpoint("e1", |_| {}), &PLAIN).await;
    let cases: [(&str, Change); 5] = [
        ("integrationIdentifier", |new| {
            new.integration_identifier = "second".to_owned();
        }),
        ("connectionIdentifier", |new| {
            new.connection_identifier = Some(identifier_of("c1"));
        }),
        ("subscriberId", |new| {
            new.subscriber_id = fixtures::subscriber_id("bob");
        }),
        ("contextKeys", |new| {
            new.contexts = contexts(&["tenant:acme"]);
        }),
        ("type", |new| {
            new.address = Address::person(EndpointKind::LineUser, "U1");
        }),
    ];
    for (member, change) in cases {
        let (reason, message) = refused(&bench, &endpoint("e1", change), &UPDATE).await;
        assert_eq!(reason, Reason::IdentifierTaken);
        assert_eq!(
            message,
            format!("identifier e1 is another one here: it differs in {member}")
        );
    }
}

#[tokio::test]
async fn a_connection_that_is_not_here_is_told() {
    let bench = Bench::start().await;
    bench.integrate("slack", "second", &[]).await;
    let exported = endpoint("e1", |new| {
        new.connection_identifier = Some(identifier_of("c1"));
    });
    let message = "connectionIdentifier c1 is no connection of integration slack here".to_owned();
    let expected = (Reason::ConnectionNotFound, message);
    assert_eq!(refused(&bench, &exported, &PLAIN).await, expected);
    let elsewhere = connection("c1", |new| new.integration_identifier = "second".to_owned());
    assert_eq!(outcome(&bench, &elsewhere, &PLAIN).await, made());
    assert_eq!(refused(&bench, &exported, &PLAIN).await, expected);
}

#[tokio::test]
async fn whom_an_endpoint_reaches_is_made_by_id() {
    let bench = Bench::start().await;
    let zoe = fixtures::subscriber_id("zoe");
    let exported = endpoint("e1", |new| {
        new.subscriber_id = zoe.clone();
        new.contexts = contexts(&["tenant:acme"]);
    });
    let implied = vec![
        Implied::Subscriber(zoe.clone()),
        Implied::Context("tenant:acme".parse().unwrap()),
    ];
    assert_eq!(
        outcome(&bench, &exported, &PLAIN).await,
        ImportOutcome::Made(implied)
    );
    let found = bench.broker.get_subscriber(bench.environment, &zoe).await;
    found.unwrap();
}

#[tokio::test]
async fn what_is_masked_or_has_no_name_is_refused() {
    let bench = Bench::start().await;
    let (reason, message) = refused(&bench, &hook("e1", "********"), &PLAIN).await;
    assert_eq!(reason, Reason::ValidationFailed);
    assert_eq!(
        message,
        "endpoint.url is a mask: the secret itself is needed"
    );
    let nameless = endpoint("e1", |new| new.identifier = None);
    let (_, message) = refused(&bench, &nameless, &PLAIN).await;
    assert_eq!(message, "identifier is required");
    assert!(bench.endpoints().await.is_empty());
}
