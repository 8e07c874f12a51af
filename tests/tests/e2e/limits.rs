//! How much is worked on at once.

use serde_json::json;
use tieline_sandbox::{Endpoint, Fault};
use tieline_tests::{Browser, Stage, until};

/// T19
#[tokio::test]
async fn beyond_what_can_be_worked_on_is_a_503_and_nothing_is_spent() {
    let stage = Stage::start_with(|setup| setup.home.set("CONCURRENT_REQUESTS", "1")).await;
    stage
        .control
        .fault_once(Endpoint::SlackOauthV2Access, Fault::Hang);
    let [hanging, second] = [stage.mint("slack").await, stage.mint("slack").await];
    let callback = Browser::new().callback(&hanging.url).await;
    let _visit = tokio::spawn(stage.api.http.get(callback).send());
    until("the code is sent", async || {
        (stage.control.count(Endpoint::SlackOauthV2Access) == 1).then_some(())
    })
    .await;

    let callback = Browser::new().callback(&second.url).await;
    let page = Browser::new().open(&callback).await;
    assert_eq!(page.status, 503);
    assert!(
        page.words().contains("more to do than it can"),
        "{}",
        page.words()
    );
    assert_eq!(stage.control.count(Endpoint::SlackOauthV2Access), 1);
    // The API has places of its own.
    stage.mint_with("slack", &json!({})).await;
    assert_eq!(stage.api.get("/readyz").await.status, 200);
}
