//! Every fault, through a real client.

use std::time::{Duration, Instant};

use reqwest::Response;
use serde_json::json as value;
use tieline_sandbox::{Endpoint, Fault};

use crate::support::{BAKERY, Bench, CALLBACK, SLACK, json, send};

const ACCESS: Endpoint = Endpoint::SlackOauthV2Access;

#[tokio::test]
async fn a_status_stands_in_for_the_endpoint_and_the_code_stays_unspent() {
    let (bench, code) = with_code().await;
    bench
        .control
        .fault_once(ACCESS, Fault::Status(503, "busy".to_owned()));
    let response = exchange(&bench, &code).await;
    assert_eq!(
        (
            response.status().as_u16(),
            response.text().await.unwrap().as_str()
        ),
        (503, "busy")
    );
    assert_eq!(bench.slack_exchange(SLACK, &code).await["ok"], true);
    assert_eq!(bench.control.count(ACCESS), 2, "a faulted request counts");
}

#[tokio::test]
async fn a_reply_is_sent_byte_for_byte() {
    let (bench, code) = with_code().await;
    for body in [
        b"\xef\xbb\xbf{}".to_vec(),
        vec![0xff, 0xfe, 0],
        b"<html>".to_vec(),
        Vec::new(),
    ] {
        let headers = vec![("content-type".to_owned(), "text/html".to_owned())];
        let fault = Fault::Reply {
            status: 200,
            headers,
            body: body.clone(),
        };
        bench.control.fault_once(ACCESS, fault);
        let response = exchange(&bench, &code).await;
        assert_eq!(response.headers()["content-type"], "text/html");
        assert_eq!(response.bytes().await.unwrap(), body);
    }
}

#[tokio::test]
async fn a_delay_holds_the_headers_back() {
    let (bench, code) = with_code().await;
    bench
        .control
        .fault_once(ACCESS, Fault::Delay(Duration::from_millis(60)));
    let began = now();
    assert_eq!(json(exchange(&bench, &code).await).await["ok"], true);
    assert!(began.elapsed() >= Duration::from_millis(60));
}

#[tokio::test]
async fn a_hang_never_answers_but_spends_the_code() {
    let (bench, code) = with_code().await;
    bench.control.fault_once(ACCESS, Fault::Hang);
    let pending = request(&bench, &code)
        .timeout(Duration::from_millis(100))
        .send()
        .await;
    assert!(pending.unwrap_err().is_timeout());
    assert_eq!(
        bench.slack_exchange(SLACK, &code).await["error"],
        "code_already_used"
    );
}

#[tokio::test]
async fn a_hanging_request_does_not_keep_the_sandbox_from_stopping() {
    let (bench, code) = with_code().await;
    bench.control.fault_once(ACCESS, Fault::Hang);
    let pending = tokio::spawn(request(&bench, &code).send());
    while bench.control.count(ACCESS) == 0 {
        tokio::task::yield_now().await;
    }
    let Bench { sandbox, .. } = bench;
    let began = now();
    sandbox.stop().await;
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!(pending.await.unwrap().unwrap().status(), 503);
}

#[tokio::test]
async fn a_body_can_drip() {
    let (bench, code) = with_code().await;
    let every = Duration::from_millis(10);
    bench.control.fault_once(
        ACCESS,
        Fault::Drip {
            body: b"{\"a\":1}".to_vec(),
            every,
        },
    );
    let began = now();
    assert_eq!(
        json(exchange(&bench, &code).await).await,
        value!({ "a": 1 })
    );
    assert!(began.elapsed() >= every * 7);
}

#[tokio::test]
async fn a_reply_can_break_off() {
    let (bench, code) = with_code().await;
    bench
        .control
        .fault_once(ACCESS, Fault::Cut { after_bytes: 10 });
    let mut response = exchange(&bench, &code).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.chunk().await.unwrap().unwrap().len(), 10);
    assert!(response.chunk().await.is_err());
    assert_eq!(
        bench.slack_exchange(SLACK, &code).await["error"],
        "code_already_used"
    );
}

#[tokio::test]
async fn a_redirect_leads_elsewhere() {
    let (bench, code) = with_code().await;
    let elsewhere = url::Url::parse("https://evil.test/take").unwrap();
    bench
        .control
        .fault_once(ACCESS, Fault::Redirect(elsewhere.clone()));
    let response = exchange(&bench, &code).await;
    assert_eq!(response.status(), 302);
    assert_eq!(response.headers()["location"], elsewhere.as_str());
}

#[tokio::test]
async fn a_body_can_be_endless() {
    let (bench, code) = with_code().await;
    bench.control.fault_once(ACCESS, Fault::Endless);
    let mut response = exchange(&bench, &code).await;
    let mut read = 0;
    while read < 4 * 1024 * 1024 {
        read += response
            .chunk()
            .await
            .unwrap()
            .expect("there is always more")
            .len();
    }
}

#[tokio::test]
async fn a_patch_changes_successes_only() {
    let (bench, code) = with_code().await;
    let patch = value!({ "team": { "name": null }, "authed_user": null, "extra": [1] });
    bench.control.fault(ACCESS, Fault::SlackReplyPatch(patch));
    let reply = bench.slack_exchange(SLACK, &code).await;
    assert_eq!(reply["team"], value!({ "id": BAKERY }));
    assert_eq!(
        (reply.get("authed_user"), &reply["extra"]),
        (None, &value!([1]))
    );
    let failure = bench.slack_exchange(SLACK, &code).await;
    assert_eq!(
        failure,
        value!({ "ok": false, "error": "code_already_used" })
    );
}

#[tokio::test]
async fn a_standing_fault_lasts_until_it_is_cleared_and_single_ones_go_first() {
    let (bench, code) = with_code().await;
    bench
        .control
        .fault(ACCESS, Fault::Status(500, String::new()));
    bench
        .control
        .fault_once(ACCESS, Fault::Status(501, String::new()));
    bench
        .control
        .fault_once(ACCESS, Fault::Status(502, String::new()));
    for expected in [501, 502, 500, 500] {
        assert_eq!(exchange(&bench, &code).await.status(), expected);
    }
    bench.control.clear_faults();
    assert_eq!(bench.slack_exchange(SLACK, &code).await["ok"], true);
}

#[tokio::test]
async fn a_fault_keeps_to_its_endpoint() {
    let bench = Bench::start().await;
    bench
        .control
        .fault(Endpoint::EntraKeys, Fault::Status(500, String::new()));
    let keys = bench.get("entra/common/discovery/v2.0/keys", &[]).await;
    let discovery = bench
        .get("entra/common/v2.0/.well-known/openid-configuration", &[])
        .await;
    assert_eq!(
        (keys.status().as_u16(), discovery.status().as_u16()),
        (500, 200)
    );
}

async fn with_code() -> (Bench, String) {
    let bench = Bench::start().await;
    let code = bench.slack_code(SLACK.0, &[("scope", "chat:write")]).await;
    (bench, code)
}

fn request(bench: &Bench, code: &str) -> reqwest::RequestBuilder {
    let form = [
        ("client_id", SLACK.0),
        ("client_secret", SLACK.1),
        ("code", code),
        ("redirect_uri", CALLBACK),
    ];
    bench
        .http
        .post(bench.url("slack/api/oauth.v2.access", &[]))
        .form(&form)
}

async fn exchange(bench: &Bench, code: &str) -> Response {
    send(request(bench, code)).await
}

#[expect(
    clippy::disallowed_methods,
    reason = "these faults are made of real time"
)]
fn now() -> Instant {
    Instant::now()
}
