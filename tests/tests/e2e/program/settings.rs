//! Settings: file, environment, flags.

use std::fs;

use tieline_tests::{Api, Home, Server, free_port};

/// Has the program read this settings file; answers what it complains of.
async fn refused(text: &str) -> String {
    let home = Home::empty();
    fs::write(home.path().join("tieline.toml"), text).expect("it can be written");
    home.run(&["environments", "list"]).await.failed()
}

#[tokio::test]
async fn an_unknown_setting_is_refused_by_name() {
    let told = refused("lisen = \"127.0.0.1:1\"\n").await;
    assert!(told.contains("there is no setting lisen"), "{told}");
}

#[tokio::test]
async fn a_setting_of_the_wrong_form_is_refused_by_name() {
    for (text, name) in [
        ("listen = \"here\"", "listen"),
        ("listen = 3100", "listen"),
        ("public_url = \"connect.example\"", "public_url"),
        ("public_url = \"ftp://connect.example\"", "public_url"),
        ("public_url = \"https://u:p@connect.example\"", "public_url"),
        (
            "public_url = \"https://connect.example/?a=b\"",
            "public_url",
        ),
        (
            "allow_private_addresses = \"perhaps\"",
            "allow_private_addresses",
        ),
        ("log = \"a=b=c\"", "log"),
        ("log_format = \"xml\"", "log_format"),
        ("slack_base_url = \"slack\"", "slack_base_url"),
        ("trusted_proxies = \"10.0.0.0/99\"", "trusted_proxies"),
        (
            "trusted_proxies_header = \"x-real-ip\"",
            "trusted_proxies_header",
        ),
        ("client_connections = \"many\"", "client_connections"),
    ] {
        let told = refused(text).await;
        assert!(told.contains(&format!("setting {name}")), "{text}: {told}");
    }
}

#[tokio::test]
async fn a_secret_of_the_wrong_form_is_not_quoted() {
    let told = refused("bootstrap_api_key = [\"hush-hush\"]").await;
    assert!(
        told.contains("bootstrap_api_key") && !told.contains("hush"),
        "{told}"
    );
    let mut home = Home::empty();
    home.set("BOOTSTRAP_API_KEY", "hush hush hush");
    let told = home
        .run(&["serve", "--listen", "127.0.0.1:0"])
        .await
        .failed();
    assert!(
        told.contains("bootstrap_api_key") && !told.contains("hush"),
        "{told}"
    );
}

/// However it is wrong, and whoever says so.
#[tokio::test]
async fn the_password_in_a_databases_url_is_shown_nowhere() {
    let away = format!("127.0.0.1:{}", free_port());
    for url in [
        "mysql://somebody:hush-hush@localhost/x".to_owned(),
        "postgress://somebody:hush-hush@localhost/x".to_owned(),
        "hush-hush".to_owned(),
        "postgres://somebody:hush-hush@localhost:port/x".to_owned(),
        format!("postgres://somebody:hush-hush@{away}/x?sslcert=hush"),
    ] {
        let mut home = Home::empty();
        home.set("DATABASE_URL", &url);
        home.set("REDIS_URL", format!("redis://somebody:hush-hush@{away}"));
        home.set("LOG", "trace");
        for arguments in [
            &["environments", "list"][..],
            &["serve", "--listen", "127.0.0.1:0"],
            &["doctor"],
            &["doctor", "--json"],
        ] {
            let ended = home.run(arguments).await;
            let told = format!("{}{}", ended.stdout, ended.stderr);
            assert!(!ended.status.success(), "{url} {arguments:?}: {told}");
            assert!(!told.contains("hush"), "{url} {arguments:?}: {told}");
            assert!(told.contains("atabase"), "{url} {arguments:?}: {told}");
        }
        let help = home.tell(&["serve", "--help"]).await;
        assert!(
            !help.contains("hush") && !help.contains("--database-url"),
            "{help}"
        );
    }
    let told = refused("database_url = [\"hush-hush\"]").await;
    assert!(
        told.contains("setting database_url is malformed") && !told.contains("hush"),
        "{told}"
    );
}

#[tokio::test]
async fn a_settings_file_that_is_named_must_be_there() {
    let told = Home::empty()
        .run(&["environments", "list", "--config", "gone.toml"])
        .await
        .failed();
    assert!(told.contains("gone.toml"), "{told}");
}

#[tokio::test]
async fn flags_win_over_the_environment_and_that_over_the_file() {
    let mut home = Home::empty();
    let file = "data_dir = \"of-file\"\nlog = \"off\"\n";
    fs::write(home.path().join("own.toml"), file).expect("it can be written");
    // The harness names a data folder in the environment.
    home.tell(&["environments", "list", "--config", "own.toml"])
        .await;
    assert!(!home.path().join("of-file").exists());
    home.tell(&[
        "environments",
        "list",
        "--config",
        "own.toml",
        "--data-dir",
        "of-flag",
    ])
    .await;
    assert!(home.path().join("of-flag/tieline.db").exists());
    home.set("DATA_DIR", "");
    home.tell(&["environments", "list", "--config", "own.toml"])
        .await;
    assert!(
        home.path().join("of-file/tieline.db").exists(),
        "what is empty is not set"
    );
}

#[tokio::test]
async fn a_secret_may_come_from_a_file() {
    let mut home = Home::prepared().await;
    let path = home.path().join("key.txt");
    fs::write(&path, "key-from-a-file-0123456789\n").expect("it can be written");
    home.set("BOOTSTRAP_API_KEY_FILE", path.to_string_lossy());
    home.set("BOOTSTRAP_API_KEY", "both-are-set-0123");
    let told = home.run(&["environments", "list"]).await.failed();
    let expected = "set TIELINE_BOOTSTRAP_API_KEY or TIELINE_BOOTSTRAP_API_KEY_FILE, not both";
    assert!(told.contains(expected), "{told}");

    home.unset("BOOTSTRAP_API_KEY");
    let server = Server::start(home).await;
    let api = Api::of(&server).with_key("key-from-a-file-0123456789");
    assert_eq!(api.get("/v1/connect-attempts").await.status, 200);
}

#[tokio::test]
async fn a_secrets_file_that_is_not_there_is_named() {
    let mut home = Home::empty();
    home.set("BOOTSTRAP_API_KEY_FILE", "/nowhere/key.txt");
    let told = home.run(&["environments", "list"]).await.failed();
    assert!(
        told.contains("TIELINE_BOOTSTRAP_API_KEY_FILE names /nowhere/key.txt"),
        "{told}"
    );
}

#[tokio::test]
async fn a_database_elsewhere_is_used() {
    let mut home = Home::empty();
    let path = home.path().join("elsewhere.db");
    home.set("DATABASE_URL", format!("sqlite://{}", path.display()));
    home.tell(&["environments", "list"]).await;
    assert!(path.exists() && !home.data_dir().join("tieline.db").exists());
    home.set("DATABASE_URL", "mysql://localhost/x");
    let told = home.run(&["environments", "list"]).await.failed();
    assert!(told.contains("database_url"), "{told}");
}
