//! `tieline audit`: who did what, and whether the log is whole.

use std::fs;

use tieline_tests::{Home, Stage};

/// Makes a key whose name stands in the log.
async fn make_key(home: &Home, name: &str) {
    home.tell(&["api-keys", "create", "--name", name]).await;
}

#[tokio::test]
async fn what_was_done_is_listed_with_whoever_did_it() {
    let home = Home::prepared().await;
    make_key(&home, "zebra-1").await;
    make_key(&home, "zebra-2").await;
    let listed = home.tell(&["audit", "list"]).await;
    let last = listed.lines().last().unwrap_or_default();
    assert!(last.contains("operator  api_key.created"), "{listed}");
    assert!(last.contains("name=zebra-2  role=admin"), "{listed}");
    let latest = home.tell(&["audit", "list", "--limit", "1"]).await;
    assert_eq!(latest.trim_end(), last);
    let created = ["audit", "list", "--action", "integration.created"];
    let listed = home.tell(&created).await;
    let lines: Vec<_> = listed.lines().collect();
    assert_eq!(lines.len(), 2, "{listed}");
    assert!(
        lines.iter().all(|line| line.contains("operator")),
        "{listed}"
    );
    let slack = home.tell(&["audit", "list", "--subject", "slack"]).await;
    assert_eq!(slack.lines().count(), 1, "{slack}");
    let nobody = home.tell(&["audit", "list", "--actor", "provider"]).await;
    assert_eq!(nobody, "");
    let refused = home.run(&["audit", "list", "--action", "nonsense"]).await;
    assert!(refused.failed().contains("name of an action"));
}

/// Over HTTP it is the key's doing, and a flow is the person's.
#[tokio::test]
async fn the_log_of_a_server_names_keys_and_people() {
    let stage = Stage::start().await;
    let minted = stage.mint("slack").await;
    let attempt = minted.attempt.clone();
    stage.allow(&minted, tieline_tests::Browser::new()).await;
    let home = &stage.server.home;
    let listed = home
        .tell(&["audit", "list", "--action", "connection.created"])
        .await;
    assert!(listed.contains(&format!("person:{attempt}")), "{listed}");
}

#[tokio::test]
async fn a_log_that_is_whole_is_said_to_be() {
    let home = Home::prepared().await;
    home.tell(&["environments", "create", "Production"]).await;
    let told = home.tell(&["audit", "verify"]).await;
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines.len(), 2, "{told}");
    for (line, name) in lines
        .iter()
        .zip(["Development: ", "Production: 1 events, "])
    {
        assert!(line.starts_with(name), "{told}");
        assert!(line.contains("whole; the last one's hash is "), "{told}");
    }
    let one = ["audit", "verify", "--environment", "Production"];
    assert_eq!(home.tell(&one).await.trim_end(), lines[1]);
    // It leads to the same end until something more is done.
    make_key(&home, "another").await;
    let later = home.tell(&["audit", "verify"]).await;
    let (later, before) = (later.lines().next(), lines.first().copied());
    assert_ne!(later, before);
}

/// Whoever can write the file can change what stands in it, and does not get the hashes right.
#[tokio::test]
async fn a_log_that_was_changed_is_broken_where_it_was() {
    let home = Home::prepared().await;
    make_key(&home, "zebra-1").await;
    make_key(&home, "last").await;
    // It closes the database, so that all of it is in the one file.
    home.tell(&["migrate"]).await;
    let file = home.data_dir().join("tieline.db");
    let mut bytes = fs::read(&file).expect("the database");
    let (from, to) = (b"\"zebra-1\"", b"\"zebra-2\"");
    let places: Vec<_> = (0..bytes.len() - from.len())
        .filter(|at| bytes[*at..].starts_with(from))
        .collect();
    assert_eq!(places.len(), 1, "in the details of one event");
    bytes[places[0]..][..to.len()].copy_from_slice(to);
    fs::write(&file, bytes).expect("a file that is ours");
    let ended = home.run(&["audit", "verify"]).await;
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    let told = &ended.stdout;
    assert!(
        told.starts_with("Development: BROKEN after event "),
        "{told}"
    );
    assert!(told.contains("name=zebra-2"), "{told}");
}
