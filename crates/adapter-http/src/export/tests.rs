use serde_json::{Value, json};
use tieline_domain::usecase::{Exported, ExportedKind::*};

use super::*;

fn connection(identifier: &str) -> Value {
    json!({
        "identifier": identifier, "channel": "chat", "providerId": "slack",
        "integrationIdentifier": "slack", "subscriberId": "ada",
        "contextKeys": ["tenant:acme"], "workspace": { "id": "T1", "name": null, "_id": "x" },
        "auth": { "accessToken": "canary-token" },
        "createdAt": "2026-01-02T12:00:00.000Z", "updatedAt": "2026-01-02T12:00:00.000Z",
    })
}

fn endpoint() -> Value {
    json!({
        "identifier": "e1", "channel": "chat", "providerId": "slack",
        "integrationIdentifier": "slack", "connectionIdentifier": null, "subscriberId": "ada",
        "contextKeys": [], "type": "slack_user", "endpoint": { "userId": "U1" },
    })
}

fn context() -> Value {
    json!({ "type": "tenant", "id": "acme", "data": { "plan": "pro" }, "createdAt": "…" })
}

fn subscriber() -> Value {
    json!({
        "_id": "x", "subscriberId": "ada", "firstName": "Ada", "email": null,
        "data": { "id": 1, "type": "x" }, "deleted": false, "__v": 0, "channels": [],
    })
}

fn read(text: &str) -> Export {
    read_export(text.as_bytes()).unwrap()
}

fn kinds(export: &Export) -> Vec<Option<ExportedKind>> {
    for object in &export.objects {
        assert!(object.read.is_ok(), "{object:?}");
    }
    export.objects.iter().map(|object| object.kind).collect()
}

/// What is wrong with the one object.
fn problem(value: &Value) -> String {
    let [object] = read(&value.to_string()).objects.try_into().unwrap();
    object.read.unwrap_err().message
}

#[test]
fn pages_arrays_objects_and_lines_of_them_hold_the_same() {
    let page = json!({
        "data": [connection("c1"), endpoint()],
        "next": null, "previous": null, "totalCount": 2, "totalCountCapped": false,
    });
    let array = json!([connection("c1"), endpoint()]);
    let wrapped = [
        json!({ "data": connection("c1") }),
        json!({ "data": endpoint() }),
    ];
    let result = json!({ "headers": {}, "result": page });
    let bare = [connection("c1"), endpoint()];
    for text in [
        page.to_string(),
        format!("{page:#}"),
        format!("\u{feff}{page}"),
        array.to_string(),
        result.to_string(),
        json!([page]).to_string(),
        format!("{}\n{}\n", wrapped[0], wrapped[1]),
        format!("{}\r\n{}", bare[0], bare[1]),
        format!("{}{}", bare[0], bare[1]),
    ] {
        let export = read(&text);
        let expected = [Some(Connection), Some(Endpoint)];
        assert_eq!(kinds(&export), expected, "{text}");
        assert_eq!(export.missing, [], "{text}");
    }
}

#[test]
fn every_kind_shows_in_its_members() {
    for (value, kind, name) in [
        (context(), Context, "tenant:acme"),
        (subscriber(), Subscriber, "ada"),
        (connection("c1"), Connection, "c1"),
        (endpoint(), Endpoint, "e1"),
    ] {
        for value in [json!({ "data": value }), json!({ "data": [value] }), value] {
            let [object] = read(&value.to_string()).objects.try_into().unwrap();
            assert_eq!(object.kind, Some(kind), "{value}");
            assert_eq!(object.name.as_deref(), Some(name));
            assert_eq!(object.read.unwrap().kind(), kind);
        }
    }
}

#[test]
fn a_connection_is_read_as_the_request_that_makes_it() {
    let [object] = read(&connection("c1").to_string())
        .objects
        .try_into()
        .unwrap();
    let Exported::Connection(new, provider) = object.read.unwrap() else {
        panic!("it is a connection");
    };
    assert_eq!(provider.unwrap().as_str(), "slack");
    assert_eq!(new.identifier.unwrap().as_str(), "c1");
    assert_eq!(new.subscriber_id.unwrap().as_str(), "ada");
    assert_eq!(new.contexts[0].key.to_string(), "tenant:acme");
    assert_eq!(new.contexts[0].data, None);
    assert_eq!(
        (new.workspace.id.as_str(), new.workspace.name),
        ("T1", None)
    );
}

#[test]
fn what_is_wrong_is_told_by_its_member_and_never_quoted() {
    let with = |member: &str, value: Value| {
        let mut connection = connection("c1");
        *connection.pointer_mut(member).unwrap() = value;
        connection
    };
    let at = |value: Value, told: &str| {
        let problem = problem(&value);
        assert!(problem.contains(told), "{told}: {problem}");
        assert!(!problem.contains("canary"), "{problem}");
    };
    at(
        with("/integrationIdentifier", Value::Null),
        "integrationIdentifier is required",
    );
    at(
        with("/auth", "canary-token".into()),
        "auth has an invalid type",
    );
    at(with("/auth", json!({})), "auth.accessToken is required");
    at(
        with("/auth/accessToken", 5.into()),
        "auth.accessToken has an invalid type",
    );
    at(with("/workspace", json!({})), "workspace.id is required");
    at(with("/identifier", "a b".into()), "identifier must be");
    at(with("/providerId", "a b".into()), "providerId must be");
    for keys in [json!(["acme"]), json!([1]), json!("tenant:acme")] {
        at(with("/contextKeys", keys), "contextKeys must be");
    }
    let twice = json!(["tenant:acme", "tenant:emca"]);
    at(
        with("/contextKeys", twice),
        "contextKeys names one type twice",
    );
    let mut endpoint = endpoint();
    endpoint["type"] = "carrier_pigeon".into();
    at(endpoint, "type must be one of slack_channel");
    let mut context = context();
    context["bridgeUrl"] = "http://localhost/canary".into();
    at(context, "bridgeUrl must be");
    let mut subscriber = subscriber();
    subscriber["firstName"] = "x".repeat(1001).into();
    at(subscriber, "firstName must have");
}

#[test]
fn what_is_none_of_them_is_told() {
    let both = json!({ "workspace": {}, "endpoint": {} });
    for value in [json!({ "identifier": "c1" }), both, json!({ "data": null })] {
        assert_eq!(
            problem(&value),
            "it is no connection, endpoint, context or subscriber"
        );
    }
    assert_eq!(problem(&json!(5)), "it is no object");
    let error = json!({ "statusCode": 401, "message": "no", "path": "/", "timestamp": "" });
    assert_eq!(problem(&error), "it is an error that was answered: 401");
}

#[test]
fn what_is_no_json_is_told_by_its_place() {
    assert_eq!(read_export(b" \n").unwrap_err(), MalformedExport::Empty);
    let cut = format!("{}\n{{\"identifier\": canary", connection("c1"));
    let error = read_export(cut.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "is no JSON from line 2, column 16 on");
}

#[test]
fn a_list_without_its_last_pages_is_noticed() {
    let page = |count: usize, next: Option<&str>, total: Option<u64>| {
        let mut page = json!({
            "data": vec![connection("c1"); count], "next": next, "previous": null,
        });
        if let Some(total) = total {
            page["totalCount"] = total.into();
        }
        page.to_string()
    };
    let missing = |text: String| {
        let told = read(&text).missing.into_iter();
        told.map(|missing| missing.to_string()).collect::<Vec<_>>()
    };
    let first = page(2, Some("x"), Some(3));
    assert_eq!(
        missing(first.clone()),
        ["has 2 of 3 connections: pages are missing"]
    );
    assert!(missing(first + &page(1, None, Some(3))).is_empty());
    let first = page(2, Some("x"), None);
    assert_eq!(
        missing(first.clone()),
        ["has 2 connections, and more pages follow"]
    );
    assert!(missing(first.clone() + &page(1, None, None)).is_empty());
    assert!(missing(first + &page(0, None, None)).is_empty());
}
