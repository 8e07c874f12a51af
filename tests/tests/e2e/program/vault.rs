//! Sealing keys that a key management service wraps.

use std::fs;

use serde_json::json;
use tieline_testkit::vault::FakeVault;
use tieline_tests::{Home, SUBSCRIBER, Server, Stage};

const ADD: &[&str] = &["sealing-keys", "add", "storage"];
const LIST: &[&str] = &["sealing-keys", "list"];

/// Has everything in this home ask for keys there.
fn lead_to(vault: &FakeVault, home: &mut Home) {
    home.set("SEALING_KEYS_KMS", vault.key_url("tieline"));
    home.set("SEALING_KEYS_KMS_TOKEN", FakeVault::TOKEN);
}

/// What `serve` complains of in this home, without telling the token.
async fn refused(home: &Home) -> String {
    let told = home
        .run(&["serve", "--listen", "127.0.0.1:0"])
        .await
        .failed();
    assert!(!told.contains(FakeVault::TOKEN), "{told}");
    told
}

fn keys(home: &Home) -> Vec<String> {
    let text = fs::read_to_string(home.key_file()).expect("the key file");
    let keys = text
        .lines()
        .filter_map(|line| line.strip_prefix("key = \""));
    keys.map(|key| key.trim_end_matches('"').to_owned())
        .collect()
}

#[tokio::test]
async fn a_first_start_makes_wrapped_keys_and_each_start_unwraps_them_once() {
    let vault = FakeVault::start().await;
    let mut home = Home::empty();
    lead_to(&vault, &mut home);
    home.set("LOG", "trace");
    let mut server = Server::start(home).await;
    let wrapped = keys(&server.home);
    assert_eq!(wrapped.len(), 2);
    assert!(
        wrapped.iter().all(|key| key.starts_with("vault:v1:")),
        "{wrapped:?}"
    );
    let api = tieline_tests::Api::of(&server);
    api.made("/v2/subscribers", &json!({ "subscriberId": SUBSCRIBER }))
        .await;
    server.kill().await;
    let before = vault.requests().len();
    server.start_again().await;
    api.read(&format!("/v2/subscribers/{SUBSCRIBER}")).await;
    let asked: Vec<_> = vault.requests().into_iter().skip(before).collect();
    assert_eq!(asked.len(), 2, "once for each key");
    assert!(
        asked
            .iter()
            .all(|it| it.path == "/v1/transit/decrypt/tieline")
    );

    // In memory alone is what it answered.
    let said = server.log_to_its_end().await + &server.printed();
    assert!(
        said.contains("vault transit"),
        "it is logged that it was asked"
    );
    for request in vault.requests() {
        let mut secrets = vec![FakeVault::TOKEN.to_owned()];
        for name in ["plaintext", "ciphertext"] {
            secrets.extend(request.body[name].as_str().map(str::to_owned));
        }
        assert!(secrets.iter().all(|secret| !said.contains(secret)));
    }
}

#[tokio::test]
async fn plain_keys_become_wrapped_ones_and_everything_opens_as_before() {
    let vault = FakeVault::start().await;
    let mut stage = Stage::start().await;
    stage.connect_slack(&json!({})).await;
    let plain = keys(&stage.server.home);
    stage.server.kill().await;
    let home = &mut stage.server.home;
    let told = home.run(&["sealing-keys", "wrap"]).await.failed();
    assert!(told.contains("sealing_keys_kms"), "{told}");
    lead_to(&vault, home);
    home.tell(&["sealing-keys", "wrap"]).await;
    assert!(keys(home).iter().all(|key| key.starts_with("vault:v1:")));
    assert!(keys(home).iter().all(|key| !plain.contains(key)));
    vault.rotate();
    home.tell(&["sealing-keys", "wrap"]).await;
    assert!(keys(home).iter().all(|key| key.starts_with("vault:v2:")));
    let listed = home.tell(LIST).await;
    assert!(
        listed.contains("wrapped") && !listed.contains("plain"),
        "{listed}"
    );
    stage.server.start_again().await;
    let connection = stage.api.only_connection().await;
    let identifier = connection["identifier"].as_str().expect("an identifier");
    let path = format!("/v1/channel-connections/{identifier}/verify");
    let reply = stage
        .api
        .send(reqwest::Method::POST, &path, &json!({}))
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

#[tokio::test]
async fn wrapped_keys_are_rotated_and_retired_like_any_other() {
    let vault = FakeVault::start().await;
    let mut home = Home::empty();
    lead_to(&vault, &mut home);
    home.tell(&["subscribers", "create", SUBSCRIBER]).await;
    home.tell(ADD).await;
    home.tell(&["sealing-keys", "rotate", "storage"]).await;
    home.tell(&["sealing-keys", "retire", "storage", "s1", "--at-once"])
        .await;
    assert_eq!(keys(&home).len(), 2);
    home.tell(&["integrations", "list"]).await;
}

/// T26: whatever is wrong with the service, it is named, and nothing is written.
#[tokio::test]
async fn without_the_service_nothing_starts_and_nothing_is_written() {
    let vault = FakeVault::start().await;
    let mut home = Home::empty();
    lead_to(&vault, &mut home);
    // Neither a key file nor a database where there was none.
    for (status, told) in [
        (403, "token"),
        (404, "transit"),
        (503, "sealed"),
        (500, "HTTP 500"),
    ] {
        vault.fail(status, r#"{"errors":["canary"]}"#);
        let refused = refused(&home).await;
        assert!(
            refused.contains(told) && !refused.contains("canary"),
            "{refused}"
        );
        assert!(!home.data_dir().exists(), "{refused}");
    }
    vault.recover();
    home.tell(&["subscribers", "create", SUBSCRIBER]).await;
    let database = home.data_dir().join("tieline.db");
    let before = (fs::read(&database).expect("it is there"), keys(&home));
    let mut wrong = Vec::new();
    vault.fail(403, "{}");
    wrong.push(refused(&home).await);
    vault.recover();
    // Wrapped with another key, in the eyes of the one that is set now.
    home.set("SEALING_KEYS_KMS", vault.key_url("another"));
    wrong.push(refused(&home).await);
    home.set(
        "SEALING_KEYS_KMS",
        "http://vault.example/v1/transit/keys/tieline",
    );
    wrong.push(refused(&home).await);
    home.unset("SEALING_KEYS_KMS");
    wrong.push(refused(&home).await);
    let told = [
        "token",
        "another key",
        "sealing_keys_kms: must have the form",
        "is wrapped",
    ];
    for (wrong, told) in wrong.iter().zip(told) {
        assert!(wrong.contains(told), "{wrong}");
    }
    let after = (fs::read(&database).expect("it is there"), keys(&home));
    assert!(after == before, "something was written");
    lead_to(&vault, &mut home);
    drop(vault);
    let refused = refused(&home).await;
    assert!(refused.contains("connection refused"), "{refused}");
}

#[tokio::test]
async fn a_key_that_cannot_be_wrapped_is_not_added() {
    let vault = FakeVault::start().await;
    let mut home = Home::empty();
    lead_to(&vault, &mut home);
    home.tell(&["sealing-keys", "new"]).await;
    let before = keys(&home);
    for (status, body) in [
        (403, "{}"),
        (200, r#"{"data":{"ciphertext":"\"\n[[storage]]"}}"#),
    ] {
        vault.fail(status, body);
        drop(home.run(ADD).await.failed());
        assert_eq!(keys(&home), before);
    }
}
