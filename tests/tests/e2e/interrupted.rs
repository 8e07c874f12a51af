//! Crashes, restarts and people who go away.

use std::time::Duration;

use serde_json::json;
use tieline_sandbox::{Endpoint, Fault};
use tieline_tests::{Browser, Process, Stage, free_port, until};
use url::Url;

const EXCHANGE: Endpoint = Endpoint::SlackOauthV2Access;

/// B23
#[tokio::test]
async fn a_crash_between_mint_and_callback_harms_nobody() {
    let mut stage = Stage::start().await;
    for integration in ["slack", "msteams"] {
        let minted = stage.mint(integration).await;
        let mut browser = Browser::new();
        let callback = browser.callback(&minted.url).await;
        stage.server.kill().await;
        stage.server.start_again().await;
        let page = browser.allow(&callback).await;
        assert_eq!(page.status, 200, "{integration}");
        assert_eq!(
            stage.api.attempt(&minted.attempt).await["status"],
            "completed"
        );
    }
}

/// B23
#[tokio::test]
async fn a_crash_between_consent_and_sign_in_harms_nobody() {
    let mut stage = Stage::start().await;
    let minted = stage.mint("msteams").await;
    let mut browser = Browser::new();
    let consented = browser.callback(&minted.url).await;
    let sign_in = browser.get(&consented).await.location.expect("the sign-in");
    stage.server.kill().await;
    stage.server.start_again().await;
    assert_eq!(browser.allow(&sign_in).await.status, 200);
    stage.api.only_connection().await;
}

/// Slow enough to look at what is going on.
const SLOW: Fault = Fault::Delay(Duration::from_millis(1500));

/// Somebody opens the callback, and goes away once the code has been sent.
async fn leave(stage: &Stage, callback: &Url) {
    let visit = tokio::spawn(stage.api.http.get(callback.clone()).send());
    code_is_sent(stage).await;
    visit.abort();
    assert!(visit.await.is_err_and(|error| error.is_cancelled()));
}

async fn code_is_sent(stage: &Stage) {
    until("the code is sent", async || {
        (stage.control.count(EXCHANGE) == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_browser_that_goes_away_during_the_exchange_does_not_stop_it() {
    let stage = Stage::start().await;
    stage.control.fault_once(EXCHANGE, SLOW);
    let minted = stage.mint("slack").await;
    let mut browser = Browser::new();
    let callback = browser.callback(&minted.url).await;
    leave(&stage, &callback).await;
    assert_eq!(
        stage.api.attempt(&minted.attempt).await["status"],
        "exchanging"
    );

    let attempt = stage.api.ended_attempt(&minted.attempt).await;
    assert_eq!(attempt["status"], "completed");
    let connection = stage.api.only_connection().await;
    assert_eq!(connection["identifier"], attempt["connectionIdentifier"]);
    stage.api.only_endpoint().await;
    let page = browser.open(&callback).await;
    assert!(page.words().contains("is connected"), "{}", page.words());
    assert_eq!(stage.control.count(EXCHANGE), 1);
}

#[tokio::test]
async fn whoever_comes_back_during_the_exchange_is_asked_to_wait() {
    let stage = Stage::start().await;
    stage.control.fault_once(EXCHANGE, SLOW);
    let minted = stage.mint("slack").await;
    let mut browser = Browser::new();
    let callback = browser.callback(&minted.url).await;
    leave(&stage, &callback).await;

    let page = browser.open(&callback).await;
    assert_eq!(page.status, 200);
    assert!(page.words().contains("Just a moment"), "{}", page.words());
    assert!(page.text.contains("http-equiv=\"refresh\""));
    until("the page shows the end", async || {
        let page = Browser::new().open(&page.url).await;
        page.words().contains("is connected").then_some(())
    })
    .await;
    assert_eq!(stage.control.count(EXCHANGE), 1);
}

/// D2: the code may have been spent, so it is never sent again. That the attempt is found and
/// marked as interrupted two minutes later is shown in the domain's own tests.
#[tokio::test]
async fn a_code_whose_exchange_was_cut_by_a_crash_is_not_sent_again() {
    let mut stage = Stage::start().await;
    stage.control.fault_once(EXCHANGE, Fault::Hang);
    let minted = stage.mint("slack").await;
    let mut browser = Browser::new();
    let callback = browser.callback(&minted.url).await;
    let visit = tokio::spawn(stage.api.http.get(callback.clone()).send());
    code_is_sent(&stage).await;
    stage.server.kill().await;
    assert!(visit.await.expect("it ends").is_err());

    stage.server.start_again().await;
    let page = browser.open(&callback).await;
    assert_eq!(page.status, 200);
    assert!(page.words().contains("Just a moment"), "{}", page.words());
    let attempt = stage.api.attempt(&minted.attempt).await;
    assert_eq!(attempt["status"], "exchanging");
    assert_eq!(stage.control.count(EXCHANGE), 1);
    assert!(stage.api.connections().await.is_empty());
    let (page, _) = stage.connect_slack(&json!({})).await;
    assert_eq!(page.status, 200, "a new flow works");
}

#[tokio::test]
async fn a_server_that_is_asked_to_end_lets_a_running_exchange_come_to_its_end() {
    let mut stage = Stage::start().await;
    stage.control.fault_once(EXCHANGE, SLOW);
    let minted = stage.mint("slack").await;
    let callback = Browser::new().callback(&minted.url).await;
    let visit = tokio::spawn(stage.api.http.get(callback).send());
    code_is_sent(&stage).await;
    stage.server.ask_to_end();
    let answer = visit.await.expect("it ends").expect("an answer");
    assert_eq!(answer.status(), 303);
    assert!(stage.server.ended().await.success());

    stage.server.start_again().await;
    assert_eq!(
        stage.api.attempt(&minted.attempt).await["status"],
        "completed"
    );
    stage.api.only_connection().await;
}

/// The same when nobody waits for the answer any more.
#[tokio::test]
async fn a_server_that_is_asked_to_end_waits_for_an_exchange_without_a_browser() {
    let mut stage = Stage::start().await;
    stage.control.fault_once(EXCHANGE, SLOW);
    let minted = stage.mint("slack").await;
    let callback = Browser::new().callback(&minted.url).await;
    leave(&stage, &callback).await;
    stage.server.ask_to_end();
    assert!(stage.server.ended().await.success());

    stage.server.start_again().await;
    assert_eq!(
        stage.api.attempt(&minted.attempt).await["status"],
        "completed"
    );
}

/// B06, with the database as the only thing that the processes have in common.
#[tokio::test]
async fn two_processes_on_one_database_exchange_a_code_once() {
    let stage = Stage::start().await;
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let public = stage.server.url("/").to_string();
    let home = &stage.server.home;
    let command = home.command(&["serve", "--listen", &listen, "--public-url", &public]);
    let _second = Process::start(home, command);
    let mut other = stage.server.url("/readyz");
    other.set_port(Some(port)).expect("a port");
    until("the second process is ready", async || {
        let answer = stage.api.http.get(other.clone()).send().await.ok()?;
        answer.status().is_success().then_some(())
    })
    .await;

    for round in 1..=5 {
        let minted = stage.mint("slack").await;
        let callback = Browser::new().callback(&minted.url).await;
        let mut elsewhere = callback.clone();
        elsewhere.set_port(Some(port)).expect("a port");
        let mut visits = tokio::task::JoinSet::new();
        for visit in 0..10 {
            let url = if visit % 2 == 0 {
                &callback
            } else {
                &elsewhere
            };
            let url = url.clone();
            visits.spawn(async move { Browser::new().get(&url).await });
        }
        for page in visits.join_all().await {
            assert_eq!(page.status, 303, "{}", page.text);
        }
        let attempt = stage.api.ended_attempt(&minted.attempt).await;
        assert_eq!(attempt["status"], "completed");
        assert_eq!(stage.control.count(EXCHANGE), round);
    }
    stage.api.only_connection().await;
    stage.api.only_endpoint().await;
}
