//! Token endpoints that fail, lie or misbehave.

use serde_json::{Value, json};
use tieline_sandbox::{Endpoint, Fault};
use tieline_tests::{BAKERY, Browser, SLACK, Stage};

const SLACK_TOKEN: Endpoint = Endpoint::SlackOauthV2Access;

fn reply(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Fault {
    Fault::Reply {
        status,
        headers: vec![("content-type".to_owned(), media_type.to_owned())],
        body: body.into(),
    }
}

fn json_reply(body: &Value) -> Fault {
    reply(200, "application/json", body.to_string())
}

/// A flow that meets this fault at the token endpoint: it fails for this reason, the page and the
/// API say so, nothing is stored, and the code is sent once, whoever comes back.
async fn fails(stage: &Stage, integration: &str, fault: Fault, code: &str) -> Value {
    let endpoint = match integration {
        "slack" => SLACK_TOKEN,
        _ => Endpoint::EntraToken,
    };
    let (told, before) = (format!("{fault:?}"), stage.control.count(endpoint));
    stage.control.fault_once(endpoint, fault);
    let minted = stage.mint(integration).await;
    let mut browser = Browser::new();
    let page = browser.allow(&minted.url).await;
    assert!(page.status >= 400, "{told}: {}", page.status);
    assert_eq!(page.reference(), minted.attempt, "{told}");

    let attempt = stage.api.attempt(&minted.attempt).await;
    assert_eq!(attempt["status"], "failed", "{told}: {attempt}");
    assert_eq!(attempt["code"], code, "{told}: {attempt}");
    assert!(stage.api.connections().await.is_empty(), "{told}");

    let callback = browser.last_callback();
    let again = browser.open(&callback).await;
    assert_eq!(
        (again.status, again.reference()),
        (page.status, minted.attempt)
    );
    assert_eq!(stage.control.count(endpoint), before + 1, "{told}");
    attempt
}

/// C01, C02, C06, C07, C12, C34
#[tokio::test]
async fn a_token_endpoint_that_does_not_answer_as_it_should_fails_the_flow_for_its_reason() {
    let mut stage = Stage::start().await;
    let login = "<html><body>Please sign in to the corporate proxy</body></html>";
    let cases = [
        (
            Fault::Status(500, "{\"ok\":true}".to_owned()),
            "provider_error",
        ),
        (Fault::Status(503, "down".to_owned()), "provider_error"),
        (Fault::Status(404, "gone".to_owned()), "provider_error"),
        (Fault::Status(429, String::new()), "provider_rate_limited"),
        (Fault::Cut { after_bytes: 20 }, "invalid_response"),
        (reply(200, "text/html", login), "invalid_response"),
        (Fault::Endless, "invalid_response"),
    ];
    for integration in ["slack", "msteams"] {
        for (fault, code) in cases.clone() {
            let attempt = fails(&stage, integration, fault, code).await;
            assert!(!attempt.to_string().contains("corporate"), "{attempt}");
        }
    }
    let log = stage.server.log_to_its_end().await;
    assert!(!log.contains("corporate"));
}

/// C31: whoever is redirected to sees nothing of code and secret.
#[tokio::test]
async fn a_token_endpoint_that_redirects_is_not_followed() {
    let stage = Stage::start().await;
    let elsewhere = Stage::start().await;
    for (integration, path) in [
        ("slack", "/slack/api/oauth.v2.access"),
        ("msteams", "/entra/organizations/oauth2/v2.0/token"),
    ] {
        let target = elsewhere.sandbox.url().join(path).expect("a path");
        fails(
            &stage,
            integration,
            Fault::Redirect(target),
            "invalid_response",
        )
        .await;
    }
    assert!(elsewhere.control.requests().is_empty());
}

/// C08, C09
#[tokio::test]
async fn slacks_own_errors_have_their_reasons() {
    let stage = Stage::start().await;
    for (error, code) in [
        ("invalid_code", "code_rejected"),
        ("code_already_used", "code_rejected"),
        ("bad_client_secret", "client_rejected"),
        ("bad_redirect_uri", "redirect_rejected"),
        ("enterprise_is_restricted", "approval_required"),
        ("ratelimited", "provider_rate_limited"),
        ("internal_error", "provider_error"),
        ("brand_new_error", "provider_error"),
    ] {
        let fault = json_reply(&json!({ "ok": false, "error": error }));
        let attempt = fails(&stage, "slack", fault, code).await;
        assert_eq!(attempt["providerError"], error);
    }
    let hostile = json!({ "ok": false, "error": "<script>\r\nSet-Cookie: x=1" });
    let attempt = fails(&stage, "slack", json_reply(&hostile), "provider_error").await;
    assert_eq!(attempt["providerError"], "scriptSet-Cookiex1");
}

/// C11, C14, C33
#[tokio::test]
async fn replies_that_make_no_sense_are_refused() {
    let stage = Stage::start().await;
    let deep = "[".repeat(100_000);
    let bodies: [&[u8]; 10] = [
        b"",
        b"null",
        b"[]",
        b"\"x\"",
        b"{}",
        b"{\"ok\":true}",
        b"\xef\xbb\xbf{\"ok\":true}",
        b"\xff\xfe{\x00}\x00",
        b"{\"ok\":true,\"error\":\"\xff\"}",
        deep.as_bytes(),
    ];
    for body in bodies {
        let fault = reply(200, "application/json", body);
        let minted = stage.mint("slack").await;
        stage.control.fault_once(SLACK_TOKEN, fault);
        let page = Browser::new().allow(&minted.url).await;
        let told = String::from_utf8_lossy(&body[..body.len().min(40)]);
        assert_eq!(page.status, 502, "{told}");
        let attempt = stage.api.attempt(&minted.attempt).await;
        let known = ["invalid_response", "missing_account"];
        assert!(
            known.iter().any(|it| attempt["code"] == *it),
            "{told}: {attempt}"
        );
    }
    assert!(stage.api.connections().await.is_empty());
}

/// C16, C17, C18, C19, C21, C22, C26
#[tokio::test]
async fn a_success_that_lacks_or_twists_something_is_none() {
    let stage = Stage::start().await;
    for (patch, code) in [
        (json!({ "access_token": null }), "invalid_response"),
        (json!({ "access_token": "" }), "invalid_response"),
        (json!({ "access_token": " " }), "invalid_response"),
        (json!({ "access_token": 5 }), "invalid_response"),
        (
            json!({ "access_token": "xoxb-1\r\nX: 1" }),
            "invalid_response",
        ),
        (json!({ "token_type": "mac" }), "wrong_token_type"),
        (json!({ "token_type": "user" }), "wrong_token_type"),
        (json!({ "token_type": null }), "wrong_token_type"),
        (
            json!({ "team": null, "enterprise": null }),
            "missing_account",
        ),
        (json!({ "is_enterprise_install": true }), "missing_account"),
        (json!({ "team": { "id": null } }), "missing_account"),
        (
            json!({ "incoming_webhook": { "url": "https://evil.test/services/T/B/x" } }),
            "webhook_refused",
        ),
        (
            json!({ "refresh_token": "x", "expires_in": 1e300 }),
            "invalid_response",
        ),
        (json!({ "scope": "users:read" }), "insufficient_scope"),
    ] {
        fails(&stage, "slack", Fault::SlackReplyPatch(patch), code).await;
    }
}

/// C25, C27, C29, C30, C35
#[tokio::test]
async fn a_success_that_says_more_or_otherwise_is_one() {
    let stage = Stage::start().await;
    let scopes =
        "chat:write chat:write.public,channels:read groups:read users:read users:read.email extra";
    for patch in [
        json!({ "new_member": { "deep": [1] }, "warning": "superfluous_charset" }),
        json!({ "scope": scopes }),
        json!({ "scope": null }),
        json!({ "authed_user": null }),
        json!({ "refresh_token": "xoxe-1", "expires_in": "43200" }),
        json!({ "refresh_token": "xoxe-1", "expires_in": -1 }),
        json!({ "refresh_token": "xoxe-1" }),
        json!({ "authed_user": { "access_token": "xoxp-1", "token_type": "user", "scope": "identify" } }),
        json!({ "team": { "name": null } }),
    ] {
        let told = patch.to_string();
        stage
            .control
            .fault_once(SLACK_TOKEN, Fault::SlackReplyPatch(patch));
        let (page, attempt) = stage.connect_slack(&json!({})).await;
        assert_eq!(page.status, 200, "{told}: {attempt}");
    }
    assert_eq!(stage.api.only_connection().await["workspace"]["id"], BAKERY);
}

/// C03
#[tokio::test]
async fn a_provider_that_is_down_is_said_to_be_unreachable() {
    let stage = Stage::start().await;
    let minted = stage.mint("slack").await;
    let callback = Browser::new().callback(&minted.url).await;
    let Stage {
        api,
        sandbox,
        server,
        ..
    } = stage;
    sandbox.stop().await;
    let page = Browser::new().open(&callback).await;
    assert_eq!(page.status, 502);
    let attempt = api.attempt(&minted.attempt).await;
    assert_eq!(attempt["code"], "provider_unreachable");
    server.has_logged(&[&minted.attempt]).await;
}

/// Loopback is out of bounds unless the operator says otherwise.
#[tokio::test]
async fn private_addresses_are_not_called_unasked() {
    let stage = Stage::start_with(|setup| {
        setup.home.set("ALLOW_PRIVATE_ADDRESSES", "false");
    })
    .await;
    let (page, attempt) = stage.connect_slack(&json!({})).await;
    assert_eq!(page.status, 502);
    assert_eq!(attempt["code"], "provider_unreachable");
    assert_eq!(stage.control.count(SLACK_TOKEN), 0);
}

/// C39: what the provider is sent, exactly.
#[tokio::test]
async fn the_exchange_sends_code_callback_and_the_apps_own_credentials() {
    let stage = Stage::start().await;
    let minted = stage.mint("slack").await;
    let mut browser = Browser::new();
    let callback = browser.callback(&minted.url).await;
    browser.open(&callback).await;
    let sent = stage.control.requests_of(SLACK_TOKEN).remove(0);
    let code = tieline_tests::param(&callback, "code").expect("a code");
    let mut form = sent.form();
    form.sort();
    let mut expected = [
        ("client_id", SLACK.0),
        ("client_secret", SLACK.1),
        ("code", &code),
        ("grant_type", "authorization_code"),
        ("redirect_uri", stage.server.callback().as_str()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    expected.sort();
    assert_eq!(form, expected);
    assert_eq!(sent.query, None);
}
