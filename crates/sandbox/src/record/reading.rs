//! What a request says about its sender.

use axum::http::HeaderMap;
use axum::http::request::Parts;
use jiff::Timestamp;

use super::{MarkBook, RecordedRequest, TokenMark};
use crate::endpoint::Endpoint;
use crate::http::{Params, bearer, credentials, has_content_type};

/// The parameters in which tokens and codes travel.
const SECRETS: [&str; 3] = ["token", "refresh_token", "code"];

/// Reads a request for the record.
pub(crate) fn read(
    endpoint: Endpoint,
    parts: &Parts,
    body: &[u8],
    at: Timestamp,
    marks: &MarkBook,
) -> RecordedRequest {
    let params = params(&parts.headers, body);
    let tokens = tokens(&parts.headers, &params, marks);
    let query = parts.uri.query().unwrap_or_default();
    let client_id = client_id(&parts.headers, &params, query, &tokens);
    RecordedRequest {
        endpoint,
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: headers(&parts.headers),
        body: body.to_vec(),
        at,
        client_id,
        tokens,
        outcome: None,
    }
}

fn params(headers: &HeaderMap, body: &[u8]) -> Params {
    if has_content_type(headers, "application/json") {
        Params::of_json(body).unwrap_or_default()
    } else {
        Params::of_form(body)
    }
}

fn tokens(headers: &HeaderMap, params: &Params, marks: &MarkBook) -> Vec<TokenMark> {
    let in_params = SECRETS.iter().filter_map(|name| params.get(name));
    bearer(headers)
        .into_iter()
        .chain(in_params)
        .map(|value| marks.read(value))
        .collect()
}

fn client_id(
    headers: &HeaderMap,
    params: &Params,
    query: &str,
    tokens: &[TokenMark],
) -> Option<String> {
    let said = credentials(headers, params).map(|said| said.id).ok();
    let in_query = || {
        Params::of_form(query.as_bytes())
            .get("client_id")
            .map(str::to_owned)
    };
    let of_token = || {
        let known = tokens.iter().find(|mark| !mark.client_id.is_empty())?;
        Some(known.client_id.clone())
    };
    said.or_else(in_query).or_else(of_token)
}

fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let pair = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.to_string(), value)
    };
    headers.iter().map(pair).collect()
}
