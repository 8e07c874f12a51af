//! `check` at `/v1/integrations`: the provider is asked before anything is written.

use axum::{
    body::Body,
    http::{Method, header},
};
use serde_json::{Value, json};
use tieline_domain::{
    integration::Credentials,
    ports::{MockProviderClient, ProviderError},
    provider::CredentialProblem,
    reason::Reason,
};

use crate::bench::Bench;

const PATH: &str = "/v1/integrations";

type Outcome = Result<Vec<CredentialProblem>, ProviderError>;

/// A bench whose provider answers this to one question about this secret.
async fn bench(secret: &'static str, outcome: Outcome) -> Bench {
    let mut client = MockProviderClient::new();
    client
        .expect_check_credentials()
        .times(1)
        .withf(move |app| app.get(Credentials::SECRET_KEY) == Some(secret))
        .returning(move |_| outcome.clone());
    Bench::start().await.with(client)
}

fn wrong_secret() -> Vec<CredentialProblem> {
    vec![CredentialProblem {
        name: "secretKey".to_owned(),
        problem: "has expired: make a new client secret".to_owned(),
    }]
}

fn unreachable() -> ProviderError {
    ProviderError {
        provider_error: Some("connection refused".to_owned()),
        ..Reason::ProviderUnreachable.into()
    }
}

/// A request for a second integration of Slack.
fn second(check: impl Into<Value>) -> Value {
    json!({
        "providerId": "slack",
        "identifier": "second",
        "credentials": { "clientId": "canary-id", "secretKey": "canary-secret" },
        "check": check.into(),
    })
}

async fn identifiers(bench: &Bench) -> Vec<Value> {
    bench.get(PATH).await.each("identifier")
}

#[tokio::test]
async fn credentials_that_the_provider_takes_are_stored() {
    let bench = bench("canary-secret", Ok(Vec::new())).await;
    bench.post(PATH, &second(true)).await.assert_is(201);
    assert_eq!(identifiers(&bench).await.len(), 3);
}

#[tokio::test]
async fn what_the_provider_finds_wrong_is_a_422_by_field_and_nothing_is_made() {
    let bench = bench("canary-secret", Ok(wrong_secret())).await;
    let refused = bench.post(PATH, &second(true)).await;
    assert_eq!(refused.fields(), ["credentials.secretKey"]);
    let told = "credentials.secretKey has expired: make a new client secret";
    assert_eq!(refused.message(), told);
    assert!(!refused.text().contains("canary"), "{}", refused.text());
    assert_eq!(identifiers(&bench).await.len(), 2);
}

#[tokio::test]
async fn a_provider_without_an_answer_is_a_502_and_nothing_is_made() {
    let bench = bench("canary-secret", Err(unreachable())).await;
    let failed = bench.post(PATH, &second(true)).await;
    assert_eq!(failed.refusal(), (502, "provider_unreachable".to_owned()));
    assert_eq!(identifiers(&bench).await.len(), 2);
}

#[tokio::test]
async fn nobody_is_asked_unless_it_is_wanted() {
    let bench = Bench::start().await.with(MockProviderClient::new());
    let mut unsaid = second(false);
    unsaid.as_object_mut().unwrap().remove("check");
    for body in [second(false), second(Value::Null), unsaid] {
        let made = bench.post(PATH, &body).await;
        made.assert_is(201);
        let path = format!("{PATH}/{}", made.json()["_id"].as_str().unwrap());
        let change = json!({ "name": "Other", "check": body["check"] });
        bench.put(&path, &change).await.assert_is(200);
        bench.delete(&path).await.assert_is(200);
    }
    for unclear in [json!("true"), json!(1)] {
        let refused = bench.post(PATH, &second(unclear)).await;
        assert_eq!(refused.fields(), ["check"]);
    }
}

#[tokio::test]
async fn malformed_credentials_are_told_before_anybody_is_asked() {
    let bench = Bench::start().await.with(MockProviderClient::new());
    let mut body = second(true);
    body["credentials"] = json!({ "clientId": "canary-id" });
    let refused = bench.post(PATH, &body).await;
    assert_eq!(refused.fields(), ["credentials.secretKey"]);
}

/// A change is checked by its own credentials, or else by those that are stored.
#[tokio::test]
async fn a_change_is_checked_too_and_nothing_is_changed_that_is_refused() {
    let new = json!({ "clientId": "canary-id", "secretKey": "canary-secret" });
    for (credentials, secret) in [(new, "canary-secret"), (Value::Null, "the-secret")] {
        for outcome in [Ok(wrong_secret()), Err(unreachable()), Ok(Vec::new())] {
            let (status, name) = match &outcome {
                Ok(problems) if problems.is_empty() => (200, "Changed"),
                Ok(_) => (422, "Slack"),
                Err(_) => (502, "Slack"),
            };
            let bench = bench(secret, outcome).await;
            let path = format!("{PATH}/{}", bench.slack.id);
            let mut change = json!({ "name": "Changed", "check": true });
            if !credentials.is_null() {
                change["credentials"] = credentials.clone();
            }
            bench.put(&path, &change).await.assert_is(status);
            assert_eq!(bench.get(PATH).await.each("name")[0], name);
        }
    }
}

#[tokio::test]
async fn a_change_of_nothing_is_a_404_before_anybody_is_asked() {
    let bench = Bench::start().await.with(MockProviderClient::new());
    for name in ["nothing", "0198f3a2-7c11-7d7e-b0a4-5a3d5c6f7e80"] {
        let answer = bench
            .put(&format!("{PATH}/{name}"), &json!({ "check": true }))
            .await;
        assert_eq!(answer.refusal(), (404, "not_found".to_owned()));
    }
}

/// The question comes before the transaction in which a keyed request is written.
#[tokio::test]
async fn a_keyed_request_is_checked_too() {
    let bench = bench("canary-secret", Ok(wrong_secret())).await;
    let mut request = bench.request(axum::http::Method::POST, PATH);
    for (name, value) in [
        ("content-type", "application/json"),
        ("idempotency-key", "k1"),
    ] {
        request = request.header(name, value);
    }
    let body = axum::body::Body::from(second(true).to_string());
    let refused = bench.send(request.body(body).unwrap()).await;
    assert_eq!(refused.fields(), ["credentials.secretKey"]);
    assert_eq!(identifiers(&bench).await.len(), 2);
}

#[tokio::test]
async fn a_repetition_gets_its_answer_without_asking_again() {
    // The provider answers once, and fails the test if it is asked twice.
    let bench = bench("canary-secret", Ok(Vec::new())).await;
    let keyed = async |body: &Value| {
        let request = bench.request(Method::POST, PATH);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let request = request.header("idempotency-key", "k1");
        let request = request.body(Body::from(body.to_string())).unwrap();
        bench.send(request).await
    };
    let first = keyed(&second(true)).await;
    first.assert_is(201);
    let again = keyed(&second(true)).await;
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("idempotency-replay"), Some("true"));
}
