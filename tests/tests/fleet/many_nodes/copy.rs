//! An installation grows up: from a file to Postgres.

use reqwest::Method;
use serde_json::json;
use tieline_tests::{Stage, TestDatabase};

#[tokio::test]
async fn what_was_copied_to_postgres_is_served_as_before() {
    let mut stage = Stage::start().await;
    let (page, _) = stage.connect_slack(&json!({})).await;
    assert_eq!(page.status, 200);
    let connection = stage.api.only_connection().await;
    stage.server.kill().await;
    let file = stage.server.home.data_dir().join("tieline.db");
    let (from, database) = (
        format!("sqlite://{}", file.display()),
        TestDatabase::empty(),
    );
    let to = database.url().to_string();
    let arguments = ["copy", "--from", &from, "--to", &to];
    for new in ["1", "0"] {
        let told = stage.server.home.tell(&arguments).await;
        let mut rows = told.lines();
        let row = rows.find(|row| row.starts_with("connections")).unwrap();
        let counts: Vec<_> = row.split_whitespace().skip(1).collect();
        assert_eq!(counts, ["1", new, "1"], "{told}");
    }

    stage.server.home.set("DATABASE_URL", &to);
    stage.server.start_again().await;
    assert_eq!(stage.api.only_connection().await, connection);
    let identifier = connection["identifier"].as_str().unwrap();
    let path = format!("/v1/channel-connections/{identifier}/verify");
    // Its token opens there, too: the provider takes it.
    let verified = stage.api.send(Method::POST, &path, &json!({})).await;
    assert_eq!(verified.status, 200, "{}", verified.json());
    // The server lets go of the database before that goes.
    stage.server.kill().await;
}
