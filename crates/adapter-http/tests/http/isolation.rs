//! One environment's key neither sees nor names what belongs to another.

use serde_json::{Value, json};
use tieline_domain::endpoint::ChannelEndpoint;
use tieline_testkit::{MemoryStorage, fixtures};

use crate::{
    bench::{Answer, Bench, with},
    contract::operations,
};

/// Two environments in one storage, and the path of one object of each kind in the first.
async fn bench() -> (Bench, Bench, Vec<String>) {
    let storage = MemoryStorage::new();
    let ours = Bench::on(storage.clone(), "Development").await;
    let theirs = Bench::on(storage, "Production").await;
    let connection = ours.connection();
    let ada = fixtures::subscriber_id("ada");
    let endpoint: ChannelEndpoint = fixtures::endpoint(&connection, &ada);
    let attempt = ours.store(&connection, vec![endpoint.clone()]).await;
    let paths = vec![
        format!("/v1/channel-connections/{}", connection.identifier),
        format!("/v1/channel-endpoints/{}", endpoint.identifier),
        format!("/v1/connect-attempts/{}", attempt.id),
    ];
    (ours, theirs, paths)
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
    let (ours, theirs, paths) = bench().await;
    for path in paths {
        ours.get(&path).await.assert_is(200);
        let foreign = theirs.get(&path).await;
        foreign.assert_is(404);
        let list = path.rsplit_once('/').unwrap().0;
        let unknown = theirs.get(&format!("{list}/nothing")).await;
        assert_eq!(essence(&foreign), essence(&unknown));
    }
}

/// A new operation that names an object belongs into the test above.
#[tokio::test]
async fn every_operation_that_names_an_object_is_tested() {
    let (_, _, paths) = bench().await;
    let keyed = operations()
        .into_iter()
        .filter(|o| o.is_keyed() && o.path.contains('{'));
    let mut templates: Vec<&str> = keyed.map(|o| o.path.rsplit_once('/').unwrap().0).collect();
    templates.sort_unstable();
    let mut tested: Vec<&str> = paths
        .iter()
        .map(|p| p.rsplit_once('/').unwrap().0)
        .collect();
    tested.sort_unstable();
    assert_eq!(templates, tested);
}

/// I02
#[tokio::test]
async fn lists_hold_their_own_environments_objects_alone() {
    let (ours, theirs, _) = bench().await;
    for list in [
        "channel-connections",
        "channel-endpoints",
        "connect-attempts",
    ] {
        let count = |answer: Answer| answer.json()["totalCount"].clone();
        assert_eq!(count(ours.get(&format!("/v1/{list}")).await), 1);
        assert_eq!(count(theirs.get(&format!("/v1/{list}")).await), 0);
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
    ours.subscribe("only-ours").await;
    let body = with("subscriberId", "only-ours");
    ours.mint(&body).await.assert_is(201);
    theirs.mint(&body).await.assert_is(404);
}
