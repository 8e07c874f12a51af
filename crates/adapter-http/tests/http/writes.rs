//! The header `idempotency-key` at what makes and changes things.

use axum::{
    body::Body,
    http::{Method, header},
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tieline_domain::api_key::ApiKeyRole;
use tokio::task::JoinSet;

use crate::bench::{Answer, Bench};

const KEY: &str = "idempotency-key";

async fn keyed(bench: &Bench, method: Method, path: &str, key: &str, body: &Value) -> Answer {
    let request = bench.request(method, path).header(KEY, key);
    let request = request.header(header::CONTENT_TYPE, "application/json");
    let request = request.body(Body::from(body.to_string()));
    bench.send(request.unwrap()).await
}

async fn post(bench: &Bench, path: &str, key: &str, body: &Value) -> Answer {
    keyed(bench, Method::POST, path, key, body).await
}

/// Every operation that takes a key, with a request that succeeds and would be refused or make
/// another object if it came again.
async fn writes(bench: &Bench) -> Vec<(Method, String, Value)> {
    let context = json!({ "type": "tenant", "id": "old" });
    bench.post("/v2/contexts", &context).await.assert_is(201);
    let connection = bench.connection();
    bench.store(&connection, Vec::new()).await;
    let endpoint = json!({
        "subscriberId": "ada", "integrationIdentifier": "slack", "identifier": "old",
        "type": "slack_user", "endpoint": { "userId": "U1" },
    });
    bench
        .post("/v1/channel-endpoints", &endpoint)
        .await
        .assert_is(201);
    let auth = json!({ "accessToken": "canary" });
    let post = |path: &str, body| (Method::POST, path.to_owned(), body);
    let patch = |path: String, body| (Method::PATCH, path, body);
    vec![
        post(
            "/v1/integrations",
            json!({
                "providerId": "slack",
                "credentials": { "clientId": "1.2", "secretKey": "the-secret" },
            }),
        ),
        (
            Method::PUT,
            format!("/v1/integrations/{}", bench.slack.id),
            json!({ "name": "Renamed" }),
        ),
        post(
            "/v2/subscribers?failIfExists=true",
            json!({ "subscriberId": "new" }),
        ),
        patch(
            "/v2/subscribers/ada".to_owned(),
            json!({ "firstName": "Ada" }),
        ),
        post("/v2/contexts", json!({ "type": "tenant", "id": "new" })),
        patch(
            "/v2/contexts/tenant/old".to_owned(),
            json!({ "data": { "a": 1 } }),
        ),
        post(
            "/v1/channel-connections",
            json!({
                "integrationIdentifier": "slack", "subscriberId": "ada",
                "workspace": { "id": "T9" }, "auth": auth,
            }),
        ),
        patch(
            format!("/v1/channel-connections/{}", connection.identifier),
            json!({ "workspace": { "id": "T8" }, "auth": auth }),
        ),
        post(
            "/v1/channel-endpoints",
            json!({
                "subscriberId": "ada", "integrationIdentifier": "slack",
                "type": "slack_user", "endpoint": { "userId": "U2" },
            }),
        ),
        patch(
            "/v1/channel-endpoints/old".to_owned(),
            json!({ "endpoint": { "userId": "U3" } }),
        ),
    ]
}

#[tokio::test]
async fn a_write_happens_once_and_is_answered_alike() {
    let bench = Bench::start().await;
    for (number, (method, path, body)) in writes(&bench).await.into_iter().enumerate() {
        let key = format!("k{number}");
        let first = keyed(&bench, method.clone(), &path, &key, &body).await;
        assert!(first.status.is_success(), "{path}: {}", first.message());
        assert_eq!(first.header(KEY), Some(&*key));
        assert_eq!(first.header("idempotency-replay"), None);
        // Whatever it made would have another time, and often another name.
        bench.clock.advance(SignedDuration::from_mins(1));
        let second = keyed(&bench, method, &path, &key, &body).await;
        assert_eq!(second.header("idempotency-replay"), Some("true"), "{path}");
        assert_eq!((second.status, &second.body), (first.status, &first.body));
        assert_eq!(second.header(KEY), Some(&*key));
    }
}

#[tokio::test]
async fn an_answer_is_repeated_for_a_day() {
    let bench = Bench::start().await;
    let body = json!({ "type": "tenant", "id": "acme" });
    let first = post(&bench, "/v2/contexts", "k1", &body).await;
    first.assert_is(201);
    let day = SignedDuration::from_hours(24);
    bench.clock.advance(day - SignedDuration::from_micros(1));
    let again = post(&bench, "/v2/contexts", "k1", &body).await;
    assert_eq!(again.body, first.body);
    bench.clock.advance(SignedDuration::from_micros(1));
    let late = post(&bench, "/v2/contexts", "k1", &body).await;
    assert_eq!(late.refusal(), (409, "already_exists".to_owned()));
}

#[tokio::test]
async fn another_request_under_a_used_key_is_a_422() {
    let bench = Bench::start().await;
    let path = "/v2/subscribers";
    let body = json!({ "subscriberId": "eve" });
    post(&bench, path, "k1", &body).await.assert_is(201);
    let other_body = json!({ "subscriberId": "eve", "firstName": "Eve" });
    let other_query = format!("{path}?failIfExists=false");
    for (path, body) in [(path, &other_body), (&*other_query, &body)] {
        let answer = post(&bench, path, "k1", body).await;
        assert_eq!(answer.refusal(), (422, "idempotency_key_reused".to_owned()));
        assert_eq!(answer.header(KEY), Some("k1"));
    }
    let ada = keyed(
        &bench,
        Method::PATCH,
        "/v2/subscribers/ada",
        "k2",
        &json!({}),
    )
    .await;
    ada.assert_is(200);
    let eve = keyed(
        &bench,
        Method::PATCH,
        "/v2/subscribers/eve",
        "k2",
        &json!({}),
    )
    .await;
    assert_eq!(eve.refusal(), (422, "idempotency_key_reused".to_owned()));
}

#[tokio::test]
async fn the_same_key_on_another_route_is_another_key() {
    let bench = Bench::start().await;
    let subscriber = json!({ "subscriberId": "eve" });
    post(&bench, "/v2/subscribers", "k1", &subscriber)
        .await
        .assert_is(201);
    let context = json!({ "type": "tenant", "id": "acme" });
    post(&bench, "/v2/contexts", "k1", &context)
        .await
        .assert_is(201);
}

#[tokio::test]
async fn a_refusal_of_the_object_is_repeated_and_leaves_nothing() {
    let bench = Bench::start().await;
    let connection = bench.connection();
    bench.store(&connection, Vec::new()).await;
    let body = json!({
        "integrationIdentifier": "slack", "subscriberId": "ada",
        "context": { "tenant": "new" }, "identifier": connection.identifier.as_str(),
        "workspace": { "id": "T9" }, "auth": { "accessToken": "canary" },
    });
    let first = post(&bench, "/v1/channel-connections", "k1", &body).await;
    assert_eq!(first.refusal(), (409, "already_exists".to_owned()));
    assert_eq!(first.header("idempotency-replay"), None);
    // The context that it named was new, and went with the refusal.
    bench.get("/v2/contexts/tenant/new").await.assert_is(404);
    let path = format!("/v1/channel-connections/{}", connection.identifier);
    bench.delete(&path).await.assert_is(204);
    let second = post(&bench, "/v1/channel-connections", "k1", &body).await;
    assert_eq!(second.body, first.body);
    assert_eq!(second.header("idempotency-replay"), Some("true"));
    post(&bench, "/v1/channel-connections", "k2", &body)
        .await
        .assert_is(201);
}

#[tokio::test]
async fn a_request_that_was_wrong_frees_its_key() {
    let bench = Bench::start().await;
    let right = json!({ "type": "tenant", "id": "acme" });
    for wrong in [
        json!({ "type": "tenant" }),
        json!({ "type": "tenant", "id": 7 }),
    ] {
        let answer = post(&bench, "/v2/contexts", "k1", &wrong).await;
        answer.assert_is(422);
        assert_eq!(answer.header(KEY), Some("k1"));
    }
    let nobody = json!({
        "subscriberId": "nobody", "integrationIdentifier": "slack",
        "type": "slack_user", "endpoint": { "userId": "U2" },
    });
    let answer = post(&bench, "/v1/channel-endpoints", "k1", &nobody).await;
    assert_eq!(answer.refusal(), (404, "subscriber_not_found".to_owned()));
    post(&bench, "/v2/contexts", "k1", &right)
        .await
        .assert_is(201);
}

#[tokio::test]
async fn a_malformed_key_is_refused_and_nothing_happens() {
    let bench = Bench::start().await;
    let body = json!({ "type": "tenant", "id": "acme" });
    let answer = post(&bench, "/v2/contexts", &"k".repeat(256), &body).await;
    assert_eq!(
        answer.refusal(),
        (400, "idempotency_key_invalid".to_owned())
    );
    bench.get("/v2/contexts/tenant/acme").await.assert_is(404);
}

#[tokio::test]
async fn whoever_may_not_do_it_gets_no_answer_that_was_kept() {
    let bench = Bench::start().await;
    let body = json!({ "type": "tenant", "id": "acme" });
    post(&bench, "/v2/contexts", "k1", &body)
        .await
        .assert_is(201);
    let reader = bench.holding(&bench.key_of(ApiKeyRole::Read).await);
    let answer = post(&reader, "/v2/contexts", "k1", &body).await;
    assert_eq!(answer.refusal(), (403, "forbidden".to_owned()));
    let another = bench.holding(&bench.key_of(ApiKeyRole::Admin).await);
    let answer = post(&another, "/v2/contexts", "k1", &body).await;
    assert_eq!(answer.header("idempotency-replay"), Some("true"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_at_once_one_has_its_effect_and_all_get_its_answer() {
    let bench = Bench::start().await;
    let mut asked = JoinSet::new();
    for _ in 0..20 {
        let bench = bench.holding(&bench.key);
        asked.spawn(async move {
            let body = json!({
                "providerId": "slack",
                "credentials": { "clientId": "1.2", "secretKey": "the-secret" },
            });
            post(&bench, "/v1/integrations", "k1", &body).await
        });
    }
    let answers = asked.join_all().await;
    assert!(answers.iter().all(|answer| answer.status == 201));
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
    let replays = answers
        .iter()
        .filter(|a| a.header("idempotency-replay").is_some());
    assert_eq!(replays.count(), 19);
    let integrations = bench.get("/v1/integrations").await.json();
    assert_eq!(integrations.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn an_outage_at_any_moment_keeps_neither_effect_nor_answer() {
    let bench = Bench::start().await;
    let body = json!({
        "integrationIdentifier": "slack", "subscriberId": "ada", "identifier": "mine",
        "context": { "tenant": "new" },
        "workspace": { "id": "T9" }, "auth": { "accessToken": "canary" },
    });
    let mut outages = 0;
    // Each time the database goes away one call later, until it no longer matters.
    let created = loop {
        bench.storage.fail_after(outages);
        let answer = post(&bench, "/v1/channel-connections", "k1", &body).await;
        bench.storage.fail(0);
        if answer.status == 201 {
            break answer;
        }
        assert_eq!(answer.refusal(), (503, "unavailable".to_owned()));
        bench
            .get("/v1/channel-connections/mine")
            .await
            .assert_is(404);
        bench.get("/v2/contexts/tenant/new").await.assert_is(404);
        outages += 1;
    };
    assert!(outages >= 8, "{outages}");
    assert_eq!(created.header("idempotency-replay"), None);
}
