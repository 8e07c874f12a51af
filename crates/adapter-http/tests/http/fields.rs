//! The fields of the main job's body: each refused by its name, in words.

use serde_json::{Value, json};

use crate::bench::{Answer, Bench, for_ada, with};

/// The fields that an answer names, each with its problems.
fn named(answer: &Answer) -> Vec<(String, Vec<String>)> {
    assert_eq!(answer.refusal(), (422, "validation_failed".to_owned()));
    let errors = answer.json()["errors"].as_object().unwrap().clone();
    let texts = |value: &Value| serde_json::from_value(value["messages"].clone()).unwrap();
    errors
        .iter()
        .map(|(name, value)| (name.clone(), texts(value)))
        .collect()
}

/// Sends a body; answers the one field and the one problem.
async fn problem(bench: &Bench, body: &Value) -> (String, String) {
    let answer = bench.mint(body).await;
    let [(field, problems)] = named(&answer).try_into().unwrap();
    let [problem] = problems.try_into().unwrap();
    assert_eq!(answer.message(), format!("{field} {problem}"));
    (field, problem)
}

#[tokio::test]
async fn an_unknown_field_is_named() {
    let bench = Bench::start().await;
    for (body, field) in [
        (with("subscriberid", "ada"), "subscriberid"),
        (with("mode", "connect"), "mode"),
        (
            with("context", json!({ "tenant": { "id": "a", "name": "b" } })),
            "context.tenant.name",
        ),
    ] {
        let expected = (field.to_owned(), "is not known here".to_owned());
        assert_eq!(problem(&bench, &body).await, expected);
    }
}

#[tokio::test]
async fn a_missing_field_is_named() {
    let bench = Bench::start().await;
    for (body, field) in [
        (json!({}), "integrationIdentifier"),
        (
            with("context", json!({ "tenant": {} })),
            "context.tenant.id",
        ),
    ] {
        let expected = (field.to_owned(), "is required".to_owned());
        assert_eq!(problem(&bench, &body).await, expected);
    }
}

#[tokio::test]
async fn a_value_of_another_type_is_named() {
    let bench = Bench::start().await;
    for (field, value) in [
        ("subscriberId", json!(5)),
        ("subscriberId", json!(["ada"])),
        ("integrationIdentifier", json!(null)),
        ("connectionIdentifier", json!({})),
        ("contextHash", json!(1)),
        ("scope", json!("chat:write")),
        ("connectionMode", json!(true)),
        ("autoLinkUser", json!("true")),
        ("context", json!("tenant")),
    ] {
        let (named, told) = problem(&bench, &with(field, value)).await;
        assert_eq!(named, field);
        assert!(told.starts_with("has an invalid type: "), "{told}");
    }
}

#[tokio::test]
async fn a_value_inside_a_field_is_named_with_its_path() {
    let bench = Bench::start().await;
    let (field, told) = problem(&bench, &with("scope", json!(["chat:write", 5]))).await;
    assert_eq!(field, "scope[1]");
    assert!(told.starts_with("has an invalid type: "), "{told}");
    let body = with("context", json!({ "tenant": { "id": "a", "data": [] } }));
    let (field, told) = problem(&bench, &body).await;
    assert_eq!(field, "context.tenant.data");
    assert!(told.starts_with("has an invalid type: "), "{told}");
}

#[tokio::test]
async fn an_unknown_mode_is_told_which_ones_there_are() {
    let bench = Bench::start().await;
    let (field, told) = problem(&bench, &with("connectionMode", "both")).await;
    assert_eq!(field, "connectionMode");
    let expected = "has an unknown variant `both`, expected `subscriber` or `shared`";
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_context_is_an_id_or_an_object_with_one() {
    let bench = Bench::start().await;
    for value in [json!(5), json!(null), json!(["acme"]), json!(true)] {
        let body = with("context", json!({ "tenant": value }));
        let (field, told) = problem(&bench, &body).await;
        assert_eq!(field, "context.tenant");
        assert!(told.starts_with("has an invalid type: "), "{told}");
        assert!(
            told.ends_with(", expected an id, or an object with an id"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn the_length_and_the_characters_of_texts_are_bounded() {
    let bench = Bench::start().await;
    let long = |length: usize| "x".repeat(length);
    for (field, value) in [
        ("subscriberId", String::new()),
        ("subscriberId", long(256)),
        ("subscriberId", " ada".to_owned()),
        ("subscriberId", "a\u{0}b".to_owned()),
        ("subscriberId", "a\nb".to_owned()),
        ("integrationIdentifier", String::new()),
        ("integrationIdentifier", long(129)),
        ("connectionIdentifier", String::new()),
        ("connectionIdentifier", long(129)),
        ("connectionIdentifier", "a/b".to_owned()),
        ("connectionIdentifier", "ümlaut".to_owned()),
    ] {
        let (named, _) = problem(&bench, &with(field, value.clone())).await;
        assert_eq!(named, field, "{value:?}");
    }
    bench.subscribe(&long(255)).await;
    bench
        .mint(&with("subscriberId", long(255)))
        .await
        .assert_is(201);
}

#[tokio::test]
async fn contexts_are_one_to_five_of_slugs() {
    let bench = Bench::start().await;
    let some =
        |count: usize| -> Value { (0..count).map(|n| (format!("t{n}"), json!("a"))).collect() };
    for (context, field) in [
        (some(0), "context"),
        (some(6), "context"),
        (json!({ "": "a" }), "context."),
        (json!({ "a:b": "a" }), "context.a:b"),
        (json!({ "tenant": "" }), "context.tenant"),
        (json!({ "tenant": "a b" }), "context.tenant"),
        (json!({ "tenant": "a:b" }), "context.tenant"),
        (
            json!({ "tenant": { "id": "x".repeat(101) } }),
            "context.tenant",
        ),
    ] {
        let (named, _) = problem(&bench, &with("context", context)).await;
        assert_eq!(named, field);
    }
    bench.mint(&with("context", some(5))).await.assert_is(201);
}

#[tokio::test]
async fn every_problem_is_told_at_once() {
    let bench = Bench::start().await;
    let body = json!({
        "subscriberId": "",
        "integrationIdentifier": "",
        "connectionIdentifier": "?",
        "context": { "tenant": "?" },
        "scope": vec!["x"; 101],
    });
    let answer = bench.mint(&body).await;
    let fields: Vec<String> = named(&answer).into_iter().map(|(name, _)| name).collect();
    let expected = [
        "connectionIdentifier",
        "context.tenant",
        "integrationIdentifier",
        "scope",
        "subscriberId",
    ];
    assert_eq!(fields, expected);
    for field in expected {
        assert!(answer.message().contains(field), "{}", answer.message());
    }
}

#[tokio::test]
async fn optional_fields_may_be_null() {
    let bench = Bench::start().await;
    let names = [
        "connectionIdentifier",
        "context",
        "contextHash",
        "scope",
        "connectionMode",
        "autoLinkUser",
    ];
    let mut body = for_ada();
    for name in names {
        body[name] = Value::Null;
    }
    bench.mint(&body).await.assert_is(201);
}

#[tokio::test]
async fn every_field_together_makes_a_url() {
    let bench = Bench::start().await;
    let answer = bench
        .mint(&json!({
            "subscriberId": "ada",
            "integrationIdentifier": "slack",
            "connectionIdentifier": "mine",
            "context": { "tenant": { "id": "acme", "data": { "plan": "pro" } } },
            "contextHash": "abc",
            "scope": ["chat:write"],
            "connectionMode": "subscriber",
            "autoLinkUser": false,
        }))
        .await;
    answer.assert_is(201);
    let url = answer.json()["url"].as_str().unwrap().to_owned();
    assert!(
        url.starts_with("https://slack.test/oauth/v2/authorize?"),
        "{url}"
    );
    assert_eq!(answer.json().as_object().unwrap().len(), 1);
    assert!(answer.header("connect-attempt-id").is_some());
}

/// No header of the request finds its way into the URL.
#[tokio::test]
async fn the_callback_is_named_by_configuration_alone() {
    let bench = Bench::start().await;
    let headers = [
        ("host", "evil.test"),
        ("x-forwarded-host", "evil.test"),
        ("x-forwarded-proto", "gopher"),
        ("forwarded", "host=evil.test"),
        ("origin", "https://evil.test"),
        ("referer", "https://evil.test"),
    ];
    let answer = bench.mint_with(&for_ada(), &headers).await;
    let url = answer.json()["url"].as_str().unwrap().to_owned();
    assert!(!url.contains("evil"), "{url}");
    assert!(
        url.contains("redirect_uri=https%3A%2F%2Fconnect.test%2F"),
        "{url}"
    );
}
