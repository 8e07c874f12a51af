//! How much one address may ask, and how much is worked on at once.

use reqwest::Method;
use serde_json::json;
use tieline_sandbox::{Endpoint, Fault};
use tieline_tests::{Api, Browser, Reply, Stage, until};

const PATH: &str = "/v1/channel-connections";

/// Asks with a key that is none, and says to come from somewhere.
async fn wrong(stage: &Stage, number: u32, told: &str) -> Reply {
    let api = Api::of(&stage.server).with_key(&format!("tl_wrong-key-{number}"));
    let request = api.request(Method::GET, PATH);
    Reply::of(request.header("x-forwarded-for", told)).await
}

/// T14, T40: whatever it says of itself.
#[tokio::test]
async fn an_address_that_tries_keys_is_locked_out_and_good_ones_go_on() {
    let stage = Stage::start_with(|setup| setup.home.set("RATE_LIMIT_FAILURES", "3")).await;
    assert_eq!(stage.api.get(PATH).await.status, 200);
    for number in 0..3 {
        let told = format!("192.0.2.{number}");
        assert_eq!(wrong(&stage, number, &told).await.status, 401);
    }
    let refused = wrong(&stage, 4, "192.0.2.4").await;
    assert_eq!(refused.status, 429, "{}", refused.text);
    assert_eq!(refused.json()["code"], "too_many_failures");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(stage.api.get(PATH).await.status, 200);
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_address_counts_for_itself() {
    let stage = Stage::start_with(|setup| {
        setup.home.set("RATE_LIMIT_FAILURES", "3");
        setup.home.set("TRUSTED_PROXIES", "127.0.0.0/8, ::1");
    })
    .await;
    for number in 0..3 {
        let told = format!("203.0.113.{number}, 192.0.2.1");
        assert_eq!(wrong(&stage, number, &told).await.status, 401);
    }
    let refused = wrong(&stage, 4, "203.0.113.9, 192.0.2.1").await;
    assert_eq!(refused.status, 429, "{}", refused.text);
    assert_eq!(wrong(&stage, 5, "192.0.2.2").await.status, 401);
}

#[tokio::test]
async fn one_address_opens_so_many_pages_at_once() {
    let stage = Stage::start_with(|setup| setup.home.set("RATE_LIMIT_PAGES", "1")).await;
    let url = stage.server.url("/connect/x");
    for _ in 0..2 {
        assert_eq!(Browser::new().open(&url).await.status, 404);
    }
    // One more is free after a second, which may pass meanwhile.
    let page = until("it is refused", async || {
        let page = Browser::new().open(&url).await;
        (page.status == 429).then_some(page)
    })
    .await;
    assert!(
        page.words().contains("from your network"),
        "{}",
        page.words()
    );
}

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
