//! The work is done, and nobody hears of it.

use reqwest::RequestBuilder;
use serde_json::{Value, json as value};
use tieline_sandbox::{Endpoint, Fault};

use crate::support::{Bench, ROTATING, json, send, text};

const ACCESS: Endpoint = Endpoint::SlackOauthV2Access;

#[tokio::test]
async fn a_refresh_token_is_spent_though_the_reply_is_lost() {
    let (bench, installed) = rotating().await;
    let token = text(&installed, "refresh_token");
    bench.control.fault_once(ACCESS, Fault::LoseReply);
    let lost = refresh(&bench, token).send().await.unwrap_err();
    assert!(lost.is_request(), "no headers arrive: {lost:?}");
    let again = bench.slack_refresh(ROTATING, token).await;
    assert_eq!(again["error"], "invalid_refresh_token");
}

#[tokio::test]
async fn a_connection_that_closes_early_leaves_the_token_unspent() {
    let (bench, installed) = rotating().await;
    let token = text(&installed, "refresh_token");
    bench.control.fault_once(ACCESS, Fault::Disconnect);
    assert!(refresh(&bench, token).send().await.is_err());
    assert_eq!(bench.slack_refresh(ROTATING, token).await["ok"], true);
}

#[tokio::test]
async fn a_status_can_come_after_the_work() {
    let (bench, installed) = rotating().await;
    let token = text(&installed, "refresh_token");
    let fault = Fault::StatusAfter(500, "oops".to_owned());
    bench.control.fault_once(ACCESS, fault);
    let response = send(refresh(&bench, token)).await;
    assert_eq!(response.status(), 500);
    assert_eq!(response.text().await.unwrap(), "oops");
    let again = bench.slack_refresh(ROTATING, token).await;
    assert_eq!(again["error"], "invalid_refresh_token");
}

#[tokio::test]
async fn a_token_is_revoked_though_the_reply_is_lost() {
    let (bench, installed) = rotating().await;
    let token = text(&installed, "access_token");
    bench
        .control
        .fault_once(Endpoint::SlackAuthRevoke, Fault::LoseReply);
    let url = bench.url("slack/api/auth.revoke", &[]);
    assert!(
        bench
            .http
            .post(url)
            .bearer_auth(token)
            .send()
            .await
            .is_err()
    );
    assert_eq!(bench.slack_standing(token).await, "token_revoked");
}

#[tokio::test]
async fn a_fault_can_be_for_so_many_requests() {
    let (bench, installed) = rotating().await;
    let token = text(&installed, "refresh_token");
    bench.control.fault_times(ACCESS, 2, Fault::Disconnect);
    for _ in 0..2 {
        assert!(refresh(&bench, token).send().await.is_err());
    }
    assert_eq!(bench.slack_refresh(ROTATING, token).await["ok"], true);
    assert_eq!(bench.control.count(ACCESS), 4, "with the install");
}

#[tokio::test]
async fn a_held_reply_waits_until_it_is_released() {
    let (bench, installed) = rotating().await;
    let token = text(&installed, "refresh_token");
    bench.control.fault_once(ACCESS, Fault::HoldReply);
    let pending = tokio::spawn(refresh(&bench, token).send());
    bench.control.wait_for_held(ACCESS, 1).await;
    let meanwhile = bench.slack_refresh(ROTATING, token).await;
    assert_eq!(meanwhile["error"], "invalid_refresh_token", "already spent");
    assert!(!pending.is_finished());
    bench.control.release(ACCESS);
    let reply = json(pending.await.unwrap().unwrap()).await;
    assert_eq!(reply["ok"], true);
}

#[tokio::test]
async fn a_held_request_has_done_nothing_yet() {
    let (bench, installed) = rotating().await;
    let token = text(&installed, "refresh_token");
    bench.control.fault_once(ACCESS, Fault::Hold);
    let pending = tokio::spawn(refresh(&bench, token).send());
    bench.control.wait_for_held(ACCESS, 1).await;
    let meanwhile = bench.slack_refresh(ROTATING, token).await;
    assert_eq!(meanwhile["ok"], true, "still unspent");
    bench.control.clear_faults();
    let reply = json(pending.await.unwrap().unwrap()).await;
    assert_eq!(reply["error"], "invalid_refresh_token", "now it is late");
}

#[tokio::test]
async fn whoever_loses_patience_is_held_no_longer() {
    let (bench, installed) = rotating().await;
    let token = text(&installed, "refresh_token");
    bench.control.fault(ACCESS, Fault::Hold);
    let impatient = tokio::spawn(refresh(&bench, token).send());
    bench.control.wait_for_held(ACCESS, 1).await;
    impatient.abort();
    bench.control.wait_for_held(ACCESS, 0).await;
    let pending = tokio::spawn(refresh(&bench, token).send());
    bench.control.wait_for_held(ACCESS, 1).await;
    bench.control.release(ACCESS);
    let reply = json(pending.await.unwrap().unwrap()).await;
    assert_eq!(reply["ok"], true, "the first one never came through");
}

#[tokio::test]
async fn lost_replies_are_ordered_over_http() {
    let (bench, installed) = rotating().await;
    let token = text(&installed, "refresh_token");
    for (fault, times) in [
        (value!("disconnect"), 1),
        (value!({ "status_after": { "status": 502, "body": "" } }), 1),
    ] {
        let order = value!({ "endpoint": "slack_oauth_v2_access", "times": times, "fault": fault });
        let url = bench.url("control/faults", &[]);
        let post = bench.http.post(url).json(&order);
        assert_eq!(send(post).await.status(), 204);
    }
    assert!(refresh(&bench, token).send().await.is_err());
    assert_eq!(send(refresh(&bench, token)).await.status(), 502);
    let again = bench.slack_refresh(ROTATING, token).await;
    assert_eq!(again["error"], "invalid_refresh_token");
}

async fn rotating() -> (Bench, Value) {
    let bench = Bench::start().await;
    let installed = bench
        .slack_install(ROTATING, &[("scope", "chat:write")])
        .await;
    (bench, installed)
}

fn refresh(bench: &Bench, token: &str) -> RequestBuilder {
    let form = [
        ("client_id", ROTATING.0),
        ("client_secret", ROTATING.1),
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
    ];
    let url = bench.url("slack/api/oauth.v2.access", &[]);
    bench.http.post(url).form(&form)
}
