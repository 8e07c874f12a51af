//! Too many requests, on demand.

use reqwest::header::RETRY_AFTER;
use tieline_sandbox::{Endpoint, Fault, RetryAfter};

use crate::support::{Bench, FENNEL, json};

#[tokio::test]
async fn a_limit_says_when_to_come_again_in_each_providers_words() {
    let bench = Bench::start().await;
    bench
        .control
        .give_admin_consent(crate::support::ENTRA.0, FENNEL);
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
