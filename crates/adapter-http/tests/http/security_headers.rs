//! What every answer says to browsers.

use axum::{
    body::Body,
    http::{Method, Request},
};

use crate::bench::{Answer, Bench, MINT, callback, for_ada};

/// Answers of every kind.
async fn all(bench: &Bench) -> Vec<(&'static str, Answer)> {
    let stranger = bench.holding("tl_unknown-unknown");
    let delete = bench.request(Method::DELETE, MINT).body(Body::empty());
    vec![
        ("a mint", bench.mint(&for_ada()).await),
        ("a list", bench.get("/v1/channel-connections").await),
        ("a list of v2", bench.get("/v2/subscribers").await),
        ("a refusal", bench.post(MINT, &serde_json::json!({})).await),
        ("no key", stranger.get("/v1/api-keys").await),
        ("no route", bench.get("/v1/nothing").await),
        ("no method", bench.send(delete.unwrap()).await),
        ("a page", bench.open("/connect/x").await),
        ("a callback", bench.open(&callback(&[])).await),
        ("a probe", bench.open("/healthz").await),
        ("the document", bench.open("/openapi.json").await),
        ("its page", bench.open("/docs/").await),
        (
            "a script of it",
            bench.open("/docs/swagger-ui-bundle.js").await,
        ),
        ("nothing of it", bench.open("/docs/nothing").await),
        ("the way to it", bench.open("/docs").await),
    ]
}

#[tokio::test]
async fn no_answer_is_kept_guessed_at_framed_or_told_on() {
    let bench = Bench::start().await;
    for (what, answer) in all(&bench).await {
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("strict-transport-security", "max-age=31536000"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{what}");
        }
        let policy = answer.header("content-security-policy").unwrap();
        for rule in ["default-src 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(rule), "{what}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{what}: {policy}");
    }
}

#[tokio::test]
async fn who_is_reached_without_tls_does_not_ask_for_it() {
    let mut bench = Bench::start().await;
    bench.api.broker.redirect_uri = "http://localhost:3100/callback".to_owned();
    for (what, answer) in all(&bench).await {
        assert_eq!(answer.header("strict-transport-security"), None, "{what}");
    }
}

/// The page of the document is somebody else's. Whatever it names has to be allowed, and nothing
/// stands in it that would have to be.
#[tokio::test]
async fn the_documents_page_needs_no_more_than_its_policy_allows() {
    let bench = Bench::start().await;
    let page = bench.open("/docs/").await;
    let policy = page.header("content-security-policy").unwrap();
    for rule in [
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    let html = page.text();
    for inline in ["<style", " style=", " onload=", "javascript:", "<base"] {
        assert!(!html.contains(inline), "{inline} in {html}");
    }
    let scripts: Vec<_> = html.split("<script").skip(1).collect();
    assert!(!scripts.is_empty());
    for script in scripts {
        let (attributes, rest) = script.split_once('>').unwrap();
        assert!(attributes.contains(" src=\"./"), "{attributes}");
        let (inner, _) = rest.split_once("</script>").unwrap();
        assert_eq!(inner.trim(), "");
    }
    let initializer = bench.open("/docs/swagger-initializer.js").await;
    assert!(initializer.text().contains("/openapi.json"));
    assert!(!initializer.text().contains("https://"));
}

/// T58
#[tokio::test]
async fn no_page_of_another_origin_is_let_in() {
    let bench = Bench::start().await;
    for path in [
        MINT,
        "/v1/channel-connections",
        "/v2/subscribers",
        "/nothing",
    ] {
        let asking = |method: Method| {
            bench
                .request(method, path)
                .header("origin", "https://elsewhere.example")
                .header("access-control-request-method", "POST")
                .header(
                    "access-control-request-headers",
                    "authorization,content-type",
                )
                .body(Body::empty())
                .unwrap()
        };
        let preflight = bench.send(asking(Method::OPTIONS)).await;
        assert!(matches!(preflight.status.as_u16(), 404 | 405), "{path}");
        let plain = bench.send(asking(Method::GET)).await;
        for answer in [preflight, plain] {
            let told = answer
                .headers
                .keys()
                .find(|name| name.as_str().starts_with("access-control-") || *name == "set-cookie");
            assert_eq!(told, None, "{path}");
        }
    }
    let request = Request::options("*").body(Body::empty()).unwrap();
    let answer = bench.send(request).await;
    assert!(answer.headers.get("access-control-allow-origin").is_none());
}
