//! Records, the control API and the index page.

use std::time::Duration;

use tieline_sandbox::{Endpoint, Sandbox, SandboxConfig};

use crate::support::{Bench, SLACK, json, send};

#[tokio::test]
async fn requests_are_recorded_with_headers_and_body() {
    let bench = Bench::start().await;
    bench.slack_install(SLACK, &[("scope", "chat:write")]).await;
    let endpoints: Vec<Endpoint> = bench
        .control
        .requests()
        .iter()
        .map(|request| request.endpoint)
        .collect();
    let expected = [
        Endpoint::SlackAuthorize,
        Endpoint::SlackAuthorizeDecision,
        Endpoint::SlackOauthV2Access,
    ];
    assert_eq!(endpoints, expected);
    let exchange = &bench.control.requests_of(Endpoint::SlackOauthV2Access)[0];
    assert_eq!(
        (exchange.method.as_str(), exchange.query.as_deref()),
        ("POST", None)
    );
    assert_eq!(
        exchange.header("Content-Type"),
        Some("application/x-www-form-urlencoded")
    );
    assert!(
        exchange
            .form()
            .contains(&("client_id".to_owned(), SLACK.0.to_owned()))
    );
    let page = &bench.control.requests()[0];
    assert!(
        page.query_pairs()
            .contains(&("scope".to_owned(), "chat:write".to_owned()))
    );
}

#[tokio::test]
async fn the_clock_moves_only_when_it_is_told_to() {
    let bench = Bench::start().await;
    let target = jiff::Timestamp::from_second(2_000_000_000).unwrap();
    bench.control.set_time(target);
    bench.control.advance(Duration::from_mins(1));
    let ahead = bench.control.now().as_second() - target.as_second();
    assert!((60..70).contains(&ahead));
}

#[tokio::test]
async fn faults_and_records_are_reached_over_http() {
    let bench = Bench::start().await;
    let order = r#"{"endpoint":"graph_me","fault":{"status":{"status":418,"body":"tea"}}}"#;
    let faults = bench.url("control/faults", &[]);
    let post = bench
        .http
        .post(faults.clone())
        .header("content-type", "application/json");
    assert_eq!(send(post.body(order)).await.status(), 204);
    assert_eq!(bench.get("graph/v1.0/me", &[]).await.status(), 418);
    assert_eq!(send(bench.http.delete(faults)).await.status(), 204);
    assert_eq!(bench.get("graph/v1.0/me", &[]).await.status(), 401);
    let requests = json(bench.get("control/requests", &[]).await).await;
    assert_eq!(requests.as_array().unwrap().len(), 2);
    assert_eq!(requests[0]["endpoint"], "graph_me");
}

#[tokio::test]
async fn the_index_page_tells_where_to_point_a_client() {
    let bench = Bench::start().await;
    let page = bench.get("", &[]).await.text().await.unwrap();
    for url in [
        bench.sandbox.slack_base_url(),
        bench.sandbox.entra_base_url(),
        bench.sandbox.graph_base_url(),
    ] {
        assert!(page.contains(url.as_str()));
    }
}

#[tokio::test]
async fn a_public_url_is_what_pages_and_issuers_name() {
    let public_url = url::Url::parse("http://sandbox.test:8080").ok();
    let config = SandboxConfig {
        public_url,
        ..SandboxConfig::default()
    };
    let sandbox = Sandbox::start(config).await.unwrap();
    assert_eq!(
        sandbox.entra_base_url().as_str(),
        "http://sandbox.test:8080/entra"
    );
}
