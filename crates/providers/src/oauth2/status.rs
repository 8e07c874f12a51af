//! What an HTTP status says, before and instead of the body.

use jiff::Timestamp;
use tieline_domain::{ports::ProviderError, reason::Reason};

use crate::http::Reply;

/// Refuses an answer whose status says enough: 429, 5xx, a redirect. Success and 4xx go on to the
/// body, which knows more.
pub fn check_status(reply: &Reply, now: Timestamp) -> Result<(), ProviderError> {
    let reason = match reply.status() {
        429 => Reason::ProviderRateLimited,
        200..=299 | 400..=499 => return Ok(()),
        500..=599 => Reason::ProviderError,
        _ => Reason::InvalidResponse,
    };
    Err(ProviderError {
        reason,
        retry_after: reply.retry_after(now),
        ..http_failure(reply)
    })
}

/// The failure of an answer that says nothing but its status.
#[must_use]
pub fn http_failure(reply: &Reply) -> ProviderError {
    ProviderError {
        reason: Reason::ProviderError,
        provider_error: Some(format!("HTTP {}", reply.status())),
        retry_after: None,
    }
}

/// A provider's error code, made fit to be stored and shown: at most 64 characters out of those
/// that codes are made of.
#[must_use]
pub fn provider_code(code: &str) -> String {
    let fits = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    code.chars().filter(fits).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::provider_code;

    /// C09
    #[test]
    fn a_code_is_sanitized() {
        assert_eq!(provider_code("brand_new_error"), "brand_new_error");
        assert_eq!(provider_code("<script>\r\nx\u{202e}"), "scriptx");
        assert_eq!(provider_code(&"x".repeat(1000)).len(), 64);
    }
}
