//! What a person sees.

use axum::{
    body::Body,
    http::{Method, Request},
};
use tieline_domain::{
    attempt::{AttemptStatus, ConnectAttempt, Failure},
    connection::Workspace,
    reason::Reason,
};
use tieline_testkit::fixtures::{self, NOON};

use crate::bench::{Answer, Bench, callback};

/// What must stand above every page: nothing kept, nothing told on, nothing framed, no script.
#[track_caller]
pub(crate) fn assert_guarded(answer: &Answer) {
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("x-frame-options"), Some("DENY"));
    let policy = answer.header("content-security-policy").unwrap();
    for rule in [
        "default-src 'none'",
        "style-src 'sha256-",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[track_caller]
fn assert_page(answer: &Answer, status: u16) {
    answer.assert_is(status);
    assert_eq!(
        answer.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_guarded(answer);
    let html = answer.text();
    assert!(
        html.starts_with("<!doctype html>\n<html lang=\"en\">"),
        "{html}"
    );
    assert!(!html.contains("<script"), "{html}");
    assert!(html.contains("name=\"viewport\""), "{html}");
}

async fn shown(bench: &Bench, attempt: &ConnectAttempt) -> Answer {
    bench.store_attempt(attempt).await;
    bench.open(&format!("/connect/{}", attempt.id)).await
}

fn failed(bench: &Bench, reason: Reason) -> ConnectAttempt {
    bench.attempt().failed(&reason.into(), NOON)
}

/// B20
#[tokio::test]
async fn a_connection_is_told_by_the_names_of_workspace_and_environment() {
    let bench = Bench::start().await;
    let connection = bench.connection();
    let workspace = Workspace {
        name: Some("Acme Corp".to_owned()),
        ..connection.workspace
    };
    let attempt = bench
        .attempt()
        .completed(Some(connection.identifier), &workspace, NOON);
    let page = shown(&bench, &attempt).await;
    assert_page(&page, 200);
    for told in [
        "Acme Corp is connected",
        "Slack workspace",
        "Development",
        &attempt.id.to_string(),
    ] {
        assert!(page.text().contains(told), "{told}");
    }
}

/// What the document declares is checked with every answer: here, for every reason there is.
#[tokio::test]
async fn every_failure_says_what_who_and_how() {
    let bench = Bench::start().await;
    let of_a_flow = Reason::ALL
        .iter()
        .skip_while(|reason| **reason != Reason::IntegrationUnavailable);
    for reason in of_a_flow
        .copied()
        .chain([Reason::IdentifierTaken, Reason::OauthNotSupported])
    {
        let attempt = failed(&bench, reason);
        let page = shown(&bench, &attempt).await;
        assert_page(&page, page.status.as_u16());
        assert!(!page.status.is_success(), "{reason}");
        let (what, remedy) = (escaped(reason.what()), escaped(reason.remedy()));
        for told in [
            &what,
            &remedy,
            reason.mender().for_the_person(),
            &attempt.id.to_string(),
        ] {
            assert!(page.text().contains(told), "{told} in {}", page.text());
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('\'', "&#39;")
}

#[tokio::test]
async fn a_flow_that_goes_on_is_a_page_that_looks_again() {
    let bench = Bench::start().await;
    let exchanging = bench.attempt();
    let page = shown(&bench, &exchanging).await;
    assert_page(&page, 200);
    let refresh = "<meta http-equiv=\"refresh\" content=\"2\">";
    assert!(page.text().contains(refresh));
    let waiting = bench.attempt().awaiting_sign_in(NOON);
    let page = shown(&bench, &waiting).await;
    assert_page(&page, 200);
    assert!(page.text().contains(refresh) && page.text().contains("sign-in"));
}

#[tokio::test]
async fn a_page_of_an_end_does_not_look_again() {
    let bench = Bench::start().await;
    let page = shown(&bench, &failed(&bench, Reason::AccessDenied)).await;
    assert!(!page.text().contains("http-equiv"), "{}", page.text());
}

#[tokio::test]
async fn an_attempt_that_looks_again_sees_the_end() {
    let bench = Bench::start().await;
    let exchanging = bench.attempt();
    shown(&bench, &exchanging).await;
    let ended = exchanging
        .clone()
        .failed(&Reason::CodeRejected.into(), NOON);
    let attempts = &bench.api.broker.stores.attempts;
    attempts
        .advance(AttemptStatus::Exchanging, &ended)
        .await
        .unwrap();
    let page = bench.open(&format!("/connect/{}", exchanging.id)).await;
    assert_page(&page, 400);
}

#[tokio::test]
async fn a_page_of_nothing_is_a_404() {
    let bench = Bench::start().await;
    let unknown = fixtures::uuid().to_string();
    for id in ["x", "%3Cscript%3E", "%00", &unknown] {
        let page = bench.open(&format!("/connect/{id}")).await;
        assert_page(&page, 404);
        assert!(
            page.text()
                .contains("There is no connection under this reference")
        );
    }
}

#[tokio::test]
async fn a_name_that_is_not_text_has_no_page() {
    let bench = Bench::start().await;
    assert_page(&bench.open("/connect/%ff").await, 404);
}

/// The provider's own words are for the product's developers.
#[tokio::test]
async fn a_page_does_not_show_the_providers_words() {
    let bench = Bench::start().await;
    let failure = Failure {
        reason: Reason::AuthorizationRefused,
        provider_error: Some("invalid_scope: the words".to_owned()),
    };
    let page = shown(&bench, &bench.attempt().failed(&failure, NOON)).await;
    assert!(!page.text().contains("the words"));
}

/// B02, B03: the same page, down to the reference.
#[tokio::test]
async fn a_callback_without_a_flow_is_a_page_too() {
    let bench = Bench::start().await;
    for query in [
        &[][..],
        &[("state", "nonsense")],
        &[("state", "a"), ("state", "b")],
    ] {
        let page = bench.open(&callback(query)).await;
        assert_page(&page, 400);
        let reference = page.header("x-request-id").unwrap();
        assert!(page.text().contains(reference));
    }
}

/// The style sheet that the policy allows is the one in the page.
#[tokio::test]
async fn the_policy_allows_the_pages_style_by_its_hash() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use sha2::{Digest, Sha256};
    let bench = Bench::start().await;
    let page = bench.open("/connect/x").await;
    let style = page.text().split_once("<style>").unwrap().1;
    let style = style.split_once("</style>").unwrap().0;
    let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains(&format!("'sha256-{hash}'")), "{policy}");
    assert_eq!(page.text().matches("<style").count(), 1);
    assert!(!page.text().contains("style="), "no inline styles");
}

/// B18: a link scanner asks for the head.
#[tokio::test]
async fn a_head_of_a_page_is_guarded_and_empty() {
    let bench = Bench::start().await;
    let request = Request::builder().method(Method::HEAD).uri("/connect/x");
    let answer = bench.send(request.body(Body::empty()).unwrap()).await;
    assert_guarded(&answer);
    assert!(answer.body.is_empty());
}
