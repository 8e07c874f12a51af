//! Sealing keys of many nodes: without the right ones nothing is written, and they are rotated
//! while all of them serve.

use std::{collections::BTreeSet, fs};

use reqwest::Method;
use serde_json::{Value, json};
use tieline_tests::{Api, Fleet, Home, SUBSCRIBER, Server, TestDatabase, until};

const ROTATE: &[&str] = &["sealing-keys", "rotate", "storage"];

/// An installation with something sealed in it, on Postgres.
async fn installed(database: &TestDatabase) -> Home {
    let mut home = Home::prepared().await;
    home.set("DATABASE_URL", database.url());
    home.tell(&["migrate"]).await;
    home.tell(&["subscribers", "create", SUBSCRIBER]).await;
    home.tell(&["api-keys", "create"]).await;
    home
}

/// What stands for all content of all tables.
fn content(database: &TestDatabase) -> Vec<String> {
    let tables = database.ask(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
    );
    assert!(tables.len() > 8, "{tables:?}");
    let of = |table: &String| {
        database.ask(&format!(
            "SELECT count(*) || md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} t"
        ))
    };
    tables.iter().flat_map(of).collect()
}

async fn refused(home: &Home) -> String {
    home.run(&["serve", "--listen", "127.0.0.1:0", "--migrate"])
        .await
        .failed()
}

/// T26
#[tokio::test]
async fn without_the_right_keys_nothing_is_served_and_nothing_is_written() {
    let database = TestDatabase::empty();
    let home = installed(&database).await;
    let text = fs::read_to_string(home.key_file()).expect("the key file");
    let key = text
        .lines()
        .find_map(|line| line.strip_prefix("key = \""))
        .expect("a key");
    let key = key.trim_end_matches('"');
    let other = Home::empty();
    other.tell(&["sealing-keys", "new"]).await;
    let foreign = fs::read_to_string(other.key_file()).expect("the key file");
    let before = content(&database);
    for (file, told) in [
        (foreign.clone(), "sealed with"),
        (foreign.replace("\"s1\"", "\"s9\""), "\"s1\""),
        (String::new(), "no [[storage]] key"),
        (text.replace(key, &key[..20]), "32 bytes"),
        (
            format!("{text}{}", text.replace("\"f1\"", "\"f2\"")),
            "twice",
        ),
        (text.replace(key, "vault:v1:wrapped"), "is wrapped"),
    ] {
        fs::write(home.key_file(), &file).expect("it can be written");
        let refused = refused(&home).await;
        assert!(refused.contains(told), "{refused}");
        assert!(!refused.contains(&key[..20]), "{refused}");
    }
    fs::remove_file(home.key_file()).expect("it can be removed");
    let missing = refused(&home).await;
    assert!(missing.contains("is missing"), "{missing}");
    assert!(
        !home.key_file().exists(),
        "no other one is made in its place"
    );
    assert_eq!(content(&database), before);
    fs::write(home.key_file(), &text).expect("it can be written");
    home.tell(&["integrations", "list"]).await;
}

/// Which keys sealed what is stored.
fn sealing_keys(database: &TestDatabase) -> BTreeSet<String> {
    let of = |column: &str, table: &str| {
        database.ask(&format!(
            "SELECT DISTINCT convert_from(substr({column}, 3, get_byte({column}, 1)), 'UTF8')
             FROM {table} WHERE {column} IS NOT NULL"
        ))
    };
    [
        of("value", "key_checks"),
        of("credentials", "integrations"),
        of("access_token", "connection_credentials"),
        of("signing_state", "api_keys"),
        of("secret", "endpoints"),
    ]
    .concat()
    .into_iter()
    .collect()
}

async fn verified(api: &Api, connection: &Value) {
    let identifier = connection["identifier"].as_str().expect("an identifier");
    let path = format!("/v1/channel-connections/{identifier}/verify");
    let reply = api.send(Method::POST, &path, &json!({})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

/// T27
#[tokio::test]
async fn a_key_takes_anothers_place_while_all_nodes_serve() {
    let mut fleet = Fleet::start_with(|setup| setup.set("VERIFY_MEMORY_SECONDS", "0")).await;
    fleet
        .operator
        .tell(&["sealing-keys", "add", "storage"])
        .await;
    for node in &mut fleet.nodes {
        node.kill().await;
        node.start_again().await;
    }
    let callback = fleet.allowed(&fleet.mint(0, "slack").await).await;
    assert_eq!(fleet.visit(1, &callback).await.status, 200);
    let connection = fleet.api(2).only_connection().await;
    let expected = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
    assert_eq!(sealing_keys(&fleet.database), expected(&["s1"]));

    fleet
        .operator
        .tell(&[ROTATE, &["--batch", "1"]].concat())
        .await;
    for api in fleet.apis() {
        verified(&api, &connection).await;
    }
    // All of them seal with the new key soon: what each makes then has no trace of the old one.
    for api in fleet.apis() {
        until("the node seals with the new key", async || {
            fleet.operator.tell(ROTATE).await;
            api.made(
                "/v1/api-keys",
                &json!({ "name": "another", "role": "read" }),
            )
            .await;
            (sealing_keys(&fleet.database) == expected(&["s2"])).then_some(())
        })
        .await;
    }
    let arguments = ["sealing-keys", "retire", "storage", "s1"];
    let refused = fleet.operator.run(&arguments).await.failed();
    assert!(refused.contains("try again after"), "{refused}");
    fleet
        .operator
        .tell(&[&arguments[..], &["--at-once"]].concat())
        .await;
    for node in &mut fleet.nodes {
        node.kill().await;
        node.start_again().await;
    }
    for api in fleet.apis() {
        verified(&api, &connection).await;
    }
}

/// Seals everything with one key and then with the other: each value is opened for that.
async fn everything_opens(operator: &Home) {
    for id in ["s1", "s2"] {
        operator.tell(&[ROTATE, &["--to", id]].concat()).await;
    }
}

/// T27: killed again and again, while others write.
#[tokio::test]
async fn a_rotation_that_is_killed_while_others_write_loses_nothing() {
    let database = TestDatabase::empty();
    let home = installed(&database).await;
    home.tell(&["sealing-keys", "add", "storage"]).await;
    let server = Server::start(home).await;
    let (home, api) = (&server.home, Api::of(&server));
    let slack = api.made("/v1/integrations", &integration()).await;
    for number in 0..15 {
        api.made("/v1/channel-endpoints", &webhook(number)).await;
    }
    let path = format!("/v1/integrations/{}", slack["_id"].as_str().expect("an id"));
    for (round, to) in ["s2", "s1", "s2", "s1", "s2"].into_iter().enumerate() {
        let arguments = [ROTATE, &["--batch", "1", "--to", to]].concat();
        let mut rotation = home.begin(&arguments, 3 + 4 * round).await;
        let renamed = json!({ "name": format!("round {round}") });
        let reply = api.send(Method::PUT, &path, &renamed).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        api.made("/v1/channel-endpoints", &webhook(100 + round))
            .await;
        rotation.kill().await.expect("it can be killed");
    }
    everything_opens(home).await;
    let integrations = api.read("/v1/integrations").await;
    assert_eq!(integrations[0]["name"], "round 4", "{integrations}");
    let endpoints = api.read("/v1/channel-endpoints?limit=100").await;
    assert_eq!(endpoints["data"].as_array().map(Vec::len), Some(20));
}

fn webhook(number: usize) -> Value {
    json!({
        "integrationIdentifier": "slack", "subscriberId": SUBSCRIBER, "type": "webhook",
        "endpoint": { "url": format!("https://hooks.example.com/{number}") },
    })
}

fn integration() -> Value {
    json!({
        "providerId": "slack", "channel": "chat", "identifier": "slack", "active": true,
        "credentials": { "clientId": "1.2", "secretKey": "a-secret" },
    })
}
