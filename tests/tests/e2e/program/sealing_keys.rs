//! The sealing keys: without the right ones nothing starts, and nothing is written.

use std::fs;

use tieline_tests::{Home, SUBSCRIBER, Stage};

/// What `serve` complains of in this home.
async fn refused(home: &Home) -> String {
    home.run(&["serve", "--listen", "127.0.0.1:0"])
        .await
        .failed()
}

#[tokio::test]
async fn without_its_key_file_a_database_is_not_served() {
    let home = Home::prepared().await;
    let aside = home.path().join("aside.toml");
    fs::rename(home.key_file(), &aside).expect("it can be moved");
    for arguments in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["integrations", "list"],
    ] {
        let told = home.run(arguments).await.failed();
        assert!(told.contains(&*home.key_file().to_string_lossy()), "{told}");
        assert!(told.contains("is missing"), "{told}");
    }
    assert!(
        !home.key_file().exists(),
        "no other one is made in its place"
    );
    fs::rename(aside, home.key_file()).expect("it can be moved back");
    home.tell(&["integrations", "list"]).await;
}

#[tokio::test]
async fn with_the_key_file_of_another_installation_a_database_is_not_served() {
    let (home, other) = (Home::prepared().await, Home::empty());
    other.tell(&["subscribers", "create", SUBSCRIBER]).await;
    fs::copy(other.key_file(), home.key_file()).expect("it can be copied");
    let told = refused(&home).await;
    assert!(told.contains("sealed with"), "{told}");
}

/// T26
#[tokio::test]
async fn a_key_file_that_makes_no_sense_is_named_and_not_quoted() {
    let home = Home::prepared().await;
    let text = fs::read_to_string(home.key_file()).expect("it is there");
    let key = text.lines().find_map(|line| line.strip_prefix("key = \""));
    let key = key.expect("a key").trim_end_matches('"').to_owned();
    let database = fs::read(home.data_dir().join("tieline.db")).expect("it is there");
    for broken in broken_files(&text, &key) {
        fs::write(home.key_file(), &broken).expect("it can be written");
        let told = refused(&home).await;
        assert!(told.contains("sealing-keys.toml"), "{told}");
        assert!(!told.contains(&key[..20]), "{told}");
        let after = fs::read(home.data_dir().join("tieline.db")).expect("it is there");
        assert!(after == database, "something was written: {told}");
    }
}

/// Where there is no database yet, none is made.
#[tokio::test]
async fn with_a_bad_key_file_no_database_is_made() {
    let home = Home::empty();
    home.tell(&["sealing-keys", "new"]).await;
    let text = fs::read_to_string(home.key_file()).expect("it is there");
    let key = text.lines().find_map(|line| line.strip_prefix("key = \""));
    let key = key.expect("a key").trim_end_matches('"').to_owned();
    for broken in broken_files(&text, &key) {
        fs::write(home.key_file(), &broken).expect("it can be written");
        refused(&home).await;
        let files = fs::read_dir(home.data_dir()).expect("the folder");
        assert_eq!(files.count(), 1, "the key file alone");
    }
}

/// Key files that are not to be taken: each is a good one, spoiled.
fn broken_files(text: &str, key: &str) -> Vec<String> {
    let second = text
        .replace("[[state]]", "[[storage]]")
        .replace("\"f1\"", "\"s1\"");
    vec![
        String::new(),
        "nonsense".to_owned(),
        text.replace(key, &key[..20]),
        text.replace(key, &format!("{key}{key}")),
        text.replace(key, ""),
        text.replace(key, "vault:v1:wrapped"),
        text.replace("[[storage]]", "[[stowage]]"),
        text.replace("[[state]]", "[[storage]]"),
        text.replace("\"s1\"", "\"s-1\""),
        format!("{text}{second}"),
    ]
}

#[tokio::test]
async fn a_key_file_that_cannot_be_read_is_named() {
    let home = Home::prepared().await;
    fs::remove_file(home.key_file()).expect("it can be removed");
    // Whoever runs the tests may be allowed to read every file, but nobody reads a folder.
    fs::create_dir(home.key_file()).expect("a folder");
    for arguments in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["sealing-keys", "list"],
        &["sealing-keys", "rotate", "storage"],
    ] {
        let told = home.run(arguments).await.failed();
        assert!(told.contains("sealing-keys.toml"), "{told}");
        assert!(told.contains("cannot be read"), "{told}");
    }
}

#[tokio::test]
async fn keys_may_come_from_elsewhere() {
    let mut home = Home::prepared().await;
    let elsewhere = home.path().join("keys.toml");
    fs::rename(home.key_file(), &elsewhere).expect("it can be moved");
    home.set("SEALING_KEYS_PATH", elsewhere.to_string_lossy());
    home.tell(&["integrations", "list"]).await;
    home.unset("SEALING_KEYS_PATH");
    home.set(
        "SEALING_KEYS",
        fs::read_to_string(&elsewhere).expect("it is there"),
    );
    home.tell(&["integrations", "list"]).await;
    home.unset("SEALING_KEYS");
    home.set("SEALING_KEYS_FILE", elsewhere.to_string_lossy());
    home.tell(&["integrations", "list"]).await;
}

/// The data folder moves to another machine with its key file: everything goes on.
#[tokio::test]
async fn data_and_keys_together_are_the_whole_installation() {
    let mut stage = Stage::start().await;
    stage.connect_slack(&serde_json::json!({})).await;
    stage.server.ask_to_end();
    assert!(stage.server.ended().await.success());
    let moved = Home::empty();
    fs::rename(stage.server.home.data_dir(), moved.data_dir()).expect("it can be moved");
    let server = tieline_tests::Server::start(moved).await;
    let api = tieline_tests::Api::of(&server);
    assert_eq!(api.only_connection().await["subscriberId"], SUBSCRIBER);
}
