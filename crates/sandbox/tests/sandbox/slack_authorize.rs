//! Slack's consent page and what comes back from it.

use crate::support::{BAKERY, Bench, Form, RAIL_GROUP, SLACK, location, param, refused_with};

const SCOPE: (&str, &str) = ("scope", "chat:write,channels:read");

#[tokio::test]
async fn the_page_says_that_it_is_a_sandbox_and_lists_what_is_asked() {
    let bench = Bench::start().await;
    let form = bench
        .slack_page(SLACK.0, &[SCOPE, ("user_scope", "search:read")])
        .await;
    for text in [
        "not Slack",
        "chat:write",
        "channels:read",
        "search:read",
        "whole organization",
    ] {
        assert!(form.page.contains(text), "{text}");
    }
    assert!(!form.page.contains("<script"));
}

#[tokio::test]
async fn allow_returns_a_code_and_the_very_state() {
    let bench = Bench::start().await;
    let state = "v1.a+b/c=&<é>";
    let form = bench.slack_page(SLACK.0, &[SCOPE, ("state", state)]).await;
    let back = location(&form.allow(&bench).await);
    assert_eq!(
        (back.host_str(), back.path()),
        (Some("app.test"), "/callback")
    );
    assert_eq!(param(&back, "state").as_deref(), Some(state));
    assert!(param(&back, "code").is_some());
}

#[tokio::test]
async fn cancel_returns_access_denied_and_no_code() {
    let bench = Bench::start().await;
    let form = bench.slack_page(SLACK.0, &[SCOPE, ("state", "s")]).await;
    let back = location(&form.cancel(&bench).await);
    assert_eq!(param(&back, "error").as_deref(), Some("access_denied"));
    assert_eq!(param(&back, "state").as_deref(), Some("s"));
    assert_eq!(param(&back, "code"), None);
}

#[tokio::test]
async fn a_redirect_keeps_the_query_that_the_redirect_uri_has() {
    let bench = Bench::start().await;
    let uri = "https://app.test/callback/slack?keep=1";
    let form = bench
        .slack_page(SLACK.0, &[SCOPE, ("redirect_uri", uri)])
        .await;
    let back = location(&form.allow(&bench).await);
    assert_eq!(back.path(), "/callback/slack");
    assert_eq!(param(&back, "keep").as_deref(), Some("1"));
}

#[tokio::test]
async fn an_unknown_client_is_refused_on_a_page() {
    let bench = Bench::start().await;
    let response = bench.slack_authorize("9.9", &[SCOPE]).await;
    refused_with(response, "invalid_client_id").await;
}

#[tokio::test]
async fn a_redirect_uri_that_is_not_registered_is_refused_on_a_page() {
    let bench = Bench::start().await;
    for uri in [
        "https://evil.test/callback",
        "https://app.test/other",
        "https://app.test/callback#x",
    ] {
        let response = bench
            .slack_authorize(SLACK.0, &[SCOPE, ("redirect_uri", uri)])
            .await;
        refused_with(response, "bad_redirect_uri").await;
    }
}

#[tokio::test]
async fn scopes_are_required_and_separated_by_commas() {
    let bench = Bench::start().await;
    refused_with(bench.slack_authorize(SLACK.0, &[]).await, "no_scopes").await;
    let blanks = [("scope", "chat:write channels:read")];
    refused_with(
        bench.slack_authorize(SLACK.0, &blanks).await,
        "invalid_scope",
    )
    .await;
}

#[tokio::test]
async fn a_repeated_parameter_is_refused() {
    let bench = Bench::start().await;
    let response = bench
        .slack_authorize(SLACK.0, &[SCOPE, ("state", "a"), ("state", "b")])
        .await;
    refused_with(response, "invalid_arguments").await;
}

#[tokio::test]
async fn the_form_is_checked_again_when_it_comes_back() {
    let bench = Bench::start().await;
    let form = bench.slack_page(SLACK.0, &[SCOPE]).await;
    let forged = form.clone().with("redirect_uri", "https://evil.test/");
    refused_with(forged.allow(&bench).await, "bad_redirect_uri").await;
    let nobody = form
        .clone()
        .with("workspace", BAKERY)
        .with("person", "U0INESMORO");
    refused_with(nobody.allow(&bench).await, "user_not_found").await;
    let nowhere = form.with("workspace", "T0NOWHERE");
    refused_with(nowhere.allow(&bench).await, "team_not_found").await;
}

#[tokio::test]
async fn the_team_that_is_hinted_at_is_preselected() {
    let bench = Bench::start().await;
    let form = bench
        .slack_page(SLACK.0, &[SCOPE, ("team", RAIL_GROUP)])
        .await;
    assert_eq!(form.value("workspace"), Some(RAIL_GROUP));
}

#[tokio::test]
async fn a_channel_is_offered_only_for_an_incoming_webhook() {
    let bench = Bench::start().await;
    let without: Form = bench.slack_page(SLACK.0, &[SCOPE]).await;
    let with = bench
        .slack_page(SLACK.0, &[("scope", "incoming-webhook")])
        .await;
    assert_eq!(
        (without.value("channel"), with.value("channel")),
        (None, Some(""))
    );
}
