//! Replacing a token by another ("Using token rotation", "oauth.v2.exchange method",
//! docs.slack.dev).

use jiff::Timestamp;
use tieline_domain::{ports::RefreshError, provider::GrantedCredential, reason::Reason};

use super::wire::Replaced;
use crate::oauth2::{ClientAuthentication, RefreshRules, Refusal, SentToken, Success, Successor};

/// How Slack replaces tokens. A new refresh token comes with each refresh; should none come, the old
/// one is all there is.
///
/// Of `fatal_error` and `internal_error` Slack says that part of the work may have been done, and of
/// `request_timeout` that it did not get all of the request: as of all codes that are not here, the
/// token may be spent.
pub(super) const RULES: RefreshRules = RefreshRules {
    authentication: ClientAuthentication::Post,
    success: Success::Ok,
    successor: Successor::Sometimes,
    refusals: &[
        dead(
            Reason::TokenInvalid,
            &[
                "invalid_refresh_token",
                "invalid_auth",
                "not_allowed_token_type",
                // Those of `oauth.v2.exchange`.
                "invalid_token",
                "authorization_not_found",
            ],
        ),
        dead(Reason::TokenRevoked, &["token_revoked"]),
        dead(Reason::TokenExpired, &["token_expired"]),
        dead(Reason::AppRemoved, &["account_inactive"]),
        // What it was exchanged for never got here.
        dead(Reason::RefreshLost, &["token_already_exchanged"]),
        alive(Reason::RotationDisabled, &["token_rotation_not_enabled"]),
        alive(
            Reason::ProviderRateLimited,
            &["ratelimited", "rate_limited"],
        ),
        alive(
            Reason::ClientRejected,
            &[
                "invalid_client_id",
                "bad_client_secret",
                "client_id_token_mismatch",
            ],
        ),
        alive(
            Reason::ApprovalRequired,
            &[
                "access_denied",
                "ekm_access_denied",
                "enterprise_is_restricted",
                "no_permission",
                "org_login_required",
                "team_access_not_granted",
                "two_factor_setup_required",
            ],
        ),
        alive(
            Reason::ProviderError,
            &[
                "accesslimited",
                "service_unavailable",
                "team_added_to_org",
                // A request that Slack did not understand.
                "deprecated_endpoint",
                "invalid_arg_name",
                "invalid_arguments",
                "invalid_array_arg",
                "invalid_charset",
                "invalid_form_data",
                "invalid_grant_type",
                "invalid_post_type",
                "method_deprecated",
                "missing_post_type",
            ],
        ),
    ],
};

/// The same for a token that lives for ever: it is exchanged for one that rotates, or for nothing.
pub(super) const EXCHANGE: RefreshRules = RefreshRules {
    successor: Successor::Always,
    ..RULES
};

const fn dead(reason: Reason, codes: &'static [&'static str]) -> Refusal {
    Refusal {
        codes,
        token: SentToken::Dead,
        reason,
    }
}

const fn alive(reason: Reason, codes: &'static [&'static str]) -> Refusal {
    Refusal {
        codes,
        token: SentToken::Alive,
        reason,
    }
}

/// Reads a successful reply for the workspace or organization that a token is of; `None` where that
/// is not known. A reply that names another one is not believed, and what became of the token that
/// was sent is then not known either. One that names none is: Slack issued it for that very token.
pub(super) fn read(
    rules: &RefreshRules,
    reply: Replaced,
    workspace_id: Option<&str>,
    old: &GrantedCredential,
    now: Timestamp,
) -> Result<GrantedCredential, RefreshError> {
    if let (Some(named), Some(own)) = (reply.owner(), workspace_id)
        && named != own
    {
        tracing::error!(
            own,
            "slack answered a refresh with the token of another workspace"
        );
        return Err(RefreshError::Unknown(Reason::WorkspaceMismatch.into()));
    }
    rules.renew(reply.issued, old, old.kind.as_str(), now)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_has_one_meaning() {
        let codes: Vec<_> = RULES.refusals.iter().flat_map(|it| it.codes).collect();
        let unique: HashSet<_> = codes.iter().collect();
        assert_eq!(unique.len(), codes.len());
        for undecided in ["fatal_error", "internal_error", "request_timeout"] {
            assert!(!unique.contains(&&undecided), "{undecided}");
        }
    }
}
