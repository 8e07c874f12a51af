//! `/v1/integrations`: the product's own apps at the providers.

use serde_json::{Value, json};

use crate::bench::{Bench, for_ada};

const PATH: &str = "/v1/integrations";

/// A request for a second integration of Slack, with a member more or in another's place.
fn second(member: &str, value: impl Into<Value>) -> Value {
    let mut body = json!({
        "providerId": "slack",
        "identifier": "second",
        "credentials": { "clientId": "canary-id", "secretKey": "canary-secret" },
    });
    body[member] = value.into();
    body
}

#[tokio::test]
async fn an_integration_is_made_changed_and_deleted() {
    let bench = Bench::start().await;
    let made = bench.post(PATH, &second("name", "Second")).await;
    made.assert_is(201);
    let mut expected = made.json();
    for (member, value) in [
        ("_environmentId", json!(bench.environment.to_string())),
        ("providerId", json!("slack")),
        ("identifier", json!("second")),
        ("name", json!("Second")),
        ("channel", json!("chat")),
        ("active", json!(false)),
        ("deleted", json!(false)),
        ("primary", json!(false)),
    ] {
        assert_eq!(expected[member], value, "{member}");
    }
    let path = format!("{PATH}/{}", expected["_id"].as_str().unwrap());
    let active = format!("{PATH}/active");
    assert_eq!(bench.get(PATH).await.each("identifier").len(), 3);
    assert_eq!(bench.get(&active).await.each("identifier").len(), 2);

    let changed = bench.put(&path, &json!({ "active": true })).await;
    changed.assert_is(200);
    expected["active"] = true.into();
    assert_eq!(changed.json(), expected);
    let listed = bench.get(&active).await.each("identifier");
    assert_eq!(listed, ["slack", "msteams", "second"]);

    let left = bench.delete(&path).await;
    left.assert_is(200);
    assert_eq!(left.each("identifier"), ["slack", "msteams"]);
    for gone in [
        bench.delete(&path).await,
        bench.put(&path, &json!({})).await,
        bench.post(&format!("{path}/set-primary"), &json!({})).await,
    ] {
        assert_eq!(gone.refusal(), (404, "not_found".to_owned()));
    }
}

#[tokio::test]
async fn what_is_not_said_is_made_up() {
    let bench = Bench::start().await;
    let mut body = second("name", Value::Null);
    body["identifier"] = Value::Null;
    let made = bench.post(PATH, &body).await.json();
    assert_eq!(made["name"], "Slack");
    assert!(made["identifier"].as_str().unwrap().starts_with("slack-"));
}

#[tokio::test]
async fn credentials_are_never_shown() {
    let bench = Bench::start().await;
    let made = bench.post(PATH, &second("active", true)).await;
    let path = format!("{PATH}/{}", made.json()["_id"].as_str().unwrap());
    let credentials = json!({ "clientId": "canary-3", "secretKey": "canary-4" });
    let change = json!({ "credentials": credentials });
    let changed = bench.put(&path, &change).await;
    let primary = bench.post(&format!("{path}/set-primary"), &json!({})).await;
    for answer in [&made, &changed, &primary] {
        assert!(answer.json().get("credentials").is_none());
        assert!(!answer.text().contains("canary"), "{}", answer.text());
    }
    let active = bench.get(&format!("{PATH}/active")).await;
    for list in [bench.get(PATH).await, active, bench.delete(&path).await] {
        assert!(list.each("credentials").iter().all(|c| *c == json!({})));
        assert!(!list.text().contains("canary"), "{}", list.text());
    }
}

#[tokio::test]
async fn problems_are_named_by_field() {
    let bench = Bench::start().await;
    let path = format!("{PATH}/{}", bench.slack.id);
    let redirect = "http://app.example/done";
    for (credentials, fields) in [
        (json!({ "secretKey": "s" }), &["credentials.clientId"][..]),
        (
            json!({ "clientId": "", "secretKey": null }),
            &["credentials.clientId", "credentials.secretKey"],
        ),
        (
            json!({ "clientId": "c", "secretKey": "s", "x": "y" }),
            &["credentials.x"],
        ),
        (
            json!({ "clientId": 5, "secretKey": "s" }),
            &["credentials.clientId"],
        ),
        (
            json!({ "clientId": "c", "secretKey": "s", "redirectUrl": redirect }),
            &["credentials.redirectUrl"],
        ),
    ] {
        let made = bench
            .post(PATH, &second("credentials", credentials.clone()))
            .await;
        assert_eq!(made.fields(), fields);
        let changed = json!({ "credentials": credentials });
        assert_eq!(bench.put(&path, &changed).await.fields(), fields);
    }
    for (member, value) in [
        ("nonsense", json!(1)),
        ("channel", json!("email")),
        ("providerId", json!("No Provider")),
        ("credentials", json!("none")),
        ("active", json!("yes")),
    ] {
        let answer = bench.post(PATH, &second(member, value)).await;
        assert_eq!(answer.fields(), [member]);
    }
    assert_eq!(bench.post(PATH, &json!({})).await.fields(), ["providerId"]);
    let unknown = bench.put(&path, &json!({ "providerId": "msteams" })).await;
    assert_eq!(unknown.fields(), ["providerId"]);
    for (member, value) in [
        ("identifier", "no blanks"),
        ("name", "no\nlines"),
        ("providerId", "icq"),
    ] {
        bench
            .post(PATH, &second(member, value))
            .await
            .assert_is(422);
    }
    assert_eq!(bench.get(PATH).await.each("identifier").len(), 2);
}

#[tokio::test]
async fn an_identifier_is_taken_once() {
    let bench = Bench::start().await;
    let taken = (409, "already_exists".to_owned());
    let answer = bench.post(PATH, &second("identifier", "slack")).await;
    assert_eq!(answer.refusal(), taken);
    assert_eq!(
        answer.message(),
        "Integration with identifier slack already exists"
    );
    let path = format!("{PATH}/{}", bench.slack.id);
    let answer = bench.put(&path, &json!({ "identifier": "msteams" })).await;
    assert_eq!(answer.refusal(), taken);
    let own = bench.put(&path, &json!({ "identifier": "slack" })).await;
    own.assert_is(200);
}

#[tokio::test]
async fn a_key_speaks_for_its_own_environment() {
    let bench = Bench::start().await;
    let foreign = second("_environmentId", "0198f3a2-7c11-7d7e-b0a4-5a3d5c6f7e80");
    let forbidden = (403, "forbidden".to_owned());
    assert_eq!(bench.post(PATH, &foreign).await.refusal(), forbidden);
    let path = format!("{PATH}/{}", bench.slack.id);
    let change = json!({ "_environmentId": "elsewhere" });
    assert_eq!(bench.put(&path, &change).await.refusal(), forbidden);
    let own = second("_environmentId", bench.environment.to_string());
    bench.post(PATH, &own).await.assert_is(201);
}

/// Members of this wire that mean nothing here.
#[tokio::test]
async fn what_other_servers_know_is_left_alone() {
    let bench = Bench::start().await;
    let mut body = second("kind", "delivery");
    body["check"] = false.into();
    body["conditions"] = json!([{ "isNegated": false }]);
    body["configurations"] = json!({ "a": 1 });
    bench.post(PATH, &body).await.assert_is(201);
}

#[tokio::test]
async fn a_chat_integration_is_never_primary() {
    let bench = Bench::start().await;
    let path = format!("{PATH}/{}/set-primary", bench.slack.id);
    let answer = bench.post(&path, &json!({})).await;
    let refusal = (400, "primary_not_supported".to_owned());
    assert_eq!(answer.refusal(), refusal);
}

#[tokio::test]
async fn an_integration_takes_what_came_through_it_along() {
    let bench = Bench::start().await;
    let connection = bench.connection();
    let ada = tieline_testkit::fixtures::subscriber_id("ada");
    let endpoint = tieline_testkit::fixtures::endpoint(&connection, &ada);
    bench.store(&connection, vec![endpoint.clone()]).await;
    let path = format!("{PATH}/{}", bench.slack.id);
    bench.delete(&path).await.assert_is(200);
    for path in [
        format!("/v1/channel-connections/{}", connection.identifier),
        format!("/v1/channel-endpoints/{}", endpoint.identifier),
    ] {
        bench.get(&path).await.assert_is(404);
    }
    bench.mint(&for_ada()).await.assert_is(404);
}
