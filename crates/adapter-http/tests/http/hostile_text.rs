//! What strangers wrote is shown as text, wherever it ends up.

use tieline_domain::{attempt::AttemptStatus, connection::Workspace};
use tieline_testkit::fixtures::NOON;

use crate::bench::{Bench, callback, for_ada};

const HOSTILE: [&str; 17] = [
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</code></footer><img src=x onerror=alert(1)>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "\"><script>alert(1)</script>",
    "'><script>alert(1)</script>",
    "\" onmouseover=\"alert(1)",
    "<meta http-equiv=refresh content=0;url=//evil.test>",
    "<base href=//evil.test>",
    "<a href=javascript:alert(1)>x</a>",
    "<!--",
    "<iframe srcdoc='&lt;script&gt;'>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u{202e}<b>\u{0}\u{1b}[31m\r\nSet-Cookie: a=b",
];

/// The tags of a page, with all that is in them: text adds none.
fn tags(html: &str) -> Vec<String> {
    let tags = html.split('<').skip(1);
    tags.map(|tag| tag.split('>').next().unwrap().to_owned())
        .collect()
}

async fn page_of(workspace: &str, environment: &str) -> String {
    let bench = Bench::on(tieline_testkit::MemoryStorage::new(), environment).await;
    let connection = bench.connection();
    let workspace = Workspace {
        name: Some(workspace.to_owned()),
        ..connection.workspace
    };
    let attempt = bench
        .attempt()
        .completed(Some(connection.identifier), &workspace, NOON);
    assert_eq!(attempt.status, AttemptStatus::Completed);
    bench.store_attempt(&attempt).await;
    let page = bench.open(&format!("/connect/{}", attempt.id)).await;
    page.assert_is(200);
    page.text().to_owned()
}

#[tokio::test]
async fn a_workspaces_name_is_text() {
    let plain = tags(&page_of("Acme", "Development").await);
    for name in HOSTILE {
        assert_eq!(tags(&page_of(name, "Development").await), plain, "{name}");
    }
}

#[tokio::test]
async fn an_environments_name_is_text() {
    let plain = tags(&page_of("Acme", "Development").await);
    for name in HOSTILE
        .iter()
        .filter(|name| !name.contains(char::is_control))
    {
        assert_eq!(tags(&page_of("Acme", name).await), plain, "{name}");
    }
}

/// B15
#[tokio::test]
async fn a_providers_error_is_neither_in_the_page_nor_in_the_way_there() {
    let bench = Bench::start().await;
    for told in HOSTILE {
        let state = bench.state(&for_ada()).await;
        let query = [
            ("error", "invalid_request"),
            ("error_description", told),
            ("state", &state),
        ];
        let answer = bench.open(&callback(&query)).await;
        answer.assert_is(303);
        let location = answer.header("location").unwrap();
        let own = location.strip_prefix("../../../../connect/").unwrap();
        assert!(own.parse::<uuid::Uuid>().is_ok(), "{location}");
        let page = bench.open(&format!("/connect/{own}")).await;
        page.assert_is(400);
        assert!(
            !page.text().contains(told) && !page.text().contains("alert(1)"),
            "{told}"
        );
    }
}

/// B15: nor in the product's own address.
#[tokio::test]
async fn a_providers_error_is_not_handed_to_the_product() {
    let bench = Bench::start().await;
    bench
        .integrate(
            "slack",
            "returning",
            &[("redirectUrl", "https://app.test/done?a=b")],
        )
        .await;
    for told in HOSTILE {
        let state = bench
            .state(&crate::bench::with("integrationIdentifier", "returning"))
            .await;
        let query = [
            ("error", "access_denied"),
            ("error_description", told),
            ("state", &state),
        ];
        let answer = bench.open(&callback(&query)).await;
        let location = "https://app.test/done?a=b&status=denied&code=access_denied";
        assert_eq!(answer.header("location"), Some(location));
    }
}

/// The back end gets the provider's words as one line of JSON text.
#[tokio::test]
async fn a_providers_error_is_data_to_the_back_end() {
    let bench = Bench::start().await;
    for told in HOSTILE {
        let state = bench.state(&for_ada()).await;
        let query = [
            ("error", "invalid_request"),
            ("error_description", told),
            ("state", &state),
        ];
        bench.open(&callback(&query)).await;
        let shown = bench.attempts().await[0]["providerError"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(!shown.contains(char::is_control), "{shown:?}");
        bench.clock.advance(jiff::SignedDuration::from_secs(1));
    }
}

#[tokio::test]
async fn a_hostile_reference_is_replaced() {
    let bench = Bench::start().await;
    let request = axum::http::Request::get(callback(&[])).header("x-request-id", "<script>");
    let page = bench
        .send(request.body(axum::body::Body::empty()).unwrap())
        .await;
    assert!(!page.text().contains("<script"), "{}", page.text());
}

/// Words of a request come back in JSON, which nobody renders.
#[tokio::test]
async fn a_hostile_field_comes_back_as_json_text() {
    let bench = Bench::start().await;
    for name in HOSTILE {
        let answer = bench.mint(&crate::bench::with(name, 1)).await;
        answer.assert_is(422);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
}
