//! `tieline copy`: an installation moves to another database.

use reqwest::Method;
use serde_json::json;
use tieline_tests::{Home, Reply, Stage};

/// The URLs of the database of this home, and of another file beside it.
fn urls(home: &Home) -> [String; 2] {
    let own = home.data_dir().join("tieline.db");
    let other = home.data_dir().join("grown.db");
    [own, other].map(|path| format!("sqlite://{}", path.display()))
}

#[tokio::test]
async fn what_was_copied_is_served_as_before() {
    let mut stage = Stage::start().await;
    let (page, _) = stage.connect_slack(&json!({})).await;
    assert_eq!(page.status, 200);
    let connection = stage.api.only_connection().await;
    let first = make_context(&stage).await;
    assert_eq!(first.status, 201, "{}", first.text);
    stage.server.kill().await;
    let [from, to] = urls(&stage.server.home);
    let arguments = ["copy", "--from", &from, "--to", &to];
    let told = stage.server.home.tell(&arguments).await;
    let row = told
        .lines()
        .find(|line| line.starts_with("connections"))
        .unwrap();
    let counts: Vec<_> = row.split_whitespace().skip(1).collect();
    assert_eq!(counts, ["1", "1", "1"], "{told}");

    stage.server.home.set("DATABASE_URL", &to);
    stage.server.start_again().await;
    assert_eq!(stage.api.only_connection().await, connection);
    // Its token opens there, too: the provider takes it.
    let identifier = connection["identifier"].as_str().unwrap();
    let path = format!("/v1/channel-connections/{identifier}/verify");
    let verified = stage.api.send(Method::POST, &path, &json!({})).await;
    assert_eq!(verified.status, 200, "{}", verified.json());
    // What was done before is not done again.
    let again = make_context(&stage).await;
    assert_eq!((again.status, &again.text), (201, &first.text));
    assert_eq!(again.header("idempotency-replay"), Some("true"));
}

async fn make_context(stage: &Stage) -> Reply {
    let request = stage.api.request(Method::POST, "/v2/contexts");
    let request = request.header("idempotency-key", "moving");
    Reply::of(request.json(&json!({ "type": "tenant", "id": "acme" }))).await
}

#[tokio::test]
async fn a_copy_can_be_run_again_until_somebody_used_the_target() {
    let mut stage = Stage::start().await;
    stage.server.kill().await;
    let home = &mut stage.server.home;
    let [from, to] = urls(home);
    let arguments = ["copy", "--from", &from, "--to", &to];
    for _ in 0..2 {
        home.tell(&arguments).await;
    }
    home.set("DATABASE_URL", &to);
    home.tell(&["environments", "create", "Elsewhere"]).await;
    let told = home.run(&arguments).await.failed();
    assert!(told.contains("the environments differ"), "{told}");
}

#[tokio::test]
async fn a_source_that_is_not_there_is_not_made() {
    let home = Home::prepared().await;
    let [_, other] = urls(&home);
    let target = format!("{other}-2");
    let arguments = ["copy", "--from", &other, "--to", &target];
    let told = home.run(&arguments).await.failed();
    assert!(told.contains("is not there"), "{told}");
    assert!(!home.data_dir().join("grown.db").exists());
}
