//! Entra's token endpoint.

use std::time::Duration;

use reqwest::Response;
use serde_json::Value;

use crate::support::{
    Bench, CALLBACK, ENTRA, FENNEL, Form, JONAS, LARKSPUR, NOOR_ADMIN, SELMA_ADMIN, SignIn,
    VERIFIER, json, refused_with, send, text,
};

#[tokio::test]
async fn a_code_is_exchanged_for_what_was_asked() {
    let bench = Bench::start().await;
    let plain = bench
        .sign_in(SignIn {
            scope: "User.Read",
            ..SignIn::default()
        })
        .await;
    assert_eq!(plain["token_type"], "Bearer");
    assert!(plain.get("id_token").is_none() && plain.get("refresh_token").is_none());
    assert!((3600..5400).contains(&plain["expires_in"].as_i64().unwrap()));
    let scope = "openid profile offline_access User.Read";
    let full = bench
        .sign_in(SignIn {
            scope,
            ..SignIn::default()
        })
        .await;
    assert!(full["id_token"].is_string() && full["refresh_token"].is_string());
    assert_eq!(full["scope"], "openid profile User.Read");
}

#[tokio::test]
async fn a_code_works_once_and_a_second_use_kills_its_tokens() {
    let bench = Bench::start().await;
    let code = bench.sign_in_code(SignIn::default()).await;
    let reply = json(bench.redeem(&code, &[]).await).await;
    assert_eq!(me(&bench, &reply).await, 200);
    refused(bench.redeem(&code, &[]).await, 400, "invalid_grant", 54_005).await;
    assert_eq!(me(&bench, &reply).await, 401);
}

#[tokio::test]
async fn a_code_lives_ten_minutes() {
    let bench = Bench::start().await;
    let code = bench.sign_in_code(SignIn::default()).await;
    bench.control.advance(Duration::from_secs(601));
    refused(bench.redeem(&code, &[]).await, 400, "invalid_grant", 70_008).await;
}

#[tokio::test]
async fn what_the_code_was_bound_to_is_checked() {
    let bench = Bench::start().await;
    let code = bench.sign_in_code(SignIn::default()).await;
    let long = "x".repeat(60);
    for (name, value, number) in [
        ("code", "1.made-up", 70_000),
        ("redirect_uri", "https://app.test/callback/", 500_112),
        ("redirect_uri", "", 500_112),
        ("code_verifier", long.as_str(), 501_481),
        ("code_verifier", "", 501_481),
    ] {
        let response = bench.redeem(&code, &[(name, value)]).await;
        refused(response, 400, "invalid_grant", number).await;
    }
    assert_eq!(bench.redeem(&code, &[]).await.status(), 200);
}

#[tokio::test]
async fn a_code_of_one_tenant_is_not_redeemed_at_another() {
    let bench = Bench::start().await;
    let code = bench
        .sign_in_code(SignIn {
            person: Some(SELMA_ADMIN),
            ..SignIn::default()
        })
        .await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    refused(
        bench.entra_token(FENNEL, &form).await,
        400,
        "invalid_grant",
        70_000,
    )
    .await;
    assert_eq!(bench.entra_token(LARKSPUR, &form).await.status(), 200);
}

#[tokio::test]
async fn client_credentials_are_checked() {
    let bench = Bench::start().await;
    let code = bench.sign_in_code(SignIn::default()).await;
    for (name, value, status, error, number) in [
        ("client_secret", "wrong", 401, "invalid_client", 7_000_215),
        ("client_secret", "", 401, "invalid_client", 7_000_218),
        (
            "client_id",
            "somebody-else",
            400,
            "unauthorized_client",
            700_016,
        ),
        ("client_id", "", 400, "invalid_request", 900_144),
    ] {
        refused(
            bench.redeem(&code, &[(name, value)]).await,
            status,
            error,
            number,
        )
        .await;
    }
}

#[tokio::test]
async fn an_origin_header_is_refused() {
    let bench = Bench::start().await;
    let url = bench.url("entra/organizations/oauth2/v2.0/token", &[]);
    let form = [("grant_type", "authorization_code")];
    let request = bench
        .http
        .post(url)
        .header("origin", "https://app.test")
        .form(&form);
    refused(send(request).await, 400, "invalid_request", 9_002_326).await;
}

#[tokio::test]
async fn only_forms_and_known_grants_are_taken() {
    let bench = Bench::start().await;
    let url = bench.url("entra/organizations/oauth2/v2.0/token", &[]);
    let json = bench
        .http
        .post(url)
        .header("content-type", "application/json")
        .body("{}");
    refused(send(json).await, 400, "invalid_request", 900_144).await;
    let password = bench
        .entra_token(FENNEL, &[("grant_type", "password")])
        .await;
    refused(password, 400, "unsupported_grant_type", 70_003).await;
}

#[tokio::test]
async fn a_refresh_leaves_the_old_token_good() {
    let bench = Bench::start().await;
    let scope = "offline_access User.Read";
    let first = bench
        .sign_in(SignIn {
            scope,
            person: Some(JONAS),
            ..SignIn::default()
        })
        .await;
    let token = first["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    for _ in 0..2 {
        let reply = json(bench.entra_token(FENNEL, &form).await).await;
        assert_ne!(reply["refresh_token"], first["refresh_token"]);
        assert_eq!(me(&bench, &reply).await, 200);
    }
    bench.control.advance(Duration::from_hours(91 * 24));
    refused(
        bench.entra_token(FENNEL, &form).await,
        400,
        "invalid_grant",
        70_000,
    )
    .await;
}

#[tokio::test]
async fn a_person_whose_sign_ins_were_revoked_has_to_sign_in_again() {
    let bench = Bench::start().await;
    let sign_in = |person| SignIn {
        scope: "offline_access User.Read",
        person: Some(person),
        ..SignIn::default()
    };
    let jonas = bench.sign_in(sign_in(JONAS)).await;
    let noor = bench.sign_in(sign_in(NOOR_ADMIN)).await;
    bench.control.revoke_entra_sign_ins(JONAS);
    let response = refresh(&bench, &jonas).await;
    refused(response, 400, "invalid_grant", 50_173).await;
    assert_eq!(refresh(&bench, &noor).await.status(), 200);
    let again = bench.sign_in(sign_in(JONAS)).await;
    assert_eq!(refresh(&bench, &again).await.status(), 200);
}

#[tokio::test]
async fn an_app_that_is_switched_off_neither_signs_in_nor_refreshes() {
    let bench = Bench::start().await;
    let sign_in = SignIn {
        scope: "offline_access User.Read",
        person: Some(JONAS),
        ..SignIn::default()
    };
    let signed_in = bench.sign_in(sign_in).await;
    let code = bench.sign_in_code(sign_in).await;
    bench.control.disable_entra_app(ENTRA.0, FENNEL);
    for response in [
        refresh(&bench, &signed_in).await,
        bench.redeem(&code, &[]).await,
    ] {
        refused(response, 400, "unauthorized_client", 7_000_112).await;
    }
    let form = Form::read(bench.sign_in_page(FENNEL, &[]).await).await;
    refused_with(form.allow(&bench).await, "AADSTS7000112").await;
    bench.control.enable_entra_app(ENTRA.0, FENNEL);
    assert_eq!(bench.redeem(&code, &[]).await.status(), 200);
}

async fn refresh(bench: &Bench, reply: &Value) -> Response {
    let token = text(reply, "refresh_token");
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    bench.entra_token(FENNEL, &form).await
}

async fn me(bench: &Bench, reply: &Value) -> u16 {
    let token = reply["access_token"].as_str().expect("a token");
    send(
        bench
            .http
            .get(bench.url("graph/v1.0/me", &[]))
            .bearer_auth(token),
    )
    .await
    .status()
    .as_u16()
}

pub(crate) async fn refused(response: Response, status: u16, error: &str, number: u32) {
    assert_eq!(response.status(), status);
    let body = json(response).await;
    assert_eq!(body["error"], error, "{body}");
    assert_eq!(body["error_codes"], serde_json::json!([number]), "{body}");
    let description = body["error_description"].as_str().expect("a description");
    assert!(description.starts_with(&format!("AADSTS{number}: ")));
    for name in ["timestamp", "trace_id", "correlation_id"] {
        assert!(body[name].is_string(), "{name}");
    }
}
