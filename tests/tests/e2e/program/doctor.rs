//! `tieline doctor`: what is well, and each thing that was broken on purpose.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::Value;
use tieline_tests::{Finished, Home, SUBSCRIBER, Server, Stage};

/// What the doctor found, as JSON.
struct Report(Finished);

impl Report {
    async fn of(home: &Home) -> Self {
        Self::with(home, &[]).await
    }

    async fn with(home: &Home, more: &[&str]) -> Self {
        Self(home.run(&[&["doctor", "--json"], more].concat()).await)
    }

    fn findings(&self) -> Vec<Value> {
        let report: Value = serde_json::from_str(&self.0.stdout).expect("JSON");
        report["findings"].as_array().expect("findings").clone()
    }

    fn not_good(&self) -> Vec<Value> {
        let found = self.findings().into_iter();
        found.filter(|found| found["state"] != "good").collect()
    }

    /// The only things that are not good are these: what was looked at, how good it is, and words
    /// of what is told. Each says how to mend it.
    #[track_caller]
    fn complains_of(&self, expected: &[(&str, &str, &str)]) {
        let found = self.not_good();
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, (what, state, told)) in found.iter().zip(expected) {
            assert_eq!(
                (&found["what"], &found["state"]),
                (&(*what).into(), &(*state).into())
            );
            assert!(
                found["told"].as_str().is_some_and(|it| it.contains(told)),
                "{found:#}"
            );
            assert!(
                found["mend"].as_str().is_some_and(|it| it.len() > 20),
                "{found:#}"
            );
        }
        let is_bad = expected.iter().any(|(_, state, _)| *state == "bad");
        assert_eq!(self.0.status.code(), Some(i32::from(is_bad)));
    }

    /// Among others this is bad.
    #[track_caller]
    fn says_bad(&self, what: &str, told: &str) {
        let found = self.not_good();
        let is_it = |it: &Value| {
            let words = it["told"].as_str().is_some_and(|it| it.contains(told));
            it["what"] == what && it["state"] == "bad" && words && it["mend"].is_string()
        };
        assert!(found.iter().any(is_it), "{found:#?}");
        assert_eq!(self.0.status.code(), Some(1));
    }
}

/// A stage whose home knows the address of its server, as an operator's settings would.
async fn stage() -> Stage {
    let mut stage = Stage::start().await;
    let public = stage.server.url("/");
    stage.server.home.set("PUBLIC_URL", public);
    stage
}

#[tokio::test]
async fn of_a_healthy_installation_everything_is_good() {
    let stage = stage().await;
    let home = &stage.server.home;
    let report = Report::with(home, &["--ask-providers"]).await;
    report.complains_of(&[]);
    let looked_at: Vec<_> = report
        .findings()
        .iter()
        .map(|it| it["what"].clone())
        .collect();
    for what in [
        "configuration",
        "database",
        "migrations",
        "disk",
        "key file",
        "Redis",
        "public URL",
        "slack (Development)",
        "msteams (Development)",
        "slack",
        "msteams",
        "clock",
    ] {
        assert!(looked_at.contains(&what.into()), "{what}: {looked_at:?}");
    }
    let text = home.tell(&["doctor"]).await;
    assert!(text.ends_with(" good, 0 to know of, 0 bad.\n"), "{text}");
}

#[tokio::test]
async fn it_changes_nothing() {
    let home = Home::empty();
    let report = Report::of(&home).await;
    assert_eq!(report.findings()[1]["what"], "database");
    assert_eq!(report.findings()[1]["state"], "warning");
    assert!(!home.data_dir().exists(), "nothing is made");
}

#[tokio::test]
async fn settings_that_cannot_be_read_are_named() {
    let home = Home::empty();
    fs::write(home.path().join("tieline.toml"), "lisen = \"x\"\n").expect("room");
    let report = Report::of(&home).await;
    report.complains_of(&[("configuration", "bad", "there is no setting lisen")]);
}

#[tokio::test]
async fn a_variable_that_no_setting_is_called_is_named() {
    let mut stage = stage().await;
    stage.server.home.set("LISEN", "127.0.0.1:1");
    let report = Report::of(&stage.server.home).await;
    report.complains_of(&[("configuration", "warning", "TIELINE_LISEN")]);
}

#[tokio::test]
async fn a_public_url_over_plain_http_is_bad() {
    let mut stage = stage().await;
    stage
        .server
        .home
        .set("PUBLIC_URL", "http://connect.invalid");
    let report = Report::of(&stage.server.home).await;
    report.says_bad("configuration", "http://connect.invalid/");
    report.says_bad("public URL", "connect.invalid leads to no address");
}

#[tokio::test]
async fn proxies_that_are_everybody_are_bad() {
    let mut stage = stage().await;
    let home = &mut stage.server.home;
    home.set("TRUSTED_PROXIES", "127.0.0.1");
    Report::of(home).await.complains_of(&[]);
    home.set("TRUSTED_PROXIES", "127.0.0.1, ::/0");
    let report = Report::of(home).await;
    report.complains_of(&[("configuration", "bad", "names every address")]);
}

#[tokio::test]
async fn a_sandbox_behind_a_real_address_is_told_of() {
    let mut stage = stage().await;
    stage
        .server
        .home
        .set("PUBLIC_URL", "https://connect.invalid");
    stage
        .server
        .home
        .set("BOOTSTRAP_API_KEY", "bootstrap-key-0123456789");
    let report = Report::of(&stage.server.home).await;
    report.complains_of(&[
        ("configuration", "warning", "allow_private_addresses is on"),
        ("configuration", "warning", "trusted_proxies is empty"),
        ("configuration", "warning", "bootstrap_api_key is set"),
        ("configuration", "warning", "slack_base_url"),
        ("configuration", "warning", "entra_base_url"),
        ("configuration", "warning", "graph_base_url"),
        ("configuration", "warning", "bot_framework_base_url"),
        ("public URL", "bad", "leads to no address"),
    ]);
    assert!(
        !report.0.stdout.contains("0123456789"),
        "no secret is shown"
    );
}

#[tokio::test]
async fn a_sandbox_that_may_not_be_called_is_bad() {
    let mut stage = stage().await;
    stage.server.home.set("ALLOW_PRIVATE_ADDRESSES", "false");
    let report = Report::of(&stage.server.home).await;
    report.says_bad(
        "configuration",
        "not called while allow_private_addresses is off",
    );
    report.says_bad("slack", "address refused");
    report.says_bad("msteams", "address refused");
}

#[tokio::test]
async fn a_server_that_does_not_run_or_is_somebody_elses_is_told_of() {
    let mut stage = stage().await;
    stage
        .server
        .home
        .set("PUBLIC_URL", stage.sandbox.slack_base_url());
    let report = Report::of(&stage.server.home).await;
    report.complains_of(&[("public URL", "bad", "Somebody else than Tieline")]);
    let public = stage.server.url("/");
    stage.server.home.set("PUBLIC_URL", public);
    stage.server.kill().await;
    let report = Report::of(&stage.server.home).await;
    report.complains_of(&[("public URL", "warning", "Nobody listens")]);
}

#[tokio::test]
async fn a_key_file_that_everybody_can_read_is_bad() {
    let stage = stage().await;
    let mode = fs::Permissions::from_mode(0o644);
    fs::set_permissions(stage.server.home.key_file(), mode).expect("it is ours");
    let report = Report::of(&stage.server.home).await;
    report.complains_of(&[("key file", "bad", "Everybody on this machine can read")]);
}

#[tokio::test]
async fn a_key_file_of_another_installation_is_bad() {
    let (stage, other) = (stage().await, Home::empty());
    other.tell(&["subscribers", "create", SUBSCRIBER]).await;
    fs::copy(other.key_file(), stage.server.home.key_file()).expect("it can be copied");
    let report = Report::of(&stage.server.home).await;
    report.complains_of(&[("key file", "bad", "sealed with")]);
}

#[tokio::test]
async fn a_key_file_that_is_gone_or_makes_no_sense_is_bad() {
    let stage = stage().await;
    let file = stage.server.home.key_file();
    fs::write(&file, "canary = 7\n").expect("it can be written");
    let report = Report::of(&stage.server.home).await;
    report.complains_of(&[("key file", "bad", "not in the expected form")]);
    assert!(!report.0.stdout.contains("canary"));
    fs::remove_file(&file).expect("it is there");
    let report = Report::of(&stage.server.home).await;
    report.complains_of(&[("key file", "bad", "is not there")]);
    assert!(!file.exists(), "no other one is made");
}

#[tokio::test]
async fn tables_that_are_not_there_are_bad_and_stay_away() {
    let home = Home::empty();
    home.tell(&["migrate"]).await;
    let database = home.data_dir().join("tieline.db");
    // An empty file is a database of ours to be.
    for beside in ["tieline.db-wal", "tieline.db-shm"] {
        let _ = fs::remove_file(home.data_dir().join(beside));
    }
    fs::write(&database, "").expect("it can be written");
    let report = Report::of(&home).await;
    report.says_bad("migrations", "were not applied");
    let again = Report::of(&home).await;
    again.says_bad("migrations", "were not applied");
}

#[tokio::test]
async fn a_database_that_cannot_be_used_is_bad() {
    let mut stage = stage().await;
    let elsewhere = stage.server.home.path().join("no-database");
    fs::write(
        &elsewhere,
        "something else, and much longer than a header\n".repeat(99),
    )
    .expect("room");
    for (url, told) in [
        (
            format!("sqlite://{}", elsewhere.display()),
            "is not a database of Tieline",
        ),
        (
            format!("sqlite://{}/x.db", elsewhere.display()),
            "cannot be reached",
        ),
        ("mysql://localhost/x".to_owned(), "database_url"),
    ] {
        stage.server.home.set("DATABASE_URL", url);
        let report = Report::of(&stage.server.home).await;
        report.says_bad("database", told);
        let looked_at = report.findings();
        assert!(
            looked_at.iter().any(|it| it["what"] == "slack"),
            "the rest is looked at"
        );
    }
}

#[tokio::test]
async fn a_provider_that_is_away_or_refuses_the_credentials_is_told_of() {
    let stage = stage().await;
    let home = &stage.server.home;
    home.integration("slack", "other", ("1.2", "wrong"), &[])
        .await;
    Report::of(home).await.complains_of(&[]);
    let asked = Report::with(home, &["--ask-providers"]).await;
    asked.complains_of(&[("other (Development)", "bad", "The provider was asked")]);

    let Stage {
        server, sandbox, ..
    } = stage;
    sandbox.stop().await;
    let report = Report::of(&server.home).await;
    report.says_bad("slack", "connection refused");
    report.says_bad("msteams", "connection refused");
}

#[tokio::test]
async fn without_an_integration_nobody_can_connect() {
    let mut server = Server::start(Home::empty()).await;
    let public = server.url("/");
    server.home.set("PUBLIC_URL", public);
    let report = Report::of(&server.home).await;
    report.complains_of(&[("integrations", "warning", "nobody can connect")]);
}

#[tokio::test]
async fn redis_that_is_away_is_bad_and_its_password_is_not_shown() {
    let mut stage = stage().await;
    let port = tieline_tests::free_port();
    let url = format!("redis://somebody:hush-hush@127.0.0.1:{port}");
    stage.server.home.set("REDIS_URL", url);
    let report = Report::of(&stage.server.home).await;
    report.complains_of(&[("Redis", "bad", "cannot be used")]);
    assert!(!report.0.stdout.contains("hush"), "{}", report.0.stdout);
    stage.server.home.set("REDIS_URL", "http://hush-hush");
    let report = Report::of(&stage.server.home).await;
    report.says_bad("Redis", "redis_url");
    assert!(!report.0.stdout.contains("hush"), "{}", report.0.stdout);
}
