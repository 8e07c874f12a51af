//! Bodies: how large, of which type, and in which form.

use axum::{
    body::{Body, Bytes},
    http::{Method, header},
};
use http_body_util::{BodyExt, Full};

use crate::bench::{Answer, Bench, MINT, for_ada};

const LIMIT: usize = 65_536;

/// A body that asks for a URL, made this long with blanks.
fn padded(length: usize) -> String {
    let mut body = for_ada().to_string();
    body.extend(std::iter::repeat_n(' ', length - body.len()));
    body
}

/// A body whose length nobody knows before its end.
fn chunked(text: String) -> Body {
    Body::new(Full::new(Bytes::from(text)).map_frame(|frame| frame))
}

async fn post(bench: &Bench, content_type: Option<&str>, body: Body) -> Answer {
    let mut request = bench.request(Method::POST, MINT);
    if let Some(content_type) = content_type {
        request = request.header(header::CONTENT_TYPE, content_type);
    }
    bench.send(request.body(body).unwrap()).await
}

async fn post_json(bench: &Bench, body: impl Into<Body>) -> Answer {
    post(bench, Some("application/json"), body.into()).await
}

#[tokio::test]
async fn a_body_of_64_kib_is_read_and_one_byte_more_is_a_413() {
    let bench = Bench::start().await;
    post_json(&bench, padded(LIMIT)).await.assert_is(201);
    let answer = post_json(&bench, padded(LIMIT + 1)).await;
    assert_eq!(answer.refusal(), (413, "body_too_large".to_owned()));
}

#[tokio::test]
async fn the_limit_holds_without_a_content_length() {
    let bench = Bench::start().await;
    assert_eq!(
        axum::body::HttpBody::size_hint(&chunked(padded(LIMIT))).upper(),
        None
    );
    let fits = post_json(&bench, chunked(padded(LIMIT))).await;
    fits.assert_is(201);
    let answer = post_json(&bench, chunked(padded(LIMIT + 1))).await;
    assert_eq!(answer.refusal(), (413, "body_too_large".to_owned()));
}

#[tokio::test]
async fn a_body_of_another_type_is_a_415() {
    let bench = Bench::start().await;
    for content_type in [
        None,
        Some(""),
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/jsonp"),
        Some("application/vnd.api+json"),
        Some("multipart/form-data; boundary=application/json"),
    ] {
        let body = Body::from(for_ada().to_string());
        let answer = post(&bench, content_type, body).await;
        let expected = (415, "unsupported_media_type".to_owned());
        assert_eq!(answer.refusal(), expected, "{content_type:?}");
    }
}

#[tokio::test]
async fn parameters_and_case_of_the_type_do_not_matter() {
    let bench = Bench::start().await;
    for content_type in [
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/json;x=y",
    ] {
        let body = Body::from(for_ada().to_string());
        post(&bench, Some(content_type), body).await.assert_is(201);
    }
}

#[tokio::test]
async fn what_is_not_one_json_object_is_a_400() {
    let bench = Bench::start().await;
    let deep = "[".repeat(60_000);
    for body in [
        "",
        " ",
        "{",
        "{\"a\":1,}",
        "{'a':1}",
        "null",
        "[]",
        "\"slack\"",
        "1",
        "{} {}",
        "{\"subscriberId\":\"a\",\"subscriberId\":\"b\"}",
        "{\"context\":{\"a\":{\"id\":\"1\",\"id\":\"2\"}}}",
        "\u{feff}{}",
        "{\"a\":1e999}",
        "{\"a\":\"\u{0}\"}",
        "{\"a\":\"\\ud800\"}",
        &deep,
    ] {
        let answer = post_json(&bench, body.to_owned()).await;
        let expected = (400, "malformed_json".to_owned());
        assert_eq!(answer.refusal(), expected, "{}", answer.text());
    }
    let answer = post_json(&bench, &b"{\"a\":\"\xff\"}"[..]).await;
    assert_eq!(answer.refusal(), (400, "malformed_json".to_owned()));
}

#[tokio::test]
async fn a_member_named_twice_is_named() {
    let bench = Bench::start().await;
    let answer = post_json(&bench, "{\"scope\":[],\"scope\":[]}").await;
    assert!(
        answer.message().contains("\"scope\" stands there twice"),
        "{}",
        answer.message()
    );
}
