//! The state: ours, unaltered, once. That it expires is shown in the domain's own tests, whose
//! clock can be moved.

use reqwest::Method;
use serde_json::json;
use tieline_sandbox::Endpoint;
use tieline_tests::{
    Browser, Minted, Page, Reply, Stage, param, raw_exchange, with_param, without_param,
};
use url::Url;

/// The callback of a flow that was allowed, still to be visited.
async fn allowed(stage: &Stage) -> (Minted, Url) {
    let minted = stage.mint("slack").await;
    let callback = Browser::new().callback(&minted.url).await;
    (minted, callback)
}

fn exchanges(stage: &Stage) -> usize {
    stage.control.count(Endpoint::SlackOauthV2Access)
}

async fn open(url: &Url) -> Page {
    Browser::new().open(url).await
}

/// B05
#[tokio::test]
async fn a_callback_that_comes_again_shows_what_became_of_the_first() {
    let stage = Stage::start().await;
    let (_, callback) = allowed(&stage).await;
    let first = open(&callback).await;
    let second = open(&with_param(&callback, "code", "another")).await;
    for page in [&first, &second] {
        assert_eq!(page.status, 200);
        assert!(page.words().contains("is connected"), "{}", page.words());
    }
    assert_eq!(first.url, second.url);
    assert_eq!(exchanges(&stage), 1);
    stage.api.only_connection().await;
}

/// B11
#[tokio::test]
async fn a_state_that_was_declined_is_spent() {
    let stage = Stage::start().await;
    let (minted, callback) = allowed(&stage).await;
    assert_eq!(stage.deny(&minted).await.status, 400);
    let page = open(&callback).await;
    assert_eq!(page.status, 400);
    assert!(page.words().contains("declined"), "{}", page.words());
    assert_eq!(exchanges(&stage), 0);
}

/// B03
#[tokio::test]
async fn a_state_with_any_character_altered_is_refused() {
    // A quick machine opens more pages in a second than one address may.
    let stage = Stage::start_with(|setup| setup.home.set("RATE_LIMIT_PAGES", "0")).await;
    let (minted, callback) = allowed(&stage).await;
    let state = param(&callback, "state").expect("a state");
    for at in (0..state.len()).step_by(3).chain([state.len() - 1]) {
        refused(&open(&with_param(&callback, "state", &altered(&state, at))).await);
    }
    assert_eq!(exchanges(&stage), 0);
    assert_eq!(
        stage
            .api
            .get(&format!("/v1/connect-attempts/{}", minted.attempt))
            .await
            .status,
        404
    );
    assert_eq!(
        open(&callback).await.status,
        200,
        "the true one is not spent"
    );
}

fn altered(state: &str, at: usize) -> String {
    let other = if &state[at..=at] == "A" { "B" } else { "A" };
    format!("{}{other}{}", &state[..at], &state[at + 1..])
}

#[track_caller]
fn refused(page: &Page) {
    assert_eq!(page.status, 400);
    assert!(
        page.words().contains("was not made here"),
        "{}",
        page.words()
    );
}

/// B03
#[tokio::test]
async fn a_state_that_is_no_state_of_ours_is_refused() {
    let stage = Stage::start().await;
    let (_, callback) = allowed(&stage).await;
    let state = param(&callback, "state").expect("a state");
    for odd in [
        state[..state.len() - 1].to_owned(),
        state[1..].to_owned(),
        format!("{state}A"),
        format!("{state}="),
        format!(" {state}"),
        state.to_lowercase(),
        state.to_uppercase(),
        "x".to_owned(),
        "A".repeat(4000),
        "../../etc".to_owned(),
        "ä€".to_owned(),
        "eyJhbGciOiJub25lIn0.e30.".to_owned(),
    ] {
        refused(&open(&with_param(&callback, "state", &odd)).await);
    }
    assert_eq!(exchanges(&stage), 0);
}

/// B03
#[tokio::test]
async fn a_state_of_another_installation_is_refused() {
    let stage = Stage::start().await;
    let other = Stage::start_with(|setup| {
        let fresh = std::fs::read_dir(setup.home.data_dir()).expect("its data");
        for file in fresh {
            std::fs::remove_file(file.expect("a file").path()).expect("it can go");
        }
    })
    .await;
    let home = &other.server.home;
    home.integration("slack", "slack", tieline_tests::SLACK, &[])
        .await;
    home.tell(&["subscribers", "create", tieline_tests::SUBSCRIBER])
        .await;

    let foreign = other.mint("slack").await;
    let (_, callback) = allowed(&stage).await;
    let state = param(&foreign.url, "state").expect("a state");
    refused(&open(&with_param(&callback, "state", &state)).await);
    assert_eq!(exchanges(&stage), 0);
}

/// B02
#[tokio::test]
async fn a_callback_without_a_state_says_how_to_begin() {
    let stage = Stage::start().await;
    let (_, callback) = allowed(&stage).await;
    for url in [
        without_param(&callback, "state"),
        with_param(&callback, "state", ""),
        stage.server.callback(),
    ] {
        let page = open(&url).await;
        assert_eq!(page.status, 400);
        let words = page.words();
        assert!(words.contains("start the connection there"), "{words}");
    }
    assert_eq!(exchanges(&stage), 0);
}

/// B13
#[tokio::test]
async fn a_parameter_that_stands_there_twice_is_refused() {
    let stage = Stage::start().await;
    let (_, callback) = allowed(&stage).await;
    for name in ["state", "code"] {
        let mut twice = callback.clone();
        let value = param(&callback, name).expect("a value");
        twice.query_pairs_mut().append_pair(name, &value);
        let page = open(&twice).await;
        assert_eq!(page.status, 400);
        assert!(page.words().contains("cannot be read"), "{}", page.words());
    }
    assert_eq!(exchanges(&stage), 0);
    assert_eq!(open(&callback).await.status, 200, "nothing was spent");
}

/// B16
#[tokio::test]
async fn a_code_that_is_huge_or_unclean_is_refused() {
    let stage = Stage::start().await;
    let (_, callback) = allowed(&stage).await;
    let state = param(&callback, "state").expect("a state");
    let query = format!("{}?state={state}&code=", stage.server.callback());
    for code in [&*"a".repeat(60_000), "a%00b", "%ff%fe", "a%0d%0ab"] {
        let url = Url::parse(&format!("{query}{code}")).expect("a URL");
        assert_eq!(open(&url).await.status, 400);
    }
    for length in [64 * 1024, 1024 * 1024] {
        let code = "a".repeat(length);
        let path = tieline_tests::CALLBACK_PATH;
        let request = format!(
            "GET {path}?state={state}&code={code} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        );
        let answer = raw_exchange(&stage.server, request.as_bytes()).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
            "{answer}"
        );
    }
    assert_eq!(exchanges(&stage), 0);
    assert_eq!(open(&callback).await.status, 200, "nothing was spent");
}

/// B14
#[tokio::test]
async fn neither_code_nor_error_is_a_failure() {
    let stage = Stage::start().await;
    for answer in [
        &[][..],
        &[("code", "")],
        &[("tenant", "x"), ("admin_consent", "True")],
    ] {
        let minted = stage.mint("slack").await;
        let mut url = stage.callback(answer);
        let state = param(&minted.url, "state").expect("a state");
        url.query_pairs_mut().append_pair("state", &state);
        assert_eq!(open(&url).await.status, 502);
        let attempt = stage.api.attempt(&minted.attempt).await;
        assert_eq!(attempt["code"], "code_missing");
    }
    assert_eq!(exchanges(&stage), 0);
}

/// B12
#[tokio::test]
async fn an_error_beats_a_code_beside_it() {
    let stage = Stage::start().await;
    for (error, status, code) in [
        ("access_denied", "denied", "access_denied"),
        ("server_error", "failed", "provider_error"),
        ("invalid_scope", "failed", "authorization_refused"),
        ("brand_new_error", "failed", "authorization_refused"),
    ] {
        let (minted, callback) = allowed(&stage).await;
        open(&with_param(&callback, "error", error)).await;
        let attempt = stage.api.attempt(&minted.attempt).await;
        assert_eq!(
            (&attempt["status"], &attempt["code"]),
            (&json!(status), &json!(code))
        );
        assert_eq!(attempt["providerError"], error);
    }
    assert_eq!(exchanges(&stage), 0);
}

/// B18
#[tokio::test]
async fn a_link_scanner_does_not_spend_a_state() {
    let stage = Stage::start().await;
    let (_, callback) = allowed(&stage).await;
    let head = stage.api.http.request(Method::HEAD, callback.clone());
    let reply = Reply::of(head).await;
    assert_eq!((reply.status, reply.header("location")), (200, None));
    assert_eq!(exchanges(&stage), 0);
    assert_eq!(open(&callback).await.status, 200);
}

/// B19
#[tokio::test]
async fn a_callback_is_not_posted() {
    let stage = Stage::start().await;
    let (_, callback) = allowed(&stage).await;
    let form: Vec<_> = callback.query_pairs().into_owned().collect();
    for url in [callback.clone(), stage.server.callback()] {
        let reply = Reply::of(stage.api.http.post(url).form(&form)).await;
        assert_eq!(reply.status, 405);
        assert_eq!(reply.json()["code"], "method_not_allowed");
    }
    assert_eq!(exchanges(&stage), 0);
    assert_eq!(open(&callback).await.status, 200);
}

/// B06
#[tokio::test]
async fn fifty_callbacks_at_once_exchange_the_code_once() {
    let stage = Stage::start().await;
    let (minted, callback) = allowed(&stage).await;
    let mut visits = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let callback = callback.clone();
        visits.spawn(async move { Browser::new().get(&callback).await });
    }
    let own = stage.server.url(&format!("/connect/{}", minted.attempt));
    for page in visits.join_all().await {
        assert_eq!((page.status, page.location.as_ref()), (303, Some(&own)));
    }
    assert_eq!(exchanges(&stage), 1);
    assert_eq!(
        stage.api.ended_attempt(&minted.attempt).await["status"],
        "completed"
    );
    stage.api.only_connection().await;
    stage.api.only_endpoint().await;
    let page = open(&own).await;
    assert!(page.words().contains("is connected"));
}

/// B09
#[tokio::test]
async fn two_tabs_of_one_browser_finish_in_either_order() {
    let stage = Stage::start().await;
    let mut browser = Browser::new();
    for reversed in [false, true] {
        let mut tabs = Vec::new();
        for integration in ["slack", "msteams"] {
            let minted = stage.mint(integration).await;
            tabs.push((browser.callback(&minted.url).await, minted));
        }
        if reversed {
            tabs.reverse();
        }
        for (callback, minted) in tabs {
            assert_eq!(browser.allow(&callback).await.status, 200);
            assert_eq!(
                stage.api.attempt(&minted.attempt).await["status"],
                "completed"
            );
        }
    }
}

/// B10: a state belongs to its integration, whatever comes along with it.
#[tokio::test]
async fn the_code_of_one_provider_does_not_reach_another() {
    let stage = Stage::start().await;
    let (_, slack) = allowed(&stage).await;
    let teams = stage.mint("msteams").await;
    let state = param(&teams.url, "state").expect("a state");
    let page = open(&with_param(&slack, "state", &state)).await;
    assert_eq!(page.status, 400);
    let attempt = stage.api.attempt(&teams.attempt).await;
    assert_eq!(attempt["code"], "consent_not_granted");
    assert_eq!(
        stage.control.count(Endpoint::EntraToken) + exchanges(&stage),
        0
    );
}

/// Part of I08: what no client would send, on the raw wire.
#[tokio::test]
async fn nonsense_on_the_wire_fells_nobody() {
    let stage = Stage::start().await;
    let path = tieline_tests::CALLBACK_PATH;
    for query in [
        "state=%",
        "%=%",
        "&&&=",
        "state=\u{1}",
        "state=%zz&code=%e2%28%a1",
        "?",
        "state",
    ] {
        let request =
            format!("GET {path}?{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let answer = raw_exchange(&stage.server, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{query}: {answer}");
    }
    assert_eq!(stage.api.get("/readyz").await.status, 200);
}
