//! What every answer says to browsers, whatever else it is.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::api::Api;

/// Said unless the answer says otherwise itself: as a page does.
const DEFAULTS: [(HeaderName, HeaderValue); 5] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
];

/// What Swagger UI needs: its own scripts, style sheets and pictures (of which some stand in its
/// style sheet), and this server to talk to. Nothing in the page itself is a script or a style.
const DOCS_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// A year, as those who gather such hosts ask for.
const STRICT_TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds them to an answer from this route.
pub(crate) fn add(headers: &mut HeaderMap, api: &Api, route: Option<&str>) {
    if route.is_some_and(|route| route.starts_with("/docs")) {
        headers.insert(header::CONTENT_SECURITY_POLICY, DOCS_POLICY);
    }
    for (name, value) in DEFAULTS {
        headers.entry(name).or_insert(value);
    }
    // Where providers are to send people over https, nobody has business here without it.
    if api.broker.redirect_uri.starts_with("https://") {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT);
    }
}
