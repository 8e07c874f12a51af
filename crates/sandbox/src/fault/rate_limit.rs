//! `429 Too Many Requests`, as each provider says it.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::endpoint::Endpoint;

/// What a `429` says about when to come again (RFC 9110, section 10.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// So many seconds.
    Seconds(u32),
    /// A date that lies so many seconds ahead by the sandbox's clock.
    Date(u32),
    /// Nothing: the header is missing.
    Missing,
}

impl RetryAfter {
    fn header(self, now: Timestamp) -> Option<HeaderValue> {
        match self {
            Self::Seconds(seconds) => Some(HeaderValue::from(seconds)),
            Self::Date(seconds) => {
                let at = now.saturating_add(SignedDuration::from_secs(seconds.into()));
                let at = at.unwrap_or(Timestamp::MAX);
                let date = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
                HeaderValue::from_str(&date).ok()
            }
            Self::Missing => None,
        }
    }
}

/// The refusal of a request that came too soon.
pub(crate) fn too_many(endpoint: Endpoint, retry_after: RetryAfter, now: Timestamp) -> Response {
    let mut response = (StatusCode::TOO_MANY_REQUESTS, Json(body(endpoint))).into_response();
    if let Some(value) = retry_after.header(now) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

fn body(endpoint: Endpoint) -> Value {
    match endpoint {
        Endpoint::GraphMe | Endpoint::GraphOrganization | Endpoint::GraphUser => json!({
            "error": { "code": "TooManyRequests", "message": "Please retry again later." },
        }),
        Endpoint::EntraToken => json!({
            "error": "temporarily_unavailable",
            "error_description": "AADSTS90055: Too many requests came in too short a time.",
            "error_codes": [90_055],
        }),
        _ => json!({ "ok": false, "error": "ratelimited" }),
    }
}
