//! Too many requests, on demand.

use std::time::Duration;

use reqwest::Response;
use reqwest::header::RETRY_AFTER;
use serde_json::json as value;
use tieline_sandbox::{Endpoint, Fault, RateLimit, RetryAfter};

use crate::support::{Bench, ENTRA, FENNEL, ROTATING, SLACK, json, send, text};

#[tokio::test]
async fn a_limit_says_when_to_come_again_in_each_providers_words() {
    let bench = Bench::start().await;
    bench.control.give_admin_consent(ENTRA.0, FENNEL);
    for endpoint in [
        Endpoint::SlackAuthTest,
        Endpoint::GraphMe,
        Endpoint::EntraToken,
    ] {
        let fault = Fault::RateLimited(RetryAfter::Seconds(30));
        bench.control.fault_times(endpoint, 1, fault);
    }
    let slack = bench.post("slack/api/auth.test", &[]).await;
    assert_eq!(slack.status(), 429);
    assert_eq!(slack.headers()[RETRY_AFTER], "30");
    assert_eq!(json(slack).await["error"], "ratelimited");
    let graph = bench.get("graph/v1.0/me", &[]).await;
    assert_eq!(graph.headers()[RETRY_AFTER], "30");
    assert_eq!(json(graph).await["error"]["code"], "TooManyRequests");
    let entra = bench.app_token(FENNEL).await;
    assert_eq!(entra.status(), 429);
    assert_eq!(json(entra).await["error"], "temporarily_unavailable");
    assert_eq!(bench.app_token(FENNEL).await.status(), 200);
}

#[tokio::test]
async fn when_to_come_again_may_be_a_date_or_left_out() {
    let bench = Bench::start().await;
    let noon = "2026-11-23T12:00:00Z".parse().expect("a time");
    bench.control.set_time(noon);
    let limited = async |retry_after| {
        let fault = Fault::RateLimited(retry_after);
        bench.control.fault_once(Endpoint::SlackAuthTest, fault);
        bench.post("slack/api/auth.test", &[]).await
    };
    let dated = limited(RetryAfter::Date(60)).await;
    let date = dated.headers()[RETRY_AFTER].to_str().expect("text");
    assert!(date.starts_with("Mon, 23 Nov 2026 12:01:0"), "{date}");
    assert!(date.ends_with(" GMT"), "{date}");
    let silent = limited(RetryAfter::Missing).await;
    assert!(silent.headers().get(RETRY_AFTER).is_none());
}

#[tokio::test]
async fn an_app_has_so_many_calls_in_a_while_and_another_app_its_own() {
    let bench = Bench::start().await;
    let scope = [("scope", "chat:write")];
    let ours = bench.slack_install(SLACK, &scope).await;
    let theirs = bench.slack_install(ROTATING, &scope).await;
    let limit = RateLimit {
        calls: 2,
        per: Duration::from_mins(1),
    };
    bench.control.limit_rate(Endpoint::SlackAuthTest, limit);
    let call = async |installed| auth_test(&bench, text(installed, "access_token")).await;
    for status in [200, 200, 429] {
        assert_eq!(call(&ours).await.status(), status);
    }
    assert_eq!(call(&theirs).await.status(), 200);
    let refused = call(&ours).await;
    let retry_after = refused.headers()[RETRY_AFTER].to_str().expect("text");
    let seconds: u64 = retry_after.parse().expect("a number");
    assert!((30..=60).contains(&seconds), "{seconds}");
    bench.control.advance(Duration::from_secs(seconds));
    assert_eq!(call(&ours).await.status(), 200);
    assert_eq!(bench.control.count(Endpoint::SlackAuthTest), 6);
}

#[tokio::test]
async fn a_call_over_the_limit_does_nothing_and_uses_up_no_fault() {
    let bench = Bench::start().await;
    let installed = bench
        .slack_install(ROTATING, &[("scope", "chat:write")])
        .await;
    let token = text(&installed, "refresh_token");
    let order = value!({ "endpoint": "slack_oauth_v2_access", "calls": 0, "seconds": 60 });
    assert_eq!(bench.command("limit_rate", &order).await.status(), 204);
    let access = Endpoint::SlackOauthV2Access;
    let fault = Fault::Status(503, String::new());
    bench.control.fault_once(access, fault);
    let form = [
        ("client_id", ROTATING.0),
        ("client_secret", ROTATING.1),
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
    ];
    let path = "slack/api/oauth.v2.access";
    assert_eq!(bench.post(path, &form).await.status(), 429);
    bench.control.clear_rate_limits();
    assert_eq!(bench.post(path, &form).await.status(), 503);
    assert_eq!(bench.slack_refresh(ROTATING, token).await["ok"], true);
}

async fn auth_test(bench: &Bench, token: &str) -> Response {
    let url = bench.url("slack/api/auth.test", &[]);
    send(bench.http.post(url).bearer_auth(token)).await
}
