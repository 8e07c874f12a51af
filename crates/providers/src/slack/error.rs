//! Slack's error codes ("oauth.v2.access method", docs.slack.dev) and what they mean to us.

use jiff::Timestamp;
use tieline_domain::{ports::ProviderError, reason::Reason};

use super::wire::Verdict;
use crate::{
    http::Reply,
    oauth2::{check_status, http_failure, provider_code},
};

/// Tells failure from success. Slack answers both with status 200.
pub(super) fn check(reply: &Reply, now: Timestamp) -> Result<(), ProviderError> {
    check_status(reply, now)?;
    match reply.json::<Verdict>() {
        Ok(verdict) if verdict.ok && reply.is_success() => Ok(()),
        Ok(Verdict {
            error: Some(code), ..
        }) => Err(failure(&code, reply, now)),
        Err(error) if reply.is_success() => Err(error.into()),
        _ => Err(http_failure(reply)),
    }
}

fn failure(code: &str, reply: &Reply, now: Timestamp) -> ProviderError {
    let reason = reason(code);
    let retry_after = match reason {
        Reason::ProviderRateLimited => reply.retry_after(now),
        _ => None,
    };
    ProviderError {
        reason,
        provider_error: Some(provider_code(code)),
        retry_after,
    }
}

fn reason(code: &str) -> Reason {
    match code {
        "invalid_code" | "code_already_used" | "code_expired" | "invalid_code_verifier" => {
            Reason::CodeRejected
        }
        "bad_client_secret" | "invalid_client_id" => Reason::ClientRejected,
        "bad_redirect_uri" => Reason::RedirectRejected,
        "access_denied" => Reason::AccessDenied,
        "enterprise_is_restricted"
        | "no_permission"
        | "org_login_required"
        | "team_access_not_granted" => Reason::ApprovalRequired,
        "cannot_install_an_org_installed_app"
        | "no_scopes"
        | "oauth_authorization_url_mismatch"
        | "pkce_not_allowed" => Reason::AuthorizationRefused,
        "ratelimited" | "rate_limited" => Reason::ProviderRateLimited,
        // `internal_error`, `fatal_error`, `service_unavailable`, `request_timeout`, and all that
        // Slack may think of in future.
        _ => Reason::ProviderError,
    }
}

/// Whether the code says, to a request to revoke a token, that there is nothing to revoke.
pub(super) fn is_gone(error: &ProviderError) -> bool {
    const GONE: &[&str] = &[
        "token_revoked",
        "token_expired",
        "invalid_auth",
        "account_inactive",
    ];
    error
        .provider_error
        .as_deref()
        .is_some_and(|code| GONE.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::{Reason::*, *};

    /// C08, C09
    #[test]
    fn every_code_has_its_reason() {
        for (code, expected) in [
            ("invalid_code", CodeRejected),
            ("code_already_used", CodeRejected),
            ("code_expired", CodeRejected),
            ("bad_client_secret", ClientRejected),
            ("invalid_client_id", ClientRejected),
            ("bad_redirect_uri", RedirectRejected),
            ("access_denied", AccessDenied),
            ("no_permission", ApprovalRequired),
            ("pkce_not_allowed", AuthorizationRefused),
            ("ratelimited", ProviderRateLimited),
            ("internal_error", ProviderError),
            ("fatal_error", ProviderError),
            ("service_unavailable", ProviderError),
            ("request_timeout", ProviderError),
            ("brand_new_error", ProviderError),
            ("", ProviderError),
        ] {
            assert_eq!(reason(code), expected, "{code}");
        }
    }
}
