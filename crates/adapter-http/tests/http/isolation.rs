//! One environment's key neither sees nor names what belongs to another.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::{Value, json};
use tieline_domain::{
    api_key::ApiKeyRole,
    connection::CredentialKind,
    endpoint::ChannelEndpoint,
    ports::{GrantedScopes, MockProviderClient},
    provider::GrantedCredential,
};
use tieline_testkit::{MemoryStorage, fixtures};

use crate::{
    bench::{Answer, Bench, with},
    contract::{Operation, operations},
};

/// Two environments in one storage, and one object of each kind in the first: its list and its
/// name.
async fn bench() -> (Bench, Bench, Vec<(&'static str, String)>) {
    let storage = MemoryStorage::new();
    let ours = Bench::on(storage.clone(), "Development").await;
    let theirs = Bench::on(storage, "Production").await;
    let mut connection = ours.connection();
    // What is kept of a token here is no sealed one: without it, the provider can be asked.
    connection.credentials.clear();
    let mut asked = MockProviderClient::new();
    asked
        .expect_verify()
        .returning(|_, _, _| Ok(GrantedScopes::new()));
    asked.expect_app_token().returning(|_, _| Ok(Some(token())));
    asked.expect_disconnect().returning(|_, _, _| Vec::new());
    let ours = ours.with(asked).seeing().await;
    let theirs = theirs.seeing().await;
    let ada = fixtures::subscriber_id("ada");
    let endpoint: ChannelEndpoint = fixtures::endpoint(&connection, &ada);
    let attempt = ours.store(&connection, vec![endpoint.clone()]).await;
    ours.subscribe("only-ours").await;
    ours.subscribe("ours-alone").await;
    let tenant = json!({ "type": "tenant", "id": "acme" });
    ours.post("/v2/contexts", &tenant).await.assert_is(201);
    ours.key_of(ApiKeyRole::Read).await;
    let keys = ours.api.broker.list_api_keys(ours.environment).await;
    let key = keys.unwrap().pop().unwrap();
    let gone = ours.connection();
    ours.store(&gone, Vec::new()).await;
    let gone = format!("/v1/channel-connections/{}", gone.identifier);
    let gone = ours.delete(&gone).await;
    let receipt = gone.header("revocation-id").unwrap().to_owned();
    let objects = vec![
        ("/v1/channel-connections", connection.identifier.to_string()),
        ("/v1/channel-endpoints", endpoint.identifier),
        ("/v1/connect-attempts", attempt.id.to_string()),
        ("/v1/api-keys", key.id.to_string()),
        ("/v1/integrations", ours.slack.id.to_string()),
        ("/v1/revocations", receipt),
        ("/v2/contexts", "tenant/acme".to_owned()),
        ("/v2/subscribers", "only-ours".to_owned()),
        ("/v1/subscribers", "ours-alone".to_owned()),
    ];
    (ours, theirs, objects)
}

fn token() -> GrantedCredential {
    GrantedCredential {
        kind: CredentialKind::Bot,
        access_token: "a-token".into(),
        refresh_token: None,
        scopes: Vec::new(),
        expires_at: None,
    }
}

/// The operations that name one of these objects, each with the object's path.
fn operations_on(objects: &[(&str, String)]) -> Vec<(Operation, String)> {
    let of_object = |(list, name): &(&str, String)| {
        let path = format!("{list}/{name}");
        let all = operations().into_iter().filter_map(move |operation| {
            let actions = ["/set-primary", "/verify", "/rotate", "/token", "/reconnect"];
            let action = actions.into_iter().find(|a| operation.path.ends_with(a));
            let whole = format!("{path}{}", action.unwrap_or_default());
            (operation.path.contains('{') && operation.is_at(&whole)).then_some((operation, whole))
        });
        all.collect::<Vec<_>>()
    };
    objects.iter().flat_map(of_object).collect()
}

async fn ask(bench: &Bench, operation: &Operation, path: &str) -> Answer {
    let method: Method = operation.method.to_uppercase().parse().unwrap();
    bench.json(method, path, &operation.example()).await
}

/// An error without what differs from request to request.
fn essence(answer: &Answer) -> Value {
    let body = answer.json();
    json!([
        body["statusCode"],
        body["code"],
        body["message"],
        body["error"]
    ])
}

/// I02
#[tokio::test]
async fn an_object_of_another_environment_is_not_found() {
    let (ours, theirs, objects) = bench().await;
    let mut operations = operations_on(&objects);
    for (operation, path) in &operations {
        let foreign = ask(&theirs, operation, path).await;
        foreign.assert_is(404);
        let unknown = ask(&theirs, operation, &operation.path_of("nothing")).await;
        assert_eq!(foreign.refusal(), unknown.refusal(), "{}", operation.id());
    }
    // Whoever may do it can: what goes away goes last, and before it what hangs on it.
    operations.sort_by_key(|(operation, path)| {
        let order = ["channel-endpoints", "channel-connections", ""];
        let kind = order.iter().position(|kind| path.contains(kind));
        (operation.method == "delete", kind)
    });
    for (operation, path) in &operations {
        let own = ask(&ours, operation, path).await;
        assert_ne!(own.status, 404, "{}", operation.id());
    }
}

/// A name tells nothing about what another environment has: only the name that was asked for.
#[tokio::test]
async fn what_is_said_of_a_foreign_object_is_what_is_said_of_none() {
    let (ours, theirs, objects) = bench().await;
    for (operation, path) in operations_on(&objects) {
        let foreign = essence(&ask(&theirs, &operation, &path).await);
        ask(&ours, &operation, &path).await;
        let after = essence(&ask(&theirs, &operation, &path).await);
        assert_eq!(foreign, after, "{}", operation.id());
    }
}

/// A new operation that names an object belongs into the tests above.
#[tokio::test]
async fn every_operation_that_names_an_object_is_tested() {
    let (_, _, objects) = bench().await;
    let keyed = operations()
        .into_iter()
        .filter(|o| o.is_keyed() && o.path.contains('{'));
    let all: BTreeSet<&str> = keyed.map(|operation| operation.id()).collect();
    let operations = operations_on(&objects);
    let tested: BTreeSet<&str> = operations.iter().map(|(o, _)| o.id()).collect();
    assert_eq!(all, tested);
}

/// I02
#[tokio::test]
async fn lists_hold_their_own_environments_objects_alone() {
    let (ours, theirs, _) = bench().await;
    for (list, own, foreign) in [
        ("/v1/channel-connections", 1, 0),
        ("/v1/channel-endpoints", 1, 0),
        ("/v1/connect-attempts", 2, 0),
        ("/v1/revocations", 1, 0),
        ("/v2/contexts", 1, 0),
        ("/v2/subscribers", 3, 1),
    ] {
        let count = |answer: Answer| answer.json()["totalCount"].clone();
        assert_eq!(count(ours.get(list).await), own, "{list}");
        assert_eq!(count(theirs.get(list).await), foreign, "{list}");
    }
    ours.integrate("slack", "only-ours", &[]).await;
    for list in ["/v1/integrations", "/v1/integrations/active"] {
        assert_eq!(ours.get(list).await.json().as_array().unwrap().len(), 3);
        assert_eq!(theirs.get(list).await.json().as_array().unwrap().len(), 2);
        assert!(!theirs.get(list).await.text().contains("only-ours"));
    }
}

/// I02: a cursor is bound to its environment.
#[tokio::test]
async fn a_cursor_of_another_environment_leads_nowhere() {
    let (ours, theirs, _) = bench().await;
    for _ in 0..2 {
        theirs.store(&theirs.connection(), Vec::new()).await;
        ours.store(&ours.connection(), Vec::new()).await;
    }
    let page = ours.get("/v1/channel-connections?limit=1").await.json();
    let cursor = page["next"].as_str().unwrap();
    let path = format!("/v1/channel-connections?after={cursor}");
    assert_eq!(
        ours.get(&path).await.json()["data"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let foreign = theirs.get(&path).await;
    foreign.assert_is(200);
    assert_eq!(foreign.json()["data"], json!([]));
}

/// I02
#[tokio::test]
async fn a_subscriber_of_another_environment_cannot_be_minted_for() {
    let (ours, theirs, _) = bench().await;
    let body = with("subscriberId", "only-ours");
    ours.mint(&body).await.assert_is(201);
    theirs.mint(&body).await.assert_is(404);
}
