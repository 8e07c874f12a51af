//! What both providers need of HTTP and of RFC 6749.

mod credentials;
mod params;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;

pub(crate) use credentials::{Credentials, CredentialsError, credentials};
pub(crate) use params::Params;

/// Sends the browser on, with these parameters added to the query.
pub(crate) fn redirect_with(target: &Url, pairs: &[(&str, &str)]) -> Response {
    let mut target = target.clone();
    target.query_pairs_mut().extend_pairs(pairs);
    redirect_to(target.as_str())
}

/// Sends the browser on. `303` turns the form's POST into a GET.
pub(crate) fn redirect_to(target: &str) -> Response {
    let headers = [
        (header::LOCATION, target),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// The token of an `Authorization: Bearer` header (RFC 6750, section 2.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether the body claims to be of this media type, parameters aside.
pub(crate) fn has_content_type(headers: &HeaderMap, expected: &str) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case(expected))
}

/// The media type of forms.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
