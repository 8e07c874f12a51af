//! The sign-in page.

use crate::support::{
    Bench, FENNEL, Form, JONAS, LARKSPUR, NOOR_ADMIN, SELMA_ADMIN, location, param, refused_with,
};

#[tokio::test]
async fn allow_returns_a_code_and_the_state() {
    let bench = Bench::start().await;
    let form = Form::read(bench.sign_in_page("organizations", &[]).await).await;
    assert_eq!(form.value("person"), Some(NOOR_ADMIN));
    let back = location(&form.allow(&bench).await);
    assert!(param(&back, "code").is_some());
    assert_eq!(param(&back, "state").as_deref(), Some("sealed"));
}

#[tokio::test]
async fn cancel_returns_access_denied() {
    let bench = Bench::start().await;
    let form = Form::read(bench.sign_in_page("common", &[]).await).await;
    let back = location(&form.cancel(&bench).await);
    assert_eq!(param(&back, "error").as_deref(), Some("access_denied"));
    assert_eq!(param(&back, "admin_consent"), None);
}

#[tokio::test]
async fn only_people_of_the_tenant_can_sign_in_to_it() {
    let bench = Bench::start().await;
    let form = Form::read(bench.sign_in_page(LARKSPUR, &[]).await).await;
    assert_eq!(form.value("person"), Some(SELMA_ADMIN));
    assert!(!form.page.contains(JONAS));
    let back = location(&form.with("person", JONAS).allow(&bench).await);
    assert!(
        param(&back, "error_description")
            .unwrap()
            .starts_with("AADSTS50020")
    );
}

#[tokio::test]
async fn a_login_hint_is_preselected() {
    let bench = Bench::start().await;
    let hint = [("login_hint", "jonas@fennelrye.example")];
    let form = Form::read(bench.sign_in_page("organizations", &hint).await).await;
    assert_eq!(form.value("person"), Some(JONAS));
}

#[tokio::test]
async fn a_silent_sign_in_needs_somebody_who_was_here() {
    let bench = Bench::start().await;
    let back = location(
        &bench
            .sign_in_page("organizations", &[("prompt", "none")])
            .await,
    );
    assert_eq!(param(&back, "error").as_deref(), Some("login_required"));
    let url = bench
        .sign_in_page(FENNEL, &[("prompt", "none")])
        .await
        .url()
        .clone();
    let cookie = format!("tieline_sandbox_account={JONAS}");
    let back = bench
        .http
        .get(url)
        .header("cookie", cookie)
        .send()
        .await
        .unwrap();
    assert!(param(&location(&back), "code").is_some());
}

#[tokio::test]
async fn client_and_redirect_uri_are_checked_on_a_page() {
    let bench = Bench::start().await;
    for (name, value, code) in [
        ("client_id", "somebody-else", "AADSTS700016"),
        ("redirect_uri", "https://APP.test/callback", "AADSTS50011"),
    ] {
        refused_with(
            bench.sign_in_page("organizations", &[(name, value)]).await,
            code,
        )
        .await;
    }
    refused_with(bench.sign_in_page("consumers", &[]).await, "AADSTS90002").await;
}

#[tokio::test]
async fn all_other_errors_go_back_to_the_app() {
    let bench = Bench::start().await;
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "", "invalid_request"),
        ("response_mode", "form_post", "invalid_request"),
        ("scope", "", "invalid_request"),
        ("prompt", "sometimes", "invalid_request"),
        ("code_challenge_method", "S512", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
    ] {
        let back = location(&bench.sign_in_page("organizations", &[(name, value)]).await);
        assert_eq!(
            param(&back, "error").as_deref(),
            Some(error),
            "{name}={value}"
        );
        assert_eq!(param(&back, "state").as_deref(), Some("sealed"));
    }
}
