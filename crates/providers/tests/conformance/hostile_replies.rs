//! What a token endpoint may answer, the same for both providers.

use std::time::Duration;

use tieline_domain::{ports::ProviderError, reason::Reason};
use tieline_sandbox::{Endpoint, Fault, Sandbox, SandboxConfig};
use url::Url;

use crate::harness::{CLIENT_ID, SECRET, World, private, short_limits};

const BOTH: [(&str, Endpoint); 2] = [
    ("slack", Endpoint::SlackOauthV2Access),
    ("msteams", Endpoint::EntraToken),
];

/// Exchanges a code at an endpoint with this fault; it is asked once, never twice.
async fn exchange(
    world: &World,
    provider: &str,
    endpoint: Endpoint,
    fault: Fault,
) -> ProviderError {
    let before = world.control().count(endpoint);
    world.control().fault_once(endpoint, fault);
    let code = match provider {
        "slack" => world.slack_code(&["chat:write"], &[]).await,
        _ => world.entra_code().await,
    };
    let exchange = world.exchange(&code, &["chat:write"]);
    let outcome = world
        .client(provider)
        .exchange_code(&world.app, &exchange)
        .await;
    assert_eq!(world.control().count(endpoint), before + 1, "{provider}");
    outcome.expect_err(provider)
}

/// The reason with which both providers' clients answer this fault.
async fn reason(world: &World, fault: Fault) -> Reason {
    let [slack, entra] = BOTH;
    let first = exchange(world, slack.0, slack.1, fault.clone())
        .await
        .reason;
    let second = exchange(world, entra.0, entra.1, fault).await.reason;
    assert_eq!(first, second);
    first
}

fn reply(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Fault {
    let headers = headers
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect();
    Fault::Reply {
        status,
        headers,
        body: body.into(),
    }
}

fn json(body: impl Into<Vec<u8>>) -> Fault {
    reply(200, &[("content-type", "application/json")], body)
}

/// C01
#[tokio::test]
async fn an_error_of_the_server_is_the_providers_and_the_code_is_not_sent_again() {
    let world = World::new().await;
    let json = [("content-type", "application/json")];
    let fault = reply(500, &json, r#"{"ok":true,"access_token":"t"}"#);
    assert_eq!(reason(&world, fault).await, Reason::ProviderError);
}

/// C02, C34
#[tokio::test]
async fn a_provider_that_asks_to_wait_is_not_asked_again_and_its_hint_is_kept() {
    let world = World::new().await;
    for (provider, endpoint) in BOTH {
        for (status, expected) in [
            (503, Reason::ProviderError),
            (429, Reason::ProviderRateLimited),
        ] {
            let fault = reply(status, &[("retry-after", "30")], "busy");
            let error = exchange(&world, provider, endpoint, fault).await;
            assert_eq!(error.reason, expected);
            assert_eq!(error.retry_after, Some(Duration::from_secs(30)));
            assert_eq!(error.provider_error, Some(format!("HTTP {status}")));
        }
    }
}

/// C04
#[tokio::test]
async fn headers_that_never_arrive_end_with_the_total_limit() {
    let world = World::with(short_limits(), CLIENT_ID, SECRET).await;
    assert_eq!(reason(&world, Fault::Hang).await, Reason::ProviderError);
}

/// C05
#[tokio::test]
async fn a_dripping_body_ends_with_the_total_limit() {
    let world = World::with(short_limits(), CLIENT_ID, SECRET).await;
    let drip = Fault::Drip {
        body: vec![b' '; 10_000],
        every: Duration::from_millis(20),
    };
    assert_eq!(reason(&world, drip).await, Reason::ProviderError);
}

/// C06
#[tokio::test]
async fn a_body_that_is_cut_off_is_no_answer() {
    let world = World::new().await;
    let cut = Fault::Cut { after_bytes: 40 };
    assert_eq!(reason(&world, cut).await, Reason::InvalidResponse);
}

/// C07
#[tokio::test]
async fn a_page_instead_of_json_is_no_answer() {
    let world = World::new().await;
    let html = [("content-type", "text/html")];
    for body in ["<html>Sign in</html>", r#"{"ok":true,"access_token":"t"}"#] {
        assert_eq!(
            reason(&world, reply(200, &html, body)).await,
            Reason::InvalidResponse
        );
    }
    assert_eq!(
        reason(&world, reply(200, &[], "{}")).await,
        Reason::InvalidResponse
    );
}

/// C11
#[tokio::test]
async fn json_that_says_nothing_is_no_answer() {
    let world = World::new().await;
    for body in ["", "null", "[]", "\"x\"", "{}", "[true,\"t\"]"] {
        assert_eq!(
            reason(&world, json(body)).await,
            Reason::InvalidResponse,
            "{body}"
        );
    }
}

/// C12
#[tokio::test]
async fn a_body_without_end_is_stopped_at_the_cap() {
    let world = World::new().await;
    assert_eq!(
        reason(&world, Fault::Endless).await,
        Reason::InvalidResponse
    );
    let huge = json(vec![b' '; private().max_body_bytes + 1]);
    assert_eq!(reason(&world, huge).await, Reason::InvalidResponse);
}

/// C13: compression is neither asked for nor undone, so there is nothing to inflate.
#[tokio::test]
async fn a_compressed_body_is_no_answer() {
    let world = World::new().await;
    let headers = [
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ];
    let bomb = reply(
        200,
        &headers,
        *b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\xae\x05\0\x43\xbf\xa6\xa3",
    );
    assert_eq!(reason(&world, bomb).await, Reason::InvalidResponse);
    for (_, endpoint) in BOTH {
        for request in world.control().requests_of(endpoint) {
            assert_eq!(request.header("accept-encoding"), None);
        }
    }
}

/// C14
#[tokio::test]
async fn a_deep_nest_is_no_answer_and_no_stack_overflow() {
    let world = World::new().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for body in [
        deep.clone(),
        format!(r#"{{"ok":{deep},"access_token":{deep}}}"#),
    ] {
        assert_eq!(reason(&world, json(body)).await, Reason::InvalidResponse);
    }
}

/// C31
#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let world = World::new().await;
    let elsewhere = Sandbox::start(SandboxConfig::default()).await.unwrap();
    let (slack, entra) = (elsewhere.slack_base_url(), elsewhere.entra_base_url());
    for target in [
        format!("{slack}/api/oauth.v2.access"),
        format!("{entra}/common/oauth2/v2.0/token"),
    ] {
        let redirect = Fault::Redirect(Url::parse(&target).unwrap());
        assert_eq!(reason(&world, redirect).await, Reason::InvalidResponse);
    }
    assert_eq!(elsewhere.control().requests(), []);
}

/// C33
#[tokio::test]
async fn other_encodings_than_plain_utf_8_are_no_answer() {
    let world = World::new().await;
    let text = r#"{"ok":true,"access_token":"t"}"#;
    let utf_16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let with_mark = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let invalid = br#"{"ok":true,"access_token":"XX"}"#.map(|b| if b == b'X' { 0xff } else { b });
    for body in [utf_16, with_mark, invalid.to_vec()] {
        assert_eq!(reason(&world, json(body)).await, Reason::InvalidResponse);
    }
}
