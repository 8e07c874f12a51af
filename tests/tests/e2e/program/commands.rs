//! The commands and their help.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;
use tieline_tests::{BOOTSTRAP_KEY, Home, Server};

/// The subcommands that a help text names.
fn subcommands(help: &str) -> Vec<&str> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    let named = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    named
        .filter_map(|line| line.split_whitespace().next())
        .collect()
}

#[tokio::test]
async fn every_command_has_its_help() {
    let home = Home::empty();
    let mut open = vec![Vec::<String>::new()];
    let mut seen = 0;
    while let Some(command) = open.pop() {
        let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        arguments.push("--help");
        let help = home.tell(&arguments).await;
        assert!(help.contains("Usage: tieline"), "{command:?}: {help}");
        assert!(
            help.lines().next().is_some_and(|line| line.len() > 10),
            "{help}"
        );
        seen += 1;
        for subcommand in subcommands(&help) {
            open.push([&command[..], &[subcommand.to_owned()]].concat());
        }
    }
    assert!(seen > 15, "{seen} commands");
    assert!(!home.data_dir().exists(), "help makes nothing");
}

#[tokio::test]
async fn an_unknown_command_is_refused() {
    let told = Home::empty().run(&["conect"]).await.failed();
    assert!(told.contains("conect"), "{told}");
}

#[tokio::test]
async fn the_tables_are_brought_up_to_date_once() {
    let home = Home::empty();
    let first = home.tell(&["migrate"]).await;
    assert!(
        !first.contains("up to date") && !first.is_empty(),
        "{first}"
    );
    assert_eq!(
        home.tell(&["migrate"]).await,
        "The tables are up to date.\n"
    );
}

#[tokio::test]
async fn a_key_is_shown_once() {
    let home = Home::prepared().await;
    let key = home
        .tell(&[
            "api-keys", "create", "--name", "back end", "--role", "connect",
        ])
        .await;
    let key = key.trim();
    assert!(key.starts_with("tl_") && key.len() > 40, "{key}");
    let listed = home.tell(&["api-keys", "list"]).await;
    assert!(
        listed.contains("back end") && listed.contains("connect"),
        "{listed}"
    );
    assert!(listed.contains("live") && !listed.contains(key), "{listed}");
}

#[tokio::test]
async fn integrations_subscribers_and_environments_are_made_and_listed() {
    let home = Home::prepared().await;
    let listed = home.tell(&["integrations", "list"]).await;
    assert!(
        listed.contains("slack") && listed.contains("msteams"),
        "{listed}"
    );
    assert!(!listed.contains("secret"), "{listed}");
    let made = home.tell(&["subscribers", "create", "s2"]).await;
    assert_eq!(made, "s2 is made\n");
    assert_eq!(
        home.tell(&["subscribers", "create", "s2"]).await,
        "s2 was there already\n"
    );
    home.tell(&["environments", "create", "Production"]).await;
    let listed = home.tell(&["environments", "list"]).await;
    let names: Vec<_> = listed
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1))
        .collect();
    assert_eq!(names, ["Development", "Production"]);
    assert!(
        home.run(&["environments", "create", "Production"])
            .await
            .failed()
            .contains("exists")
    );
    let lost = home
        .run(&["api-keys", "list", "--environment", "Staging"])
        .await
        .failed();
    assert!(lost.contains("Staging"), "{lost}");
}

#[tokio::test]
async fn credentials_that_cannot_be_are_refused_without_being_quoted() {
    let home = Home::prepared().await;
    let create = [
        "integrations",
        "create",
        "--provider",
        "slack",
        "--identifier",
        "new",
    ];
    for (credentials, told) in [
        ("hush-hush", "one JSON object"),
        ("{\"clientId\":\"hush-hush\"", "one JSON object"),
        (
            "{\"clientId\":5,\"secretKey\":\"hush-hush\"}",
            "one JSON object",
        ),
        ("{\"secretKey\":\"hush-hush\"}", "clientId is required"),
        (
            "{\"clientId\":\"1.2\",\"secretKey\":\"hush-hush\",\"secretkey\":\"x\"}",
            "secretkey is not",
        ),
        (
            "{\"clientId\":\"1.2\",\"secretKey\":\" hush-hush\"}",
            "secretKey must be",
        ),
    ] {
        let refused = home.run_with_input(&create, credentials).await.failed();
        assert!(refused.contains(told), "{credentials}: {refused}");
        assert!(!refused.contains("hush-hush"), "{refused}");
    }
    let twice = ["integrations", "create", "--provider", "slack"];
    let credentials = json!({ "clientId": "1.2", "secretKey": "s" }).to_string();
    let refused = home.run_with_input(&twice, &credentials).await.failed();
    assert!(refused.contains("already exists"), "{refused}");
    let other = ["integrations", "create", "--provider", "myspace"];
    let refused = home.run_with_input(&other, &credentials).await.failed();
    assert!(refused.contains("myspace is not known"), "{refused}");
}

#[tokio::test]
async fn what_is_kept_is_for_its_owner_alone() {
    let server = Server::start(Home::empty()).await;
    let data = server.home.data_dir();
    let mode = |path: &std::path::Path| path.metadata().expect("it is there").permissions().mode();
    assert_eq!(mode(&data) & 0o777, 0o700);
    let files: Vec<_> = std::fs::read_dir(&data)
        .expect("the data")
        .flatten()
        .collect();
    assert!(files.len() >= 2, "{files:?}");
    for file in files {
        let path = file.path();
        let own = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&path) & 0o777, own, "{}", path.display());
    }
}

#[tokio::test]
async fn a_server_that_is_asked_to_end_ends_well() {
    let mut server = Server::start(Home::empty()).await;
    let log = server.log_to_its_end().await;
    assert!(
        log.contains("shutting down") && log.contains("\"ended\""),
        "{log}"
    );
    assert!(!log.contains("ERROR") && !log.contains("WARN"), "{log}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let server = Server::start(Home::empty()).await;
    let address = server.url("/").authority().to_owned();
    let other = Home::empty();
    let told = other.run(&["serve", "--listen", &address]).await.failed();
    assert!(
        told.contains(&format!("cannot listen on {address}")),
        "{told}"
    );
}

#[tokio::test]
async fn a_bootstrap_key_that_was_revoked_does_not_come_back() {
    let mut server = Server::start(Home::empty()).await;
    let listed = server.home.tell(&["api-keys", "list"]).await;
    let id = listed.split_whitespace().next().expect("its id");
    server.home.tell(&["api-keys", "revoke", id]).await;
    server.ask_to_end();
    assert!(server.ended().await.success());
    server.home.set("BOOTSTRAP_API_KEY", BOOTSTRAP_KEY);
    let told = server
        .home
        .run(&["serve", "--listen", "127.0.0.1:0"])
        .await
        .failed();
    assert!(
        told.contains("revoked") && !told.contains(BOOTSTRAP_KEY),
        "{told}"
    );
}

#[tokio::test]
async fn a_start_again_makes_nothing_twice() {
    let mut server = Server::start(Home::empty()).await;
    for _ in 0..2 {
        server.kill().await;
        server.start_again().await;
    }
    assert_eq!(
        server
            .home
            .tell(&["api-keys", "list"])
            .await
            .lines()
            .count(),
        1
    );
    assert_eq!(
        server
            .home
            .tell(&["environments", "list"])
            .await
            .lines()
            .count(),
        1
    );
}
