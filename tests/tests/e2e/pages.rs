//! The pages that a person sees.

use serde_json::json;
use tieline_sandbox::{Channel, Person, Workspace};
use tieline_tests::{Browser, Page, SLACK, SUBSCRIBER, Stage, with_param};

/// B20
#[track_caller]
fn keeps_secrets(page: &Page) {
    assert_eq!(
        page.header("cache-control"),
        Some("no-store"),
        "{}",
        page.url
    );
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("set-cookie"), None);
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(
        !policy.contains("unsafe-inline") && !policy.contains("unsafe-eval"),
        "{policy}"
    );
    for outside in [
        "<script",
        "<iframe",
        "<img",
        "<link",
        "<form",
        " onload",
        " style=\"",
    ] {
        assert!(!page.text.contains(outside), "{outside}: {}", page.text);
    }
}

/// B20
#[tokio::test]
async fn no_answer_to_a_browser_is_kept_framed_or_told_on() {
    let stage = Stage::start().await;
    let (mut happy, mut unhappy, mut lost) = (Browser::new(), Browser::new(), Browser::new());
    happy.allow(&stage.mint("slack").await.url).await;
    happy.allow(&stage.mint("msteams").await.url).await;
    unhappy.cancel(&stage.mint("slack").await.url).await;
    lost.open(&stage.callback(&[("state", "nonsense")])).await;
    lost.open(&stage.server.url("/connect/nonsense")).await;
    lost.open(
        &stage
            .server
            .url("/connect/0198f3a2-7c11-7d7e-b0a4-5a3d5c6f7e80"),
    )
    .await;

    let own = stage.server.url("/").origin();
    let seen = [happy.seen, unhappy.seen, lost.seen].concat();
    let seen: Vec<_> = seen
        .iter()
        .filter(|page| page.url.origin() == own)
        .collect();
    assert!(seen.len() >= 9, "{}", seen.len());
    for page in seen {
        keeps_secrets(page);
    }
}

/// B20
#[tokio::test]
async fn the_last_address_holds_neither_code_nor_state() {
    let stage = Stage::start().await;
    for integration in ["slack", "msteams"] {
        for allowed in [true, false] {
            let minted = stage.mint(integration).await;
            let mut browser = Browser::new();
            let page = if allowed {
                browser.allow(&minted.url).await
            } else {
                browser.cancel(&minted.url).await
            };
            let expected = stage.server.url(&format!("/connect/{}", minted.attempt));
            assert_eq!(page.url, expected);
        }
    }
}

/// Behind a proxy that puts a path in front, the last page lies below that path as well.
#[tokio::test]
async fn the_way_to_the_last_page_keeps_the_path_of_a_proxy() {
    let stage = Stage::start().await;
    let minted = stage.mint("slack").await;
    let callback = Browser::new().cancelled_callback(&minted.url).await;
    let answer = Browser::new().get(&callback).await;
    let location = answer.header("location").expect("a location");
    let outside = format!("https://tools.example/tieline{}", callback.path());
    let outside = url::Url::parse(&outside).expect("a URL");
    let last = outside.join(location).expect("a URL");
    let expected = format!("https://tools.example/tieline/connect/{}", minted.attempt);
    assert_eq!(last.as_str(), expected);
}

#[tokio::test]
async fn the_policy_allows_the_very_style_sheet_of_the_page() {
    let stage = Stage::start().await;
    let (page, _) = stage.connect_slack(&json!({})).await;
    assert_eq!(page.select("style").len(), 1);
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("style-src 'sha256-"), "{policy}");
}

#[tokio::test]
async fn a_page_is_made_for_every_screen_and_reader() {
    let stage = Stage::start().await;
    let (page, _) = stage.connect_slack(&json!({})).await;
    assert!(
        page.header("content-type")
            .is_some_and(|it| it.starts_with("text/html"))
    );
    for needed in [
        "<html lang=\"en\">",
        "name=\"viewport\"",
        "name=\"robots\" content=\"noindex\"",
    ] {
        assert!(page.text.contains(needed), "{needed}");
    }
    assert_eq!(page.select("h1").len(), 1);
    assert_eq!(page.select("main").len(), 1);
    assert_eq!(page.select("title"), ["Connected"]);
}

/// The name of a workspace, like that of an environment, is somebody else's text.
#[tokio::test]
async fn a_hostile_name_is_text() {
    const HOSTILE: &str = "\"><script>alert('x')</script>&amp;";
    let stage = Stage::start_with(|setup| setup.sandbox.workspaces = vec![hostile(HOSTILE)]).await;
    let home = &stage.server.home;
    home.tell(&["environments", "create", HOSTILE]).await;
    let there = ["--environment", HOSTILE];
    let create = ["integrations", "create", "--provider", "slack"];
    let credentials = json!({ "clientId": SLACK.0, "secretKey": SLACK.1 }).to_string();
    let arguments = [&create[..], &there].concat();
    drop(
        home.run_with_input(&arguments, &credentials)
            .await
            .succeeded(),
    );
    home.tell(&[&["subscribers", "create", SUBSCRIBER][..], &there].concat())
        .await;
    let key = home
        .tell(&[&["api-keys", "create"][..], &there].concat())
        .await;
    let api = stage.api.with_key(&key);
    let body = json!({ "integrationIdentifier": "slack", "subscriberId": SUBSCRIBER });

    let minted = api.minted(&body).await;
    let page = Browser::new().allow(&minted.url).await;
    assert_eq!(page.status, 200);
    keeps_secrets(&page);
    let words = page.words();
    assert_eq!(words.matches(HOSTILE).count(), 3, "{words}");
    assert_eq!(api.attempt(&minted.attempt).await["workspace"], HOSTILE);

    let minted = api.minted(&body).await;
    keeps_secrets(&Browser::new().cancel(&minted.url).await);
}

fn hostile(name: &str) -> Workspace {
    Workspace {
        id: "T0HOSTILE1".to_owned(),
        name: name.to_owned(),
        organization: None,
        people: vec![Person {
            id: "U0HOSTILE1".to_owned(),
            name: name.to_owned(),
        }],
        channels: vec![Channel {
            id: "C0HOSTILE1".to_owned(),
            name: name.to_owned(),
        }],
    }
}

/// B15
#[tokio::test]
async fn a_hostile_error_description_is_not_shown_at_all() {
    let stage = Stage::start().await;
    for error in ["access_denied", "<b>bold</b>"] {
        let minted = stage.mint("slack").await;
        let mut browser = Browser::new();
        let callback = browser.cancelled_callback(&minted.url).await;
        let callback = with_param(&callback, "error", error);
        let told = "<script>alert(1)</script>\r\nSet-Cookie: a=b";
        let page = browser
            .open(&with_param(&callback, "error_description", told))
            .await;
        assert_eq!(page.status, 400);
        keeps_secrets(&page);
        assert!(
            !page.text.contains("alert") && !page.text.contains("bold"),
            "{}",
            page.text
        );
        let attempt = stage.api.attempt(&minted.attempt).await;
        let kept = attempt["providerError"]
            .as_str()
            .expect("the provider's word");
        assert!(
            kept.starts_with(error) && !kept.contains(['\r', '\n']),
            "{kept}"
        );
    }
}

#[tokio::test]
async fn a_failure_says_what_who_and_how_and_its_reference_is_in_the_log() {
    let stage = Stage::start().await;
    stage.control.slack_untick(["chat:write"]);
    let (page, attempt) = stage.connect_slack(&json!({})).await;
    let words = page.words();
    for told in [
        "A permission that is needed was not granted.",
        "You can mend this.",
        "Start again",
    ] {
        assert!(words.contains(told), "{told}: {words}");
    }
    assert!(
        words.contains("Nothing was changed in Development"),
        "{words}"
    );
    assert_eq!(json!(page.reference()), attempt["id"]);
    stage.server.has_logged(&[&page.reference()]).await;
}

#[tokio::test]
async fn the_reference_of_a_refused_callback_finds_it_in_the_log() {
    let stage = Stage::start().await;
    let page = Browser::new()
        .open(&stage.callback(&[("state", "nonsense")]))
        .await;
    let reference = page.reference();
    assert_eq!(page.header("x-request-id"), Some(&*reference));
    let words = [&*reference, "state_invalid"];
    stage.server.has_logged(&words).await;
}

#[tokio::test]
async fn an_attempt_that_is_not_there_is_a_page_too() {
    let stage = Stage::start().await;
    for id in [
        "nonsense",
        "0198f3a2-7c11-7d7e-b0a4-5a3d5c6f7e80",
        "%3Cscript%3E",
    ] {
        let page = Browser::new()
            .open(&stage.server.url(&format!("/connect/{id}")))
            .await;
        assert_eq!(page.status, 404);
        assert!(page.words().contains("Nothing here"), "{}", page.words());
    }
}
