//! `/v1/channel-endpoints`: addresses at which a subscriber can be reached.

use serde_json::{Value, json};
use tieline_domain::{
    connection::ChannelConnection, endpoint::EndpointKind, integration::Integration,
    provider::ProviderId,
};
use tieline_testkit::fixtures;

use crate::bench::Bench;

const PATH: &str = "/v1/channel-endpoints";
const MASK: &str = "********";
const HOOK: &str = "https://hooks.example.com/canary";
const ROUTING_KEY: &str = "canary0123456789canary0123456789";

/// A request for an endpoint of `ada` in a Slack channel, with a member more or in another's place.
fn channel(member: &str, value: impl Into<Value>) -> Value {
    let mut body = json!({
        "subscriberId": "ada",
        "integrationIdentifier": "slack",
        "type": "slack_channel",
        "endpoint": { "channelId": "C1" },
    });
    body[member] = value.into();
    body
}

fn of_type(kind: &str, address: &Value) -> Value {
    let mut body = channel("type", kind);
    body["endpoint"] = address.clone();
    body
}

/// Stores an integration of a provider that no policy is known of.
async fn integrate(bench: &Bench, provider: &str) {
    let integration = Integration {
        provider: ProviderId::parse(provider).unwrap(),
        identifier: provider.to_owned(),
        ..fixtures::integration(bench.environment)
    };
    let store = &bench.api.broker.stores.integrations;
    store.insert(&integration).await.unwrap();
}

#[tokio::test]
async fn an_endpoint_is_made_changed_and_deleted() {
    let bench = Bench::start().await;
    let connection = bench.connection();
    bench.store(&connection, Vec::new()).await;
    let mut body = channel("identifier", "mine");
    body["connectionIdentifier"] = connection.identifier.to_string().into();
    body["context"] = json!({ "tenant": "acme" });
    let made = bench.post(PATH, &body).await;
    made.assert_is(201);
    let mut expected = json!({
        "identifier": "mine",
        "channel": "chat",
        "providerId": "slack",
        "integrationIdentifier": "slack",
        "connectionIdentifier": connection.identifier.as_str(),
        "subscriberId": "ada",
        "contextKeys": ["tenant:acme"],
        "type": "slack_channel",
        "endpoint": { "channelId": "C1" },
        "createdAt": "2026-01-02T12:00:00.000Z",
        "updatedAt": "2026-01-02T12:00:00.000Z",
    });
    assert_eq!(made.json(), expected);
    bench.get("/v2/contexts/tenant/acme").await.assert_is(200);
    let path = format!("{PATH}/mine");
    assert_eq!(bench.get(&path).await.json(), expected);

    let change = json!({ "endpoint": { "channelId": "C2" } });
    let changed = bench.patch(&path, &change).await;
    changed.assert_is(200);
    expected["endpoint"] = change["endpoint"].clone();
    assert_eq!(changed.json(), expected);

    let gone = bench.delete(&path).await;
    gone.assert_is(204);
    assert!(gone.body.is_empty());
    for answer in [
        bench.get(&path).await,
        bench.delete(&path).await,
        bench.patch(&path, &change).await,
    ] {
        assert_eq!(answer.refusal(), (404, "not_found".to_owned()));
        assert_eq!(answer.message(), "Channel endpoint not found: mine");
    }
}

/// A type, a provider that can have it, an address, how it is shown, and members that make it
/// none, each with its value.
type Kind = (&'static str, &'static str, Value, Value, Wrong);
type Wrong = Vec<(&'static str, Value)>;

fn kinds() -> Vec<Kind> {
    let id = |name: &str| json!({ name: "x1" });
    let null = |name| vec![(name, Value::Null)];
    let simple = |kind, name| (kind, "slack", id(name), id(name), null(name));
    vec![
        simple("slack_channel", "channelId"),
        simple("slack_user", "userId"),
        simple("phone", "phoneNumber"),
        simple("ms_teams_user", "userId"),
        simple("telegram_chat", "chatId"),
        simple("line_user", "userId"),
        (
            "ms_teams_channel",
            "msteams",
            json!({ "teamId": "t", "channelId": "c" }),
            json!({ "teamId": "t", "channelId": "c" }),
            vec![("teamId", Value::Null), ("channelId", "".into())],
        ),
        (
            "webhook",
            "slack",
            json!({ "url": HOOK, "channel": "#general" }),
            json!({ "url": MASK, "channel": "#general" }),
            vec![
                ("url", Value::Null),
                ("url", "http://127.0.0.1/canary".into()),
            ],
        ),
        (
            "webex_room",
            "webex-messaging",
            json!({ "roomId": "r", "parentId": "p" }),
            json!({ "roomId": "r", "parentId": "p" }),
            null("roomId"),
        ),
        (
            "webex_person",
            "webex-messaging",
            json!({ "personEmail": "a@example.com" }),
            json!({ "personEmail": "a@example.com" }),
            vec![("personId", json!(5))],
        ),
        (
            "pagerduty_service",
            "pagerduty",
            json!({ "routingKey": ROUTING_KEY, "region": "us" }),
            json!({ "routingKey": MASK, "region": "us" }),
            vec![
                ("routingKey", "canary".into()),
                ("region", "mars".into()),
                ("region", Value::Null),
            ],
        ),
        (
            "opsgenie_integration",
            "opsgenie",
            json!({ "apiKey": "canary", "region": "eu" }),
            json!({ "apiKey": MASK, "region": "eu" }),
            vec![("apiKey", Value::Null), ("region", "US".into())],
        ),
        (
            "grafana_oncall_integration",
            "grafana",
            json!({ "url": HOOK, "authToken": "canary" }),
            json!({ "url": MASK }),
            vec![("url", "canary".into()), ("authToken", json!(1))],
        ),
        (
            "tool_webhook",
            "tool-webhook",
            json!({ "url": HOOK, "headers": { "x-key": "canary" }, "method": "PUT" }),
            json!({ "url": MASK, "method": "PUT" }),
            vec![
                ("method", "GET".into()),
                ("headers", json!({ "x-key": 1 })),
                ("url", Value::Null),
            ],
        ),
    ]
}

/// Puts an endpoint that must lie in a connection into one, in whose contexts it must be.
async fn connect(bench: &Bench, provider: &str, body: &mut Value) {
    let refusal = (400, "malformed_request".to_owned());
    assert_eq!(bench.post(PATH, body).await.refusal(), refusal);
    let broker = &bench.api.broker;
    let integration = broker
        .stores
        .integrations
        .find(bench.environment, provider)
        .await;
    let owner = fixtures::subscriber_owner("ada");
    let connection = fixtures::connection(&integration.unwrap().unwrap(), owner);
    broker.stores.connections.insert(&connection).await.unwrap();
    body["connectionIdentifier"] = connection.identifier.to_string().into();
    body["context"] = json!({ "tenant": "other" });
    assert_eq!(bench.post(PATH, body).await.refusal(), refusal);
    body["context"] = Value::Null;
}

#[tokio::test]
async fn each_type_has_its_members_and_masks_its_secrets() {
    let bench = Bench::start().await;
    let table = kinds();
    assert_eq!(table.len(), EndpointKind::ALL.len());
    for (kind, provider, address, shown, wrong) in table {
        let mut body = of_type(kind, &address);
        body["integrationIdentifier"] = provider.into();
        if !["slack", "msteams"].contains(&provider) {
            // One of the provider's own, except where the table had it before.
            if !bench
                .get("/v1/integrations")
                .await
                .each("identifier")
                .contains(&provider.into())
            {
                integrate(&bench, provider).await;
            }
            let elsewhere = bench.post(PATH, &of_type(kind, &address)).await;
            let refusal = (400, "malformed_request".to_owned());
            assert_eq!(elsewhere.refusal(), refusal, "{kind}");
        }
        if provider.starts_with("webex") {
            connect(&bench, provider, &mut body).await;
        }
        let made = bench.post(PATH, &body).await;
        made.assert_is(201);
        assert_eq!(made.json()["endpoint"], shown, "{kind}");
        assert!(!made.text().contains("canary"), "{}", made.text());
        let path = format!("{PATH}/{}", made.json()["identifier"].as_str().unwrap());
        let unknown = ("nonsense", json!(1));
        for (member, value) in wrong.into_iter().chain([unknown]) {
            let mut address = address.clone();
            address[member] = value;
            let field = format!("endpoint.{member}");
            let change = json!({ "endpoint": address });
            body["endpoint"] = address;
            for answer in [
                bench.post(PATH, &body).await,
                bench.patch(&path, &change).await,
            ] {
                assert_eq!(answer.fields(), [&*field], "{kind}: {}", answer.text());
                assert!(!answer.text().contains("canary"), "{}", answer.text());
            }
        }
        let again = bench.patch(&path, &json!({ "endpoint": address })).await;
        again.assert_is(200);
        assert_eq!(again.json(), made.json());
    }
    let list = bench.get(&format!("{PATH}?limit=100")).await;
    assert!(!list.text().contains("canary"));
}

#[tokio::test]
async fn a_missing_subscriber_is_made_on_demand_and_one_that_is_there_is_left_alone() {
    let bench = Bench::start().await;
    let mut body = channel("subscriberId", "eve");
    let answer = bench.post(PATH, &body).await;
    assert_eq!(answer.refusal(), (404, "subscriber_not_found".to_owned()));
    assert!(answer.message().contains("createSubscriberIfMissing"));
    body["createSubscriberIfMissing"] = true.into();
    bench.post(PATH, &body).await.assert_is(201);
    let name = json!({ "firstName": "Eve" });
    bench
        .patch("/v2/subscribers/eve", &name)
        .await
        .assert_is(200);
    body["endpoint"]["channelId"] = "C2".into();
    bench.post(PATH, &body).await.assert_is(201);
    let eve = bench.get("/v2/subscribers/eve").await.json();
    assert_eq!(eve["firstName"], "Eve");
}

#[tokio::test]
async fn what_the_environment_lacks_is_a_404() {
    let bench = Bench::start().await;
    let other = bench.integrate("slack", "other", &[]).await;
    let elsewhere: ChannelConnection =
        fixtures::connection(&other, fixtures::subscriber_owner("ada"));
    bench.store(&elsewhere, Vec::new()).await;
    for (member, value, code) in [
        ("integrationIdentifier", "eve", "integration_not_found"),
        ("connectionIdentifier", "eve", "connection_not_found"),
        (
            "connectionIdentifier",
            elsewhere.identifier.as_str(),
            "connection_not_found",
        ),
    ] {
        let mut body = channel(member, value);
        body["context"] = json!({ "tenant": "acme" });
        let answer = bench.post(PATH, &body).await;
        assert_eq!(answer.refusal(), (404, code.to_owned()));
        assert!(answer.message().contains(value), "{}", answer.message());
    }
    assert_eq!(bench.get("/v2/contexts").await.json()["totalCount"], 0);
}

#[tokio::test]
async fn the_same_address_is_the_same_endpoint() {
    let bench = Bench::start().await;
    let first = bench.post(PATH, &channel("identifier", Value::Null)).await;
    let identifier = first.json()["identifier"].as_str().unwrap().to_owned();
    assert!(identifier.starts_with("chendp_"), "{identifier}");
    let again = bench.post(PATH, &channel("identifier", &*identifier)).await;
    again.assert_is(201);
    assert_eq!(again.json(), first.json());
    for (body, told) in [
        (channel("identifier", "another"), identifier.as_str()),
        (
            {
                let mut other = channel("identifier", &*identifier);
                other["endpoint"]["channelId"] = "C2".into();
                other
            },
            identifier.as_str(),
        ),
    ] {
        let answer = bench.post(PATH, &body).await;
        assert_eq!(answer.refusal(), (409, "already_exists".to_owned()));
        assert!(answer.message().contains(told), "{}", answer.message());
    }
    let second = json!({ "channelId": "C2" });
    let second = bench.post(PATH, &channel("endpoint", second)).await;
    let path = format!("{PATH}/{}", second.json()["identifier"].as_str().unwrap());
    let onto = json!({ "endpoint": { "channelId": "C1" } });
    let answer = bench.patch(&path, &onto).await;
    assert_eq!(answer.refusal(), (409, "already_exists".to_owned()));
    assert_eq!(bench.get(PATH).await.json()["totalCount"], 2);
}

#[tokio::test]
async fn a_connection_takes_its_endpoints_along() {
    let bench = Bench::start().await;
    let connection = bench.connection();
    bench.store(&connection, Vec::new()).await;
    let identifier = connection.identifier.to_string();
    let inside = channel("connectionIdentifier", &*identifier);
    bench.post(PATH, &inside).await.assert_is(201);
    let outside = channel("endpoint", json!({ "channelId": "C2" }));
    bench.post(PATH, &outside).await.assert_is(201);
    let path = format!("/v1/channel-connections/{identifier}");
    bench.delete(&path).await.assert_is(204);
    let left = bench.get(PATH).await.each("connectionIdentifier");
    assert_eq!(left, [Value::Null]);
}

#[tokio::test]
async fn problems_are_named_by_field() {
    let bench = Bench::start().await;
    bench
        .post(PATH, &channel("identifier", "mine"))
        .await
        .assert_is(201);
    for (member, value) in [
        ("nonsense", json!(1)),
        ("subscriberId", json!("")),
        ("integrationIdentifier", json!("")),
        ("connectionIdentifier", json!("no blanks")),
        ("type", json!("pigeon")),
        ("endpoint", json!("C1")),
        ("createSubscriberIfMissing", json!("yes")),
        ("context", json!({})),
    ] {
        let answer = bench.post(PATH, &channel(member, value)).await;
        assert_eq!(answer.fields(), [member], "{}", answer.text());
    }
    for required in ["subscriberId", "integrationIdentifier", "type", "endpoint"] {
        let mut body = channel("identifier", "other");
        body.as_object_mut().unwrap().remove(required);
        assert_eq!(bench.post(PATH, &body).await.fields(), [required]);
    }
    let bad = channel("identifier", "no blanks");
    bench.post(PATH, &bad).await.assert_is(422);
    let path = format!("{PATH}/mine");
    let address = json!({ "channelId": "C2" });
    let retyped = json!({ "endpoint": address, "type": "slack_user" });
    assert_eq!(bench.patch(&path, &retyped).await.fields(), ["type"]);
    assert_eq!(bench.patch(&path, &json!({})).await.fields(), ["endpoint"]);
    let other = json!({ "endpoint": { "userId": "U1" } });
    let fields = bench.patch(&path, &other).await.fields();
    assert_eq!(fields, ["endpoint.channelId", "endpoint.userId"]);
}
