//! The integration's own `redirectUrl`: where the person ends up in the end.

use serde_json::json;
use tieline_sandbox::{Endpoint, Fault};
use tieline_tests::{Browser, SLACK, Stage, param, with_param};
use url::Url;

/// A stage with the integration `returning`, which sends people to the sandbox's first page.
async fn returning() -> (Stage, Url) {
    let stage = Stage::start().await;
    let target = with_param(stage.sandbox.url(), "from", "tieline");
    let more = [("redirectUrl", target.as_str())];
    let home = &stage.server.home;
    home.integration("slack", "returning", SLACK, &more).await;
    (stage, target)
}

fn names(url: &Url) -> Vec<String> {
    url.query_pairs()
        .map(|(name, _)| name.into_owned())
        .collect()
}

#[tokio::test]
async fn whoever_connected_is_sent_there_with_the_outcome() {
    let (stage, target) = returning().await;
    let minted = stage.mint("returning").await;
    let mut browser = Browser::new();
    let callback = browser.callback(&minted.url).await;
    let answer = browser.get(&callback).await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));

    let landed = browser.get(&answer.location.expect("a location")).await.url;
    assert_eq!(landed.origin(), target.origin());
    assert_eq!(names(&landed), ["from", "status", "connectionIdentifier"]);
    assert_eq!(param(&landed, "status").as_deref(), Some("completed"));
    let connection = stage.api.only_connection().await;
    assert_eq!(
        param(&landed, "connectionIdentifier").as_deref(),
        connection["identifier"].as_str()
    );

    let again = browser.get(&callback).await;
    assert_eq!(
        again.location,
        Some(landed),
        "a second visit ends there as well"
    );
}

/// B15
#[tokio::test]
async fn whoever_declined_is_sent_there_with_the_reason_alone() {
    let (stage, _) = returning().await;
    let minted = stage.mint("returning").await;
    let mut browser = Browser::new();
    let callback = browser.cancelled_callback(&minted.url).await;
    let callback = with_param(&callback, "error_description", "<script>alert(1)</script>");
    let landed = browser.open(&callback).await.url;
    assert_eq!(names(&landed), ["from", "status", "code"]);
    assert_eq!(param(&landed, "status").as_deref(), Some("denied"));
    assert_eq!(param(&landed, "code").as_deref(), Some("access_denied"));
    assert!(!landed.as_str().contains("script"));
}

#[tokio::test]
async fn a_failure_of_the_providers_leads_there_as_well() {
    let (stage, _) = returning().await;
    stage.control.fault(
        Endpoint::SlackOauthV2Access,
        Fault::Status(500, String::new()),
    );
    let more = json!({ "connectionIdentifier": "wished-for" });
    let minted = stage.mint_with("returning", &more).await;
    let landed = Browser::new().allow(&minted.url).await.url;
    assert_eq!(names(&landed), ["from", "status", "code"]);
    assert_eq!(param(&landed, "code").as_deref(), Some("provider_error"));
}

#[tokio::test]
async fn a_state_that_is_not_ours_leads_nowhere_else() {
    let (stage, target) = returning().await;
    let minted = stage.mint("returning").await;
    let callback = Browser::new().callback(&minted.url).await;
    let page = Browser::new()
        .open(&with_param(&callback, "state", "nonsense"))
        .await;
    assert_eq!(page.status, 400);
    assert_ne!(page.url.origin(), target.origin());
}

/// A04, A05
#[tokio::test]
async fn a_redirect_url_that_could_lead_astray_is_refused_when_it_is_saved() {
    let stage = Stage::start().await;
    for (number, unfit) in [
        "http://app.example/",
        "//evil.test",
        "https:\\\\evil.test",
        "https://ok.test@evil.test",
        "https://ok.test/#fragment",
        "javascript:alert(1)",
        "https://ok.test/\r\nX: 1",
        "/relative",
    ]
    .iter()
    .enumerate()
    {
        let identifier = format!("unfit-{number}");
        let create = [
            "integrations",
            "create",
            "--provider",
            "slack",
            "--identifier",
            &identifier,
        ];
        let credentials =
            json!({ "clientId": "1.2", "secretKey": "hush-hush", "redirectUrl": unfit });
        let home = &stage.server.home;
        let told = home
            .run_with_input(&create, &credentials.to_string())
            .await
            .failed();
        assert!(told.contains("redirectUrl must be"), "{unfit}: {told}");
        assert!(!told.contains("hush-hush"));
    }
}
