//! `tieline sealing-keys`: keys come and go, and every secret opens all the while.

use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt, path::Path};

use reqwest::Method;
use serde_json::{Value, json};
use tieline_tests::{Api, Browser, Home, SUBSCRIBER, Server, Stage, until};
use tokio::process::Child;

const ROTATE: &[&str] = &["sealing-keys", "rotate", "storage"];
const LIST: &[&str] = &["sealing-keys", "list"];

/// So many connections and endpoints there are, each with a secret.
const MANY: usize = 20;

/// How often a rotation is killed.
const KILLS: usize = 16;

async fn add(home: &Home, part: &str) -> String {
    let told = home.tell(&["sealing-keys", "add", part]).await;
    told.trim().to_owned()
}

/// How many values a key of what is stored sealed, by the list; nothing if it is not there.
async fn sealed_by(home: &Home, id: &str) -> Option<u64> {
    let told = home.tell(LIST).await;
    let mut lines = told
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let line = lines.find(|words| words.starts_with(&["storage", id]))?;
    Some(line.last()?.parse().expect("a number"))
}

async fn retire(home: &Home, more: &[&str]) -> Result<String, String> {
    let arguments = [&["sealing-keys", "retire"], more].concat();
    let ended = home.run(&arguments).await;
    if ended.status.success() {
        Ok(ended.stdout)
    } else {
        Err(ended.stderr)
    }
}

/// A home whose database has many secrets that `s1` sealed, and whose key file has `s2` beside it.
async fn filled() -> Home {
    let mut server = Server::start(Home::prepared().await).await;
    let api = Api::of(&server);
    for number in 0..MANY {
        let connection = json!({
            "integrationIdentifier": "slack", "subscriberId": SUBSCRIBER,
            "workspace": { "id": format!("T{number}") },
            "auth": { "accessToken": format!("xoxb-token-{number}") },
        });
        api.made("/v1/channel-connections", &connection).await;
        let endpoint = json!({
            "integrationIdentifier": "slack", "subscriberId": SUBSCRIBER, "type": "webhook",
            "endpoint": { "url": format!("https://hooks.example.com/{number}") },
        });
        api.made("/v1/channel-endpoints", &endpoint).await;
    }
    server.ask_to_end();
    assert!(server.ended().await.success());
    let home = copy(&server.home);
    assert_eq!(add(&home, "storage").await, "s2");
    assert!(sealed_by(&home, "s1").await >= Some(2 * MANY as u64));
    home
}

/// Another home with the same data.
fn copy(home: &Home) -> Home {
    let other = Home::empty();
    fs::create_dir(other.data_dir()).expect("a folder");
    for file in fs::read_dir(home.data_dir()).expect("the data") {
        let file = file.expect("a file");
        // The journal of refreshes is empty, and made anew.
        if file.path().is_file() {
            fs::copy(file.path(), other.data_dir().join(file.file_name())).expect("a copy");
        }
    }
    other
}

/// Begins a rotation of one value at a time, and waits until it has told of so many.
async fn rotating(home: &Home, steps: usize) -> Child {
    home.begin(&[ROTATE, &["--batch", "1"]].concat(), steps)
        .await
}

/// Seals everything with one key and then with the other: each value is opened for that.
async fn everything_opens(home: &Home) {
    for id in ["s1", "s2"] {
        home.tell(&[ROTATE, &["--to", id]].concat()).await;
    }
    assert_eq!(sealed_by(home, "s1").await, Some(0));
}

#[tokio::test]
async fn a_key_takes_anothers_place_while_a_server_serves() {
    let mut stage = Stage::start_with(|setup| {
        setup.home.set("VERIFY_MEMORY_SECONDS", "0");
    })
    .await;
    stage.connect_slack(&json!({})).await;
    let connection = stage.api.only_connection().await;
    assert_eq!(add(&stage.server.home, "storage").await, "s2");
    stage.server.kill().await;
    stage.server.start_again().await;

    let told = stage.server.home.run(ROTATE).await;
    assert!(
        told.stderr.contains("s2 seals from now on"),
        "{}",
        told.stderr
    );
    assert!(told.succeeded().contains("s2 seals."));
    verified(&stage.api, &connection).await;
    // The server follows by itself: what it seals in the end is sealed with the new key.
    until("the server seals with the new key", async || {
        let before = sealed_by(&stage.server.home, "s2").await?;
        stage
            .api
            .made(
                "/v1/api-keys",
                &json!({ "name": "another", "role": "read" }),
            )
            .await;
        (sealed_by(&stage.server.home, "s2").await? > before).then_some(())
    })
    .await;
    stage.server.home.tell(ROTATE).await;
    assert_eq!(sealed_by(&stage.server.home, "s1").await, Some(0));

    let refused = retire(&stage.server.home, &["storage", "s1"])
        .await
        .expect_err("too soon");
    assert!(refused.contains("--at-once"), "{refused}");
    stage.server.kill().await;
    retire(&stage.server.home, &["storage", "s1", "--at-once"])
        .await
        .expect("nothing needs it");
    assert_eq!(sealed_by(&stage.server.home, "s1").await, None);
    stage.server.start_again().await;
    verified(&stage.api, &connection).await;
}

async fn verified(api: &Api, connection: &Value) {
    let identifier = connection["identifier"].as_str().expect("an identifier");
    let path = format!("/v1/channel-connections/{identifier}/verify");
    let reply = api.send(Method::POST, &path, &json!({})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

/// T27: after a kill at any point everything opens, and another rotation finishes.
#[tokio::test]
async fn wherever_a_rotation_is_killed_everything_opens_and_another_finishes() {
    let filled = filled().await;
    let all = sealed_by(&filled, "s1").await.expect("it is there");
    let mut between = 0;
    for kill in 0..KILLS {
        let home = copy(&filled);
        // From before the first step to one near the end.
        let steps = kill * usize::try_from(all).expect("few") / KILLS;
        let mut child = rotating(&home, steps).await;
        child.kill().await.expect("it can be killed");
        let left = sealed_by(&home, "s1").await.expect("it is there");
        between += usize::from(0 < left && left < all);
        home.tell(ROTATE).await;
        assert_eq!(sealed_by(&home, "s1").await, Some(0));
        assert_eq!(sealed_by(&home, "s2").await, Some(all));
        everything_opens(&home).await;
    }
    assert!(between > KILLS / 2, "{between} were killed in the middle");
}

#[tokio::test]
async fn two_rotations_at_once_do_no_harm() {
    let home = filled().await;
    let (mut one, mut two) = tokio::join!(rotating(&home, 1), rotating(&home, 1));
    for child in [&mut one, &mut two] {
        assert!(child.wait().await.expect("its end").success());
    }
    assert_eq!(sealed_by(&home, "s1").await, Some(0));
    everything_opens(&home).await;
}

#[tokio::test]
async fn a_key_that_is_needed_is_not_retired() {
    let home = filled().await;
    let refused = |refused: Result<String, String>, told: &str| {
        let refused = refused.expect_err("it is needed");
        assert!(refused.contains(told), "{refused}");
    };
    refused(
        retire(&home, &["storage", "s1", "--at-once"]).await,
        "the key that seals",
    );
    refused(
        retire(&home, &["storage", "s9"]).await,
        "there is no storage key",
    );
    refused(
        retire(&home, &["state", "f1"]).await,
        "the state key that seals",
    );
    let mut child = rotating(&home, 10).await;
    child.kill().await.expect("it can be killed");
    let left = sealed_by(&home, "s1").await.expect("it is there");
    let told = format!("{left} stored values");
    refused(retire(&home, &["storage", "s1", "--at-once"]).await, &told);
    refused(
        retire(&home, &["storage", "s1", "--at-once"]).await,
        "tieline sealing-keys rotate storage",
    );
    home.tell(ROTATE).await;
    retire(&home, &["storage", "s1", "--at-once"])
        .await
        .expect("nothing needs it");
    refused(
        retire(&home, &["storage", "s2", "--at-once"]).await,
        "the key that seals",
    );
}

/// A server that does not know the new key ends rather than seal what others cannot open.
#[tokio::test]
async fn a_server_without_the_new_key_ends_and_does_not_start_again() {
    let mut server = Server::start(Home::prepared().await).await;
    let keys = server.home.path().join("both.toml");
    fs::copy(server.home.key_file(), &keys).expect("a copy");
    let mut operator = Home::empty();
    operator.set("SEALING_KEYS_PATH", keys.to_string_lossy());
    let file = server.home.data_dir().join("tieline.db");
    operator.set("DATABASE_URL", format!("sqlite://{}", file.display()));
    add(&operator, "storage").await;
    operator.tell(ROTATE).await;
    assert!(!server.ended().await.success());
    assert!(server.log().contains("\\\"s2\\\""), "{}", server.log());
    let refused = server.home.run(&["serve", "--listen", "127.0.0.1:0"]).await;
    let refused = refused.failed();
    assert!(refused.contains("\"s2\""), "{refused}");
}

#[tokio::test]
async fn what_the_old_key_sealed_is_gone_from_the_disk() {
    let home = filled().await;
    let header = |id: &str| [&[1, 2], id.as_bytes()].concat();
    let found = |id: &str| {
        let bytes = bytes_of(&home.data_dir());
        bytes
            .windows(4)
            .filter(|window| *window == header(id))
            .count()
    };
    assert!(found("s1") > MANY);
    home.tell(ROTATE).await;
    retire(&home, &["storage", "s1", "--at-once"])
        .await
        .expect("nothing needs it");
    assert_eq!(found("s1"), 0);
    assert!(found("s2") > MANY);
}

/// Everything in a folder but the key file.
fn bytes_of(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for file in fs::read_dir(folder).expect("a folder") {
        let path = file.expect("a file").path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            bytes.extend(fs::read(path).expect("its content"));
        }
    }
    bytes
}

#[tokio::test]
async fn a_state_key_takes_anothers_place_and_urls_live_on() {
    let mut stage = Stage::start().await;
    let before = stage.mint("slack").await;
    assert_eq!(add(&stage.server.home, "state").await, "f2");
    let told = stage
        .server
        .home
        .tell(&["sealing-keys", "rotate", "state"])
        .await;
    assert!(told.starts_with("f2 is the first"), "{told}");
    stage.server.kill().await;
    stage.server.start_again().await;
    let (page, _) = stage.allow(&before, Browser::new()).await;
    assert_eq!(page.status, 200);

    let after = stage.mint("slack").await;
    retire(&stage.server.home, &["state", "f1"])
        .await
        .expect("another one seals");
    stage.server.kill().await;
    stage.server.start_again().await;
    let (page, _) = stage.allow(&after, Browser::new()).await;
    assert_eq!(page.status, 200);
}

#[tokio::test]
async fn of_many_who_add_at_once_each_adds_a_key() {
    let home = Home::prepared().await;
    let mut adding = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let mut command = home.command(&["sealing-keys", "add", "storage"]);
        adding.spawn(async move { command.output().await.expect("it ends") });
    }
    let added: BTreeSet<_> = adding
        .join_all()
        .await
        .into_iter()
        .map(|it| it.stdout)
        .collect();
    assert_eq!(added.len(), 8);
    for number in 2..=9 {
        assert_eq!(sealed_by(&home, &format!("s{number}")).await, Some(0));
    }
}

#[tokio::test]
async fn a_key_file_is_for_its_owner_alone_and_no_command_shows_a_key() {
    let home = Home::empty();
    let mut said = String::new();
    for arguments in [
        &["sealing-keys", "new"][..],
        &["subscribers", "create", SUBSCRIBER],
        &["sealing-keys", "add", "storage"],
        &["sealing-keys", "add", "state"],
        LIST,
        ROTATE,
        &["sealing-keys", "rotate", "state"],
        &["sealing-keys", "retire", "storage", "s1", "--at-once"],
        &["sealing-keys", "retire", "state", "f1"],
        LIST,
    ] {
        let text = fs::read_to_string(home.key_file()).unwrap_or_default();
        let ended = home.run(arguments).await;
        said += &ended.stderr.clone();
        said += &ended.succeeded();
        let keys = text
            .lines()
            .filter_map(|line| line.strip_prefix("key = \""));
        for key in keys.map(|key| key.trim_end_matches('"')) {
            assert_eq!(key.len(), 44);
            assert!(!said.contains(key), "{arguments:?}");
        }
        let mode = fs::metadata(home.key_file())
            .expect("the key file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{arguments:?}");
    }
    let entries = fs::read_dir(home.data_dir()).expect("the data").flatten();
    let files: Vec<_> = entries.filter(|entry| entry.path().is_file()).collect();
    assert_eq!(files.len(), 2, "the database and the key file: {files:?}");
}

#[tokio::test]
async fn a_key_file_that_is_there_is_not_made_anew() {
    let home = Home::prepared().await;
    let before = fs::read(home.key_file()).expect("the key file");
    let refused = home.run(&["sealing-keys", "new"]).await.failed();
    assert!(refused.contains("already"), "{refused}");
    assert_eq!(fs::read(home.key_file()).expect("the key file"), before);
}

#[tokio::test]
async fn keys_that_are_no_file_are_not_changed() {
    let mut home = Home::prepared().await;
    home.set(
        "SEALING_KEYS",
        fs::read_to_string(home.key_file()).expect("the key file"),
    );
    for arguments in [
        &["sealing-keys", "new"][..],
        &["sealing-keys", "add", "storage"],
        &["sealing-keys", "rotate", "state"],
        &["sealing-keys", "retire", "storage", "s1"],
    ] {
        let refused = home.run(arguments).await.failed();
        assert!(refused.contains("the setting sealing_keys"), "{refused}");
    }
    home.tell(LIST).await;
    home.tell(ROTATE).await;
}

/// Where a link leads to the file, the file is changed and the link stays.
#[tokio::test]
async fn a_link_to_the_key_file_stays_one() {
    let home = Home::prepared().await;
    let real = home.path().join("real.toml");
    fs::rename(home.key_file(), &real).expect("it can be moved");
    std::os::unix::fs::symlink(&real, home.key_file()).expect("a link");
    add(&home, "storage").await;
    assert!(home.key_file().is_symlink());
    assert!(
        fs::read_to_string(real)
            .expect("the file")
            .contains("\"s2\"")
    );
}
