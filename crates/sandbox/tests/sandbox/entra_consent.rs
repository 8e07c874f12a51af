//! Admin consent.

use crate::support::{
    Bench, CALLBACK, ENTRA, FENNEL, Form, JONAS, LARKSPUR, NOOR_ADMIN, SELMA_ADMIN, location,
    param, refused_with,
};

#[tokio::test]
async fn the_page_says_that_it_is_a_sandbox_and_names_the_tenants() {
    let bench = Bench::start().await;
    let form = Form::read(bench.consent_page("organizations").await).await;
    for text in [
        "not Microsoft Entra",
        "Fennel &#38; Rye",
        "Larkspur Clinics",
        ".default",
    ] {
        assert!(form.page.contains(text), "{text}: {}", form.page);
    }
}

#[tokio::test]
async fn an_administrator_consents() {
    let bench = Bench::start().await;
    let form = Form::read(bench.consent_page("organizations").await).await;
    let back = location(&form.with("tenant", LARKSPUR).allow(&bench).await);
    let expected = [
        ("admin_consent", "True"),
        ("tenant", LARKSPUR),
        ("scope", "https://graph.microsoft.com/.default"),
        ("state", "sealed"),
    ];
    for (name, value) in expected {
        assert_eq!(param(&back, name).as_deref(), Some(value));
    }
    assert!(bench.control.has_admin_consent(ENTRA.0, LARKSPUR));
    assert!(!bench.control.has_admin_consent(ENTRA.0, FENNEL));
}

#[tokio::test]
async fn a_tenant_in_the_path_is_the_only_choice() {
    let bench = Bench::start().await;
    let form = Form::read(bench.consent_page(LARKSPUR).await).await;
    assert_eq!(form.value("tenant"), Some(LARKSPUR));
    assert!(!form.page.contains(FENNEL));
    let back = location(&form.with("tenant", FENNEL).allow(&bench).await);
    assert_eq!(param(&back, "error").as_deref(), Some("access_denied"));
    assert!(
        param(&back, "error_description")
            .unwrap()
            .starts_with("AADSTS50020")
    );
}

#[tokio::test]
async fn cancelling_looks_like_consent_but_for_the_error() {
    let bench = Bench::start().await;
    let form = Form::read(bench.consent_page("organizations").await).await;
    let response = form.cancel(&bench).await;
    let back = location(&response);
    assert_eq!(param(&back, "admin_consent").as_deref(), Some("True"));
    assert_eq!(param(&back, "error").as_deref(), Some("access_denied"));
    assert_eq!(param(&back, "state").as_deref(), Some("sealed"));
    assert_eq!(param(&back, "tenant"), None);
    let description = param(&back, "error_description").unwrap();
    assert!(description.starts_with("AADSTS65004:") && description.contains("\r\nTrace ID: "));
    assert!(
        param(&back, "error_uri")
            .unwrap()
            .ends_with("/error?code=65004")
    );
    assert!(back.as_str().ends_with('#'));
    assert!(!bench.control.has_admin_consent(ENTRA.0, FENNEL));
}

#[tokio::test]
async fn an_ordinary_user_needs_an_administrator() {
    let bench = Bench::start().await;
    let form = Form::read(bench.consent_page(FENNEL).await).await;
    refused_with(
        form.with("person", JONAS).allow(&bench).await,
        "AADSTS90094",
    )
    .await;
    assert!(!bench.control.has_admin_consent(ENTRA.0, FENNEL));
}

#[tokio::test]
async fn common_and_unknown_tenants_are_refused_on_a_page() {
    let bench = Bench::start().await;
    refused_with(bench.consent_page("common").await, "AADSTS50194").await;
    let unknown = "00000000-0000-4000-8000-000000000000";
    refused_with(bench.consent_page(unknown).await, "AADSTS90002").await;
}

#[tokio::test]
async fn client_redirect_uri_and_scope_are_checked_on_a_page() {
    let bench = Bench::start().await;
    for (name, value, code) in [
        ("client_id", "somebody-else", "AADSTS700016"),
        ("redirect_uri", "https://app.test/Callback", "AADSTS50011"),
        ("redirect_uri", "https://app.test/callback/", "AADSTS50011"),
        (
            "redirect_uri",
            "https://app.test/callback/below",
            "AADSTS50011",
        ),
        (
            "scope",
            "https://graph.microsoft.us/.default",
            "AADSTS70011",
        ),
        ("scope", "", "AADSTS70011"),
    ] {
        let response = bench
            .consent_page_with("organizations", &[(name, value)])
            .await;
        refused_with(response, code).await;
    }
}

#[tokio::test]
async fn the_graph_of_the_sandbox_is_a_resource_too() {
    let bench = Bench::start().await;
    let scope = format!("{}/.default", bench.sandbox.graph_base_url());
    let page = bench
        .consent_page_with("organizations", &[("scope", &scope)])
        .await;
    assert_eq!(page.status(), 200);
}

#[tokio::test]
async fn the_browser_remembers_who_consented() {
    let bench = Bench::start().await;
    let form = Form::read(bench.consent_page(LARKSPUR).await).await;
    let response = form.allow(&bench).await;
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    assert!(cookie.ends_with(SELMA_ADMIN) && !cookie.contains(NOOR_ADMIN));
    let query = [
        ("client_id", ENTRA.0),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid"),
    ];
    let url = bench.url("entra/organizations/oauth2/v2.0/authorize", &query);
    let page = bench
        .http
        .get(url)
        .header("cookie", cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(Form::read(page).await.value("person"), Some(SELMA_ADMIN));
}
