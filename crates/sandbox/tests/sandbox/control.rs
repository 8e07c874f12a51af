//! Records, the control API and the index page.

use std::time::{Duration, Instant};

use serde_json::json as value;
use tieline_sandbox::{Endpoint, Sandbox, SandboxConfig};

use crate::support::{BAKERY, Bench, ENTRA, FENNEL, JONAS, SLACK, json, send};

const DOCS: &str = include_str!("../../src/lib.rs");

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
async fn a_control_is_a_route_of_its_name() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(SLACK, &[("scope", "chat:write")]).await;
    let before = bench.control.now();
    let hour = bench.command("advance", &value!({ "seconds": 3600 })).await;
    assert_eq!(hour.status(), 204);
    assert!(bench.control.now().as_second() - before.as_second() >= 3600);
    let removal = value!({ "client_id": SLACK.0, "owner": BAKERY });
    bench.command("uninstall_slack_app", &removal).await;
    let token = installed["access_token"].as_str().expect("a token");
    assert_eq!(bench.slack_standing(token).await, "account_inactive");
}

#[tokio::test]
async fn every_control_is_a_route_and_stands_in_the_docs() {
    let bench = Bench::start().await;
    let app = value!({ "client_id": SLACK.0 });
    let installation = value!({ "client_id": SLACK.0, "owner": BAKERY });
    let entra = value!({ "client_id": ENTRA.0 });
    let directory = value!({ "client_id": ENTRA.0, "tenant": FENNEL });
    let nothing = value!({});
    for (name, parameters) in [
        ("advance", &value!({ "seconds": 1 })),
        ("set_time", &value!({ "now": "2026-11-23T12:00:00Z" })),
        ("clear_faults", &nothing),
        ("release", &value!({ "endpoint": "slack_auth_test" })),
        (
            "limit_rate",
            &value!({ "endpoint": "graph_me", "calls": 1, "seconds": 1 }),
        ),
        ("clear_rate_limits", &nothing),
        (
            "register_slack_app",
            &value!({ "client_id": "1", "client_secret": "2", "redirect_uris": [] }),
        ),
        ("enable_slack_rotation", &app),
        ("set_slack_refresh_grace", &value!({ "seconds": 60 })),
        ("enable_slack_pkce", &app),
        ("slack_untick", &value!({ "scopes": ["chat:write"] })),
        ("uninstall_slack_app", &installation),
        ("revoke_slack_tokens", &installation),
        (
            "allow_slack_uninstall",
            &value!({ "client_id": SLACK.0, "by": "users" }),
        ),
        (
            "set_slack_events",
            &value!({ "client_id": "1", "url": "http://127.0.0.1:9/", "signing_secret": "s" }),
        ),
        ("stop_slack_events", &value!({ "client_id": "1" })),
        (
            "send_slack_event",
            &value!({ "client_id": "1", "owner": BAKERY, "kind": "app_uninstalled" }),
        ),
        (
            "redeliver",
            &value!({ "delivery": 0, "reason": "http_error" }),
        ),
        (
            "register_entra_app",
            &value!({ "client_id": "1", "client_secret": "2", "redirect_uris": [] }),
        ),
        ("set_entra_home", &directory),
        ("give_admin_consent", &directory),
        ("withdraw_admin_consent", &directory),
        ("delay_consent_replication", &value!({ "requests": 1 })),
        ("set_entra_roles", &value!({ "roles": ["User.Read.All"] })),
        (
            "set_entra_roles_in",
            &value!({ "client_id": ENTRA.0, "tenant": FENNEL, "roles": [] }),
        ),
        ("disable_entra_app", &directory),
        ("enable_entra_app", &directory),
        ("expire_entra_secret", &entra),
        ("revoke_entra_sign_ins", &value!({ "user": JONAS })),
        ("roll_keys", &nothing),
        ("retire_old_keys", &nothing),
        ("bind_keys_to_tenant", &value!({ "tenant": null })),
        (
            "register_bot",
            &value!({ "app_id": "1", "messaging_url": "http://127.0.0.1:9/" }),
        ),
        (
            "send_bot_activity",
            &value!({
                "app_id": "2",
                "tenant": FENNEL,
                "kind": { "installation_update": { "action": "add" } },
            }),
        ),
        ("roll_bot_keys", &nothing),
        ("retire_old_bot_keys", &nothing),
    ] {
        let response = bench.command(name, parameters).await;
        let status = response.status();
        assert!(status.is_success(), "{name}: {:?}", response.text().await);
        assert!(DOCS.contains(&format!("//! | `{name}`")), "{name}");
    }
}

#[tokio::test]
async fn consent_and_time_can_be_asked_for_over_http() {
    let bench = Bench::start().await;
    let query = [("client_id", ENTRA.0), ("tenant", FENNEL)];
    assert_eq!(
        json(bench.get("control/consent", &query).await).await,
        false
    );
    bench.control.give_admin_consent(ENTRA.0, FENNEL);
    assert_eq!(json(bench.get("control/consent", &query).await).await, true);
    let set = value!({ "now": "2026-11-23T12:00:00Z" });
    bench.command("set_time", &set).await;
    let time = json(bench.get("control/time", &[]).await).await;
    let time = time.as_str().expect("a text");
    assert!(time.starts_with("2026-11-23T12:00:"), "{time}");
}

#[tokio::test]
async fn a_web_page_has_no_controls() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(SLACK, &[("scope", "chat:write")]).await;
    let url = bench.url("control/uninstall_slack_app", &[]);
    let removal = value!({ "client_id": SLACK.0, "owner": BAKERY });
    let post = bench.http.post(url).header("origin", "https://page.test");
    let response = send(post.body(removal.to_string())).await;
    assert_eq!(response.status(), 403);
    let token = installed["access_token"].as_str().expect("a token");
    assert_eq!(bench.slack_standing(token).await, "ok");
}

#[tokio::test]
async fn whoever_waits_does_not_keep_the_sandbox_from_stopping() {
    let bench = Bench::start().await;
    let query = [("endpoint", "graph_me"), ("requests", "1")];
    let url = bench.url("control/wait_for_requests", &query);
    let waiting = tokio::spawn(bench.http.get(url).send());
    for _ in 0..3 {
        bench.get("control/counts", &[]).await;
    }
    let Bench { sandbox, .. } = bench;
    let began = now();
    sandbox.stop().await;
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!(waiting.await.unwrap().unwrap().status(), 503);
}

#[tokio::test]
async fn a_control_that_is_misspelt_is_refused() {
    let bench = Bench::start().await;
    for (name, parameters, complaint) in [
        ("advanse", value!({ "seconds": 1 }), "advanse"),
        ("advance", value!({ "secs": 1 }), "secs"),
        ("advance", value!({}), "seconds"),
    ] {
        let response = bench.command(name, &parameters).await;
        assert_eq!(response.status(), 422, "{name}");
        assert!(response.text().await.unwrap().contains(complaint));
    }
}

#[tokio::test]
async fn requests_are_counted_and_picked_over_http() {
    let bench = Bench::start().await;
    bench.slack_install(SLACK, &[("scope", "chat:write")]).await;
    let counts = json(bench.get("control/counts", &[]).await).await;
    assert_eq!(
        counts,
        value!({ "slack_authorize": 1, "slack_authorize_decision": 1, "slack_oauth_v2_access": 1 })
    );
    let query = [("endpoint", "slack_oauth_v2_access")];
    let picked = json(bench.get("control/requests", &query).await).await;
    assert_eq!(picked.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_index_page_tells_where_to_point_a_client() {
    let bench = Bench::start().await;
    let page = bench.get("", &[]).await.text().await.unwrap();
    for url in [
        bench.sandbox.slack_base_url(),
        bench.sandbox.entra_base_url(),
        bench.sandbox.graph_base_url(),
        bench.sandbox.bot_framework_base_url(),
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

#[expect(clippy::disallowed_methods, reason = "stopping takes real time")]
fn now() -> Instant {
    Instant::now()
}
