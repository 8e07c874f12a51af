//! `/v2/contexts`: business objects of the product.

use serde_json::{Value, json};

use crate::bench::{Bench, with};

const PATH: &str = "/v2/contexts";
const ACME: &str = "/v2/contexts/tenant/acme";
const BRIDGE: &str = "https://bridge.example.com/acme";

/// A request for a context, with a member more or in another's place.
fn acme(member: &str, value: impl Into<Value>) -> Value {
    let mut body = json!({ "type": "tenant", "id": "acme" });
    body[member] = value.into();
    body
}

#[tokio::test]
async fn a_context_is_made_shown_and_deleted() {
    let bench = Bench::start().await;
    let made = bench.post(PATH, &acme("data", json!({ "a": [1] }))).await;
    made.assert_is(201);
    let expected = json!({
        "type": "tenant",
        "id": "acme",
        "data": { "a": [1] },
        "createdAt": "2026-01-02T12:00:00.000Z",
        "updatedAt": "2026-01-02T12:00:00.000Z",
    });
    assert_eq!(made.json(), expected);
    assert_eq!(bench.get(ACME).await.json(), expected);
    let again = bench.post(PATH, &acme("data", json!({}))).await;
    assert_eq!(again.refusal(), (409, "already_exists".to_owned()));
    let gone = bench.delete(ACME).await;
    gone.assert_is(204);
    assert!(gone.body.is_empty());
    let environment = bench.environment;
    for answer in [
        bench.get(ACME).await,
        bench.delete(ACME).await,
        bench.patch(ACME, &json!({ "data": {} })).await,
    ] {
        assert_eq!(answer.refusal(), (404, "not_found".to_owned()));
        let told = "Context with id acme and type tenant not found in environment";
        assert_eq!(answer.message(), format!("{told} {environment}"));
    }
}

#[tokio::test]
async fn data_is_empty_unless_given_and_replaced_as_a_whole() {
    let bench = Bench::start().await;
    let made = bench.post(PATH, &acme("id", "acme")).await;
    assert_eq!(made.json()["data"], json!({}));
    for data in [json!({ "a": 1, "b": 2 }), json!({ "b": 3 }), json!({})] {
        let changed = bench.patch(ACME, &json!({ "data": data })).await;
        changed.assert_is(200);
        assert_eq!(changed.json()["data"], data);
        assert_eq!(bench.get(ACME).await.json()["data"], data);
    }
}

#[tokio::test]
async fn a_bridge_url_is_set_kept_and_cleared() {
    let bench = Bench::start().await;
    let made = bench.post(PATH, &acme("bridgeUrl", BRIDGE)).await;
    assert_eq!(made.json()["bridgeUrl"], BRIDGE);
    let other = "https://other.example.com/";
    for (change, expected) in [
        (json!({ "data": {} }), json!(BRIDGE)),
        (json!({ "data": {}, "bridgeUrl": other }), json!(other)),
        (json!({ "data": {}, "bridgeUrl": null }), Value::Null),
        (json!({ "data": {} }), Value::Null),
    ] {
        let changed = bench.patch(ACME, &change).await.json();
        assert_eq!(changed["bridgeUrl"], expected, "{change}");
    }
}

#[tokio::test]
async fn a_bridge_url_that_leads_inside_is_a_400() {
    let bench = Bench::start().await;
    bench.post(PATH, &acme("id", "acme")).await.assert_is(201);
    for url in [
        "http://127.0.0.1:4000/x",
        "http://localhost/x",
        "http://[::1]/",
        "http://2130706433/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "ftp://example.com/",
        "not a url",
        "",
    ] {
        let refusal = (400, "malformed_request".to_owned());
        let mut made = acme("bridgeUrl", url);
        made["id"] = "other".into();
        assert_eq!(bench.post(PATH, &made).await.refusal(), refusal, "{url}");
        let change = json!({ "data": {}, "bridgeUrl": url });
        assert_eq!(bench.patch(ACME, &change).await.refusal(), refusal, "{url}");
    }
    assert_eq!(bench.get(PATH).await.json()["totalCount"], 1);
}

#[tokio::test]
async fn problems_are_named_by_field() {
    let bench = Bench::start().await;
    bench.post(PATH, &acme("id", "acme")).await.assert_is(201);
    for member in ["type", "id"] {
        for bad in ["", "a b", "a:b", "ü", &"x".repeat(101)] {
            let answer = bench.post(PATH, &acme(member, bad)).await;
            assert_eq!(answer.fields(), [member], "{bad}");
        }
        let mut lacking = acme("data", json!({}));
        lacking.as_object_mut().unwrap().remove(member);
        assert_eq!(bench.post(PATH, &lacking).await.fields(), [member]);
    }
    for (member, value) in [("nonsense", json!(1)), ("data", json!([1]))] {
        let made = bench.post(PATH, &acme(member, value.clone())).await;
        assert_eq!(made.fields(), [member]);
        let mut change = json!({ "data": {} });
        change[member] = value;
        assert_eq!(bench.patch(ACME, &change).await.fields(), [member]);
    }
    assert_eq!(bench.patch(ACME, &json!({})).await.fields(), ["data"]);
}

#[tokio::test]
async fn contexts_are_found_by_type_id_and_parts() {
    let bench = Bench::start().await;
    for (kind, id) in [("tenant", "acme"), ("tenant", "a.b"), ("region", "eu")] {
        let body = json!({ "type": kind, "id": id });
        bench.post(PATH, &body).await.assert_is(201);
    }
    for (query, count) in [
        ("", 3),
        ("type=tenant", 2),
        ("type=ten", 0),
        ("id=eu", 1),
        ("id=e", 0),
        ("search=acm", 1),
        ("search=ten", 2),
        ("search=.", 1),
        ("search=%25", 0),
        ("search=_", 0),
        ("search=%5B", 0),
        ("type=tenant&id=eu", 0),
    ] {
        let page = bench.get(&format!("{PATH}?{query}")).await.json();
        assert_eq!(page["totalCount"], count, "{query}");
    }
}

/// A request that names a new context makes it; data of one that is there is left alone.
#[tokio::test]
async fn a_context_that_a_mint_names_is_there() {
    let bench = Bench::start().await;
    for plan in ["pro", "free"] {
        let context = json!({ "tenant": { "id": "acme", "data": { "plan": plan } } });
        bench.mint(&with("context", context)).await.assert_is(201);
        let stored = bench.get(ACME).await.json();
        assert_eq!(stored["data"], json!({ "plan": "pro" }));
    }
}
