//! `/v1/audit-events`: who did what, and that it is written down.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tieline_domain::{
    api_key::{ApiKeyRight, ApiKeyRole, PresentedKey},
    connection::ChannelConnection,
    ports::{GrantedScopes, MockProviderClient},
};

use crate::bench::{Answer, Bench, TENANT, grants, state_of};

const PATH: &str = "/v1/audit-events";

async fn events(bench: &Bench, query: &str) -> Vec<Value> {
    let page = bench.get(&format!("{PATH}?limit=100&{query}")).await;
    page.assert_is(200);
    page.json()["data"].as_array().unwrap().clone()
}

/// The actor of the bench's key.
async fn actor(bench: &Bench) -> String {
    let presented = PresentedKey::parse(&bench.key).unwrap();
    let broker = &bench.api.broker;
    let key = broker
        .authenticate(Some(&presented), ApiKeyRole::Read)
        .await;
    format!("api_key:{}", key.unwrap().id)
}

async fn stored(bench: &Bench) -> ChannelConnection {
    let connection = bench.connection();
    bench.store(&connection, Vec::new()).await;
    connection
}

#[tokio::test]
async fn events_are_a_chain_newest_first() {
    let bench = Bench::start().await;
    let all = events(&bench, "").await;
    assert!(all.len() >= 4, "{all:?}");
    for (number, event) in all.iter().rev().enumerate() {
        assert_eq!(event["sequence"], number + 1);
    }
    for pair in all.windows(2) {
        assert_eq!(pair[0]["previousHash"], pair[1]["hash"]);
        assert_eq!(pair[0]["hash"].as_str().unwrap().len(), 64);
    }
    assert_eq!(all.last().unwrap()["previousHash"], "0".repeat(64));
    let oldest = events(&bench, "orderDirection=ASC").await;
    assert_eq!(oldest.into_iter().rev().collect::<Vec<_>>(), all);
}

#[tokio::test]
async fn an_event_says_who_did_what_to_which_object() {
    let bench = Bench::start().await;
    let body = json!({
        "identifier": "mine", "integrationIdentifier": "slack", "subscriberId": "ada",
        "workspace": { "id": "T1" }, "auth": { "accessToken": "canary" },
    });
    bench
        .post("/v1/channel-connections", &body)
        .await
        .assert_is(201);
    let event = &events(&bench, "").await[0];
    let expected = json!({
        "id": event["id"], "sequence": event["sequence"], "hash": event["hash"],
        "previousHash": event["previousHash"],
        "at": "2026-01-02T12:00:00.000Z",
        "actor": actor(&bench).await,
        "action": "connection.created",
        "subject": "mine",
        "details": { "integration": "slack", "workspace": "T1" },
    });
    assert_eq!(*event, expected);
}

#[tokio::test]
async fn events_are_found_by_actor_action_and_subject() {
    let bench = Bench::start().await;
    let other = bench.holding(&bench.key_of(ApiKeyRole::Admin).await);
    for (bench, identifier) in [(&bench, "one"), (&other, "two")] {
        bench.integrate("slack", identifier, &[]).await;
        let body = json!({
            "identifier": identifier, "integrationIdentifier": identifier, "subscriberId": "ada",
            "workspace": { "id": "T1" }, "auth": { "accessToken": "t" },
        });
        bench
            .post("/v1/channel-connections", &body)
            .await
            .assert_is(201);
    }
    let subjects = async |query: &str| -> Vec<String> {
        let found = events(&bench, query).await;
        let subjects = found.iter().map(|event| event["subject"].as_str().unwrap());
        subjects.map(str::to_owned).collect()
    };
    let by = |actor: String| format!("action=connection.created&actor={actor}");
    assert_eq!(subjects("action=connection.created").await, ["two", "one"]);
    assert_eq!(subjects(&by(actor(&bench).await)).await, ["one"]);
    assert_eq!(subjects(&by(actor(&other).await)).await, ["two"]);
    assert_eq!(subjects(&by("operator".to_owned())).await, [""; 0]);
    assert_eq!(subjects("subject=two").await, ["two", "two"]);
    assert_eq!(subjects("subject=none").await, [""; 0]);
    for (query, field) in [("actor=api_key", "actor"), ("action=token", "action")] {
        let refused = bench.get(&format!("{PATH}?{query}")).await;
        assert_eq!(refused.fields(), [field]);
    }
}

/// D11: whoever is shown a token is written down first.
#[tokio::test]
async fn tokens_that_are_shown_are_written_down() {
    let mut client = MockProviderClient::new();
    client
        .expect_verify()
        .returning(|_, _, _| Ok(GrantedScopes::new()));
    let bench = Bench::start().await.with(client);
    let (one, other) = (stored(&bench).await, stored(&bench).await);
    let teams = json!({
        "integrationIdentifier": "msteams", "subscriberId": "ada",
        "workspace": { "id": TENANT }, "auth": { "accessToken": "app-only" },
    });
    bench
        .post("/v1/channel-connections", &teams)
        .await
        .assert_is(201);
    let path = format!("/v1/channel-connections/{}", one.identifier);
    let key = bench.key_with(ApiKeyRole::Connect, &[ApiKeyRight::ReadTokens]);
    let (seeing, masked) = (bench.holding(&key.await), bench.holding(&bench.key));
    let read = async || -> Vec<String> {
        let found = events(&bench, "action=token.read&orderDirection=ASC").await;
        let subjects = found.iter().map(|event| event["subject"].as_str().unwrap());
        subjects.map(str::to_owned).collect()
    };
    for asking in [&masked, &seeing] {
        asking.get(&path).await.assert_is(200);
        asking
            .post(&format!("{path}/verify"), &json!({}))
            .await
            .assert_is(200);
        asking
            .get("/v1/channel-connections?orderDirection=ASC")
            .await
            .assert_is(200);
        asking
            .get("/v1/channel-connections?subscriberId=nobody")
            .await
            .assert_is(200);
        if asking.key == masked.key {
            assert_eq!(read().await, [""; 0]);
        }
    }
    let (one, other) = (one.identifier.to_string(), other.identifier.to_string());
    assert_eq!(read().await, [one.clone(), one.clone(), one, other]);
}

#[tokio::test]
async fn a_token_whose_reading_cannot_be_written_down_is_not_shown() {
    let bench = Bench::start().await;
    let seeing = bench.seeing().await;
    let connection = stored(&bench).await;
    let path = format!("/v1/channel-connections/{}", connection.identifier);
    let mut spared = 0;
    loop {
        bench.storage.fail_after(spared);
        let shown: Answer = seeing.get(&path).await;
        bench.storage.fail(0);
        if shown.status == 200 {
            break;
        }
        assert_eq!(shown.refusal(), (503, "unavailable".to_owned()));
        assert!(!shown.text().contains("xoxb"), "{}", shown.text());
        spared += 1;
    }
    // The key, the connection, the integration, the log.
    assert!(spared >= 4, "{spared}");
    assert_eq!(events(&bench, "action=token.read").await.len(), 1);
}

/// What a flow does, the person does who went through it.
#[tokio::test]
async fn a_flow_is_the_persons_own_doing() {
    let bench = Bench::start().await.with(grants("Acme"));
    let minted = bench.mint(&crate::bench::for_ada()).await;
    let id = minted.header("connect-attempt-id").unwrap().to_owned();
    let state = state_of(minted.json()["url"].as_str().unwrap());
    let query = [("state", &*state), ("code", "the-code")];
    bench.call_back(&query).await.assert_is(303);
    let made = events(&bench, "action=connection.created").await;
    assert_eq!(made[0]["actor"], format!("person:{id}"));
    let connection = &bench.get("/v1/channel-connections").await.json()["data"][0];
    let name = connection["identifier"].as_str().unwrap();
    let path = format!("/v1/channel-connections/{name}/reconnect");
    bench.post(&path, &json!({})).await.assert_is(201);
    let asked = events(&bench, "action=connection.reconnect_requested").await;
    assert_eq!(asked[0]["actor"], actor(&bench).await);
    assert_eq!(asked[0]["subject"], name);
}

/// Whatever a request does is its key's doing, under an idempotency key too.
#[tokio::test]
async fn what_a_request_does_is_done_by_its_key() {
    let bench = Bench::start().await;
    let before: BTreeSet<u64> = sequences(&events(&bench, "").await);
    let own = actor(&bench).await;
    let made = write_everything(&bench).await;
    let after = events(&bench, "").await;
    let new: Vec<_> = after
        .iter()
        .filter(|event| !before.contains(&event["sequence"].as_u64().unwrap()))
        .collect();
    let foreign: Vec<_> = new.iter().filter(|event| event["actor"] != own).collect();
    assert!(foreign.is_empty(), "{foreign:#?}");
    assert!(new.len() >= made, "{new:#?}");
    let actions: BTreeSet<_> = new.iter().map(|e| e["action"].as_str().unwrap()).collect();
    for action in [
        "api_key.created",
        "api_key.revoked",
        "api_key.rotated",
        "connection.created",
        "connection.deleted",
        "connection.replaced",
        "endpoint.created",
        "endpoint.deleted",
        "endpoint.updated",
        "integration.created",
        "integration.deleted",
        "integration.updated",
        "subscriber.deleted",
    ] {
        assert!(actions.contains(action), "{action} in {actions:?}");
    }
}

fn sequences(events: &[Value]) -> BTreeSet<u64> {
    let all = events.iter().map(|event| event["sequence"].as_u64());
    all.map(Option::unwrap).collect()
}

/// Makes, changes and deletes one of each kind; answers in how many requests.
async fn write_everything(bench: &Bench) -> usize {
    let mut requests = 0;
    let mut wrote = |answer: Answer| {
        assert!(answer.status.is_success(), "{}", answer.text());
        requests += 1;
        answer
    };
    let key = json!({ "name": "x", "role": "read" });
    let made = wrote(bench.post("/v1/api-keys", &key).await).json();
    let path = format!("/v1/api-keys/{}", made["id"].as_str().unwrap());
    wrote(bench.post(&format!("{path}/rotate"), &json!({})).await);
    wrote(bench.delete(&path).await);

    let integration = json!({
        "providerId": "slack", "channel": "chat", "identifier": "new", "active": true,
        "credentials": { "clientId": "1.2", "secretKey": "s" },
    });
    let made = wrote(bench.post("/v1/integrations", &integration).await).json();
    let integration = format!("/v1/integrations/{}", made["_id"].as_str().unwrap());
    wrote(bench.put(&integration, &json!({ "name": "New" })).await);

    let connection = json!({
        "identifier": "mine", "integrationIdentifier": "new", "subscriberId": "ada",
        "workspace": { "id": "T1" }, "auth": { "accessToken": "t" },
    });
    wrote(
        bench
            .post_once("/v1/channel-connections", &connection)
            .await,
    );
    let change = json!({ "workspace": { "id": "T2" }, "auth": { "accessToken": "t" } });
    wrote(bench.patch("/v1/channel-connections/mine", &change).await);
    let endpoint = json!({
        "subscriberId": "ada", "integrationIdentifier": "new", "connectionIdentifier": "mine",
        "type": "slack_channel", "endpoint": { "channelId": "C0123456789" },
    });
    let made = wrote(bench.post_once("/v1/channel-endpoints", &endpoint).await).json();
    let endpoint = format!(
        "/v1/channel-endpoints/{}",
        made["identifier"].as_str().unwrap()
    );
    let change = json!({ "endpoint": { "channelId": "C9876543210" } });
    wrote(bench.patch(&endpoint, &change).await);
    wrote(bench.delete(&endpoint).await);
    wrote(bench.delete("/v2/subscribers/ada").await);
    wrote(bench.delete(&integration).await);
    requests
}
