//! Slack's error codes ("oauth.v2.access method", "auth.test method", docs.slack.dev) and what they
//! mean to us.

use jiff::Timestamp;
use tieline_domain::{
    integration::Credentials, ports::ProviderError, provider::CredentialProblem, reason::Reason,
};

use super::wire::Verdict;
use crate::{
    http::Reply,
    oauth2::{check_status, http_failure, provider_code},
};

/// Tells failure from success. Slack answers both with status 200.
pub(super) fn check(reply: &Reply, now: Timestamp) -> Result<(), ProviderError> {
    check_by(reason, reply, now)
}

/// The same where a token was sent, of which most codes then speak.
pub(super) fn check_token(reply: &Reply, now: Timestamp) -> Result<(), ProviderError> {
    check_by(reason_of_token, reply, now)
}

fn check_by(
    reason: fn(&str) -> Reason,
    reply: &Reply,
    now: Timestamp,
) -> Result<(), ProviderError> {
    check_status(reply, now)?;
    match reply.json::<Verdict>() {
        Ok(verdict) if verdict.ok && reply.is_success() => Ok(()),
        Ok(Verdict {
            error: Some(code), ..
        }) => Err(failure(reason(&code), &code, reply, now)),
        Err(error) if reply.is_success() => Err(error.into()),
        _ => Err(http_failure(reply)),
    }
}

fn failure(reason: Reason, code: &str, reply: &Reply, now: Timestamp) -> ProviderError {
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
        "bad_client_secret" | "client_id_token_mismatch" | "invalid_client_id" => {
            Reason::ClientRejected
        }
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

/// What is wrong with a token.
fn reason_of_token(code: &str) -> Reason {
    match code {
        "token_revoked" => Reason::TokenRevoked,
        "token_expired" => Reason::TokenExpired,
        // A bot's token, when the app was uninstalled or the workspace deleted.
        "account_inactive" => Reason::AppRemoved,
        "invalid_auth" | "not_allowed_token_type" | "not_authed" => Reason::TokenInvalid,
        _ => reason(code),
    }
}

/// What the answer to a code that cannot be says about the client. That it is no code is all that
/// a good client is told.
pub(super) fn credential_problems(
    refusal: ProviderError,
) -> Result<Vec<CredentialProblem>, ProviderError> {
    let (name, problem) = match refusal.provider_error.as_deref() {
        Some("invalid_client_id") => (
            Credentials::CLIENT_ID,
            "is not known to Slack: copy the Client ID from the app's Basic Information",
        ),
        Some("bad_client_secret") => (
            Credentials::SECRET_KEY,
            "is not this app's: copy the Client Secret from the app's Basic Information",
        ),
        _ if refusal.reason == Reason::CodeRejected => return Ok(Vec::new()),
        _ => return Err(refusal),
    };
    Ok(vec![CredentialProblem {
        name: name.to_owned(),
        problem: problem.to_owned(),
    }])
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

/// Whether Slack says of a bot's token that its app is no longer there.
pub(super) fn is_app_gone(error: &ProviderError) -> bool {
    error.provider_error.as_deref() == Some("account_inactive")
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
            ("client_id_token_mismatch", ClientRejected),
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

    #[test]
    fn a_code_about_a_token_has_its_own_reason() {
        for (code, expected) in [
            ("token_revoked", TokenRevoked),
            ("token_expired", TokenExpired),
            ("account_inactive", AppRemoved),
            ("invalid_auth", TokenInvalid),
            ("not_allowed_token_type", TokenInvalid),
            ("not_authed", TokenInvalid),
            ("enterprise_is_restricted", ApprovalRequired),
            ("ratelimited", ProviderRateLimited),
            ("internal_error", ProviderError),
            ("brand_new_error", ProviderError),
        ] {
            assert_eq!(reason_of_token(code), expected, "{code}");
        }
    }
}
