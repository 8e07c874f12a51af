//! `/v2/subscribers`: the users of the product.

use serde_json::{Value, json};

use crate::{bench::Bench, contract::operations};

const PATH: &str = "/v2/subscribers";
const BOB: &str = "/v2/subscribers/bob@example.com";

fn bob() -> Value {
    json!({
        "subscriberId": "bob@example.com",
        "firstName": "Bob",
        "lastName": "Bild",
        "email": "bob@example.com",
        "phone": "+49 30 1234",
        "avatar": "https://example.com/bob.png",
        "locale": "de-DE",
        "timezone": "Europe/Berlin",
        "data": { "plan": "pro", "seats": [1, 2] },
    })
}

#[tokio::test]
async fn a_subscriber_is_made_shown_and_deleted() {
    let bench = Bench::start().await;
    let made = bench.post(PATH, &bob()).await;
    made.assert_is(201);
    for (member, value) in bob().as_object().unwrap() {
        assert_eq!(made.json()[member], *value);
    }
    assert_eq!(made.json()["deleted"], false);
    let environment = bench.environment.to_string();
    assert_eq!(made.json()["_environmentId"], environment);
    assert_eq!(bench.get(BOB).await.json(), made.json());
    let gone = bench.delete(BOB).await;
    gone.assert_is(200);
    let told = json!({ "acknowledged": true, "status": "deleted" });
    assert_eq!(gone.json(), told);
    for answer in [
        bench.get(BOB).await,
        bench.delete(BOB).await,
        bench.patch(BOB, &json!({ "firstName": "Bo" })).await,
    ] {
        let unknown = (404, "subscriber_not_found".to_owned());
        assert_eq!(answer.refusal(), unknown);
        assert_eq!(answer.message(), "Subscriber not found: bob@example.com");
    }
}

/// POST for one that is there, and PATCH: the same change.
#[tokio::test]
async fn null_clears_and_what_is_absent_stays() {
    for is_patch in [true, false] {
        let bench = Bench::start().await;
        let mut expected = bench.post(PATH, &bob()).await.json();
        let mut change = json!({ "lastName": "Bauer", "phone": null, "data": { "plan": "free" } });
        for (member, value) in change.as_object().unwrap() {
            expected[member] = value.clone();
        }
        let answer = if is_patch {
            bench.patch(BOB, &change).await
        } else {
            change["subscriberId"] = "bob@example.com".into();
            bench.post(PATH, &change).await
        };
        answer.assert_is(if is_patch { 200 } else { 201 });
        assert_eq!(answer.json(), expected);
        let nothing = json!({ "data": null });
        expected["data"] = Value::Null;
        assert_eq!(bench.patch(BOB, &nothing).await.json(), expected);
        assert_eq!(bench.patch(BOB, &json!({})).await.json(), expected);
    }
}

#[tokio::test]
async fn one_that_is_there_can_be_refused() {
    let bench = Bench::start().await;
    let strict = format!("{PATH}?failIfExists=true");
    bench.post(&strict, &bob()).await.assert_is(201);
    let answer = bench.post(&strict, &bob()).await;
    assert_eq!(answer.refusal(), (409, "already_exists".to_owned()));
    let there = bench.get(BOB).await.json();
    for (name, value) in there.as_object().unwrap() {
        assert_eq!(answer.json()[name], *value, "{name}");
    }
    let lenient = format!("{PATH}?failIfExists=false");
    bench.post(&lenient, &bob()).await.assert_is(201);
    let unread = format!("{PATH}?failIfExists=maybe");
    let answer = bench.post(&unread, &bob()).await;
    assert_eq!(answer.fields(), ["failIfExists"]);
}

#[tokio::test]
async fn filters_match_exactly() {
    let bench = Bench::start().await;
    bench.post(PATH, &bob()).await.assert_is(201);
    for (query, count) in [
        ("", 2),
        ("subscriberId=ada", 1),
        ("email=bob%40example.com", 1),
        ("email=bob", 0),
        ("phone=%2B49%2030%201234", 1),
        ("name=Bob", 1),
        ("name=Bild", 1),
        ("name=Bob%20Bild", 1),
        ("name=Bo", 0),
        ("name=Bob&subscriberId=ada", 0),
    ] {
        let page = bench.get(&format!("{PATH}?{query}")).await.json();
        assert_eq!(page["totalCount"], count, "{query}");
    }
}

#[tokio::test]
async fn problems_are_named_by_field() {
    let bench = Bench::start().await;
    bench.post(PATH, &bob()).await.assert_is(201);
    for (member, value) in [
        ("nonsense", json!(1)),
        ("firstName", json!("x".repeat(1001))),
        ("lastName", json!("nul \u{0}")),
        ("phone", json!("+39 \n 06")),
        ("email", json!(5)),
        ("data", json!([])),
    ] {
        let mut body = json!({});
        body[member] = value;
        let patched = bench.patch(BOB, &body).await;
        assert_eq!(patched.fields(), [member], "{}", patched.text());
        body["subscriberId"] = "bob@example.com".into();
        let made = bench.post(PATH, &body).await;
        assert_eq!(made.fields(), [member], "{}", made.text());
    }
    for (id, field) in [
        (json!(""), "subscriberId"),
        (json!("a\nb"), "subscriberId"),
        (json!("x".repeat(256)), "subscriberId"),
        (json!(5), "subscriberId"),
    ] {
        let answer = bench.post(PATH, &json!({ "subscriberId": id })).await;
        assert_eq!(answer.fields(), [field], "{}", answer.text());
    }
    let answer = bench.post(PATH, &json!({})).await;
    assert_eq!(answer.fields(), ["subscriberId"]);
    let moved = bench.patch(BOB, &json!({ "subscriberId": "eve" })).await;
    assert_eq!(moved.fields(), ["subscriberId"]);
}

#[tokio::test]
async fn a_subscriber_takes_connections_and_endpoints_along() {
    let bench = Bench::start().await;
    let connection = bench.connection();
    let ada = tieline_testkit::fixtures::subscriber_id("ada");
    let endpoint = tieline_testkit::fixtures::endpoint(&connection, &ada);
    bench.store(&connection, vec![endpoint]).await;
    bench.delete(&format!("{PATH}/ada")).await.assert_is(200);
    for list in ["/v1/channel-connections", "/v1/channel-endpoints"] {
        assert_eq!(bench.get(list).await.json()["totalCount"], 0, "{list}");
    }
}

/// The older paths lead to the same subscribers, with the same bodies.
#[tokio::test]
async fn the_older_paths_do_the_same() {
    let bench = Bench::start().await;
    let (path, older) = ("/v1/subscribers", "/v1/subscribers/bob@example.com");
    let made = bench.post(path, &bob()).await;
    made.assert_is(201);
    for place in [BOB, older] {
        assert_eq!(bench.get(place).await.json(), made.json());
    }
    let change = json!({ "lastName": "Bauer", "phone": null });
    let mut expected = made.json();
    for (member, value) in change.as_object().unwrap() {
        expected[member] = value.clone();
    }
    let changed = bench.put(older, &change).await;
    changed.assert_is(200);
    assert_eq!(changed.json(), expected);
    let again = json!({ "subscriberId": "bob@example.com", "lastName": "Bauer" });
    let upserted = bench.post(path, &again).await;
    upserted.assert_is(201);
    assert_eq!(upserted.json(), expected);
    let strict = bench
        .post(&format!("{path}?failIfExists=true"), &again)
        .await;
    assert_eq!(strict.refusal(), (409, "already_exists".to_owned()));
    let unread = bench.put(older, &json!({ "nonsense": 1 })).await;
    assert_eq!(unread.fields(), ["nonsense"]);

    let gone = bench.delete(older).await;
    gone.assert_is(200);
    let told = json!({ "acknowledged": true, "status": "deleted" });
    assert_eq!(gone.json(), told);
    let unknown = (404, "subscriber_not_found".to_owned());
    for answer in [
        bench.get(BOB).await,
        bench.get(older).await,
        bench.put(older, &change).await,
        bench.delete(older).await,
    ] {
        assert_eq!(answer.refusal(), unknown);
    }
}

#[test]
fn the_older_paths_are_deprecated() {
    let older = operations()
        .into_iter()
        .filter(|o| o.path.starts_with("/v1/subscribers"));
    let older: Vec<_> = older.collect();
    assert_eq!(older.len(), 4);
    assert!(older.iter().all(|o| o.value["deprecated"] == true));
}
