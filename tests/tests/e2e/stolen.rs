//! Who steals the SQLite file, and what lies beside it, has nothing: no secret is in the clear
//! while it is stored, after it was deleted, after its key was replaced.

use serde_json::json;
use tieline_sandbox::{Endpoint, Fault};
use tieline_tests::{SLACK, SUBSCRIBER, Stage, files_with, forms};

/// What the provider hands out here, and what is brought along.
const CANARIES: [&str; 5] = [
    "xoxb-canary-stolen-bot-token-7d1b",
    "xoxe-1-canary-stolen-refresh-token-7d1b",
    "xoxb-canary-stolen-imported-token-7d1b",
    "canaryStolenWebhook7d1b",
    SLACK.1,
];

/// What is no secret, and has to be found.
const WITNESS: &str = "witness-of-the-file-7d1b";

fn search(stage: &Stage, when: &str) {
    let folders = [stage.server.home.data_dir()];
    let witnesses = files_with(&folders, &[WITNESS.to_owned()]);
    assert!(
        witnesses.contains("tieline.db"),
        "the witness is not found {when}"
    );
    let forms: Vec<_> = CANARIES.iter().flat_map(|canary| forms(canary)).collect();
    assert_eq!(files_with(&folders, &forms), "", "a canary is found {when}");
}

/// T21
#[tokio::test]
async fn a_stolen_file_has_no_secret_in_the_clear() {
    let mut stage = Stage::start().await;
    let issued = json!({
        "access_token": CANARIES[0], "refresh_token": CANARIES[1], "expires_in": 43200,
    });
    let fault = Fault::SlackReplyPatch(issued);
    stage
        .control
        .fault_once(Endpoint::SlackOauthV2Access, fault);
    assert_eq!(stage.connect_slack(&json!({})).await.0.status, 200);
    let named = json!({ "integrationIdentifier": "slack", "subscriberId": SUBSCRIBER });
    let mut connection = named.clone();
    connection["workspace"] = json!({ "id": "T7D1B" });
    connection["auth"] = json!({ "accessToken": CANARIES[2] });
    stage.api.made("/v1/channel-connections", &connection).await;
    let mut endpoint = named;
    endpoint["type"] = json!("webhook");
    endpoint["endpoint"] = json!({ "url": format!("https://hooks.example.com/{}", CANARIES[3]) });
    stage.api.made("/v1/channel-endpoints", &endpoint).await;
    stage
        .api
        .made("/v2/subscribers", &json!({ "subscriberId": WITNESS }))
        .await;
    // With the log beside the file, in which everything was written first.
    assert!(stage.server.home.data_dir().join("tieline.db-wal").exists());
    search(&stage, "as long as it is stored");

    for list in ["channel-endpoints", "channel-connections"] {
        let reply = stage.api.read(&format!("/v1/{list}?limit=100")).await;
        for item in reply["data"].as_array().expect("a list") {
            let identifier = item["identifier"].as_str().expect("an identifier");
            assert_eq!(
                stage.api.deleted(&format!("/v1/{list}/{identifier}")).await,
                204
            );
        }
    }
    search(&stage, "after it was deleted");

    stage.server.ask_to_end();
    assert!(stage.server.ended().await.success());
    for arguments in [
        &["sealing-keys", "add", "storage"][..],
        &["sealing-keys", "rotate", "storage"],
        &["sealing-keys", "retire", "storage", "s1", "--at-once"],
    ] {
        stage.server.home.tell(arguments).await;
    }
    search(&stage, "after its key was replaced");
}
