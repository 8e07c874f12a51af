//! Entra's errors ("Microsoft Entra authentication and authorization error codes",
//! learn.microsoft.com) and what they mean to us.

use jiff::Timestamp;
use tieline_domain::{ports::ProviderError, reason::Reason};

use super::wire::Refusal;
use crate::{
    http::Reply,
    oauth2::{check_status, http_failure, provider_code},
};

/// Tells failure from success.
pub(super) fn check(reply: &Reply, now: Timestamp) -> Result<(), ProviderError> {
    check_status(reply, now)?;
    match reply.json::<Refusal>() {
        Ok(Refusal {
            error: Some(error),
            error_codes,
        }) => Err(failure(&error, &error_codes)),
        Ok(_) if reply.is_success() => Ok(()),
        Err(error) if reply.is_success() => Err(error.into()),
        _ => Err(http_failure(reply)),
    }
}

fn failure(error: &str, codes: &[u64]) -> ProviderError {
    let number = codes
        .first()
        .map(|code| format!(" AADSTS{code}"))
        .unwrap_or_default();
    let provider_error = Some(format!("{}{number}", provider_code(error)));
    ProviderError {
        reason: reason(error, codes),
        provider_error,
        retry_after: None,
    }
}

/// `error` decides; where one stands for several things, the first number that we know does.
fn reason(error: &str, codes: &[u64]) -> Reason {
    let by_number = || codes.iter().find_map(|code| reason_of_number(*code));
    match error {
        "access_denied" => Reason::AccessDenied,
        "consent_required" => Reason::ConsentNotGranted,
        "temporarily_unavailable" | "server_error" => Reason::ProviderError,
        "invalid_client" | "unauthorized_client" => by_number().unwrap_or(Reason::ClientRejected),
        "invalid_grant" | "interaction_required" | "login_required" => {
            by_number().unwrap_or(Reason::CodeRejected)
        }
        _ => by_number().unwrap_or(Reason::ProviderError),
    }
}

fn reason_of_number(code: u64) -> Option<Reason> {
    Some(match code {
        // Secret wrong, expired or missing; app unknown in the tenant or disabled.
        700_016 | 7_000_112 | 7_000_215 | 7_000_218 | 7_000_222 => Reason::ClientRejected,
        // Code malformed, used, expired, or of another verifier; a second factor is needed, for
        // which a new sign-in will ask.
        50_076 | 50_079 | 54_005 | 70_000 | 70_008 | 501_481 => Reason::CodeRejected,
        50_011 | 500_112 => Reason::RedirectRejected,
        65_001 | 90_094 => Reason::ConsentNotGranted,
        65_004 => Reason::AccessDenied,
        // Conditional access, or nobody assigned the person to the app.
        50_105 | 53_000 | 53_001 | 53_003 => Reason::ApprovalRequired,
        // No such tenant; the app is not for several tenants.
        50_194 | 90_002 => Reason::AuthorizationRefused,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Reason::*, *};

    /// E10
    #[test]
    fn the_error_decides_first_and_the_numbers_second() {
        for (error, codes, expected) in [
            ("invalid_client", &[7_000_215][..], ClientRejected),
            ("invalid_client", &[7_000_222], ClientRejected),
            ("invalid_client", &[], ClientRejected),
            ("unauthorized_client", &[700_016], ClientRejected),
            ("unauthorized_client", &[7_000_112], ClientRejected),
            ("invalid_grant", &[54_005], CodeRejected),
            ("invalid_grant", &[70_008], CodeRejected),
            ("invalid_grant", &[501_481], CodeRejected),
            ("invalid_grant", &[], CodeRejected),
            ("invalid_grant", &[1, 65_001], ConsentNotGranted),
            ("consent_required", &[65_001], ConsentNotGranted),
            ("invalid_request", &[50_011], RedirectRejected),
            ("interaction_required", &[50_076], CodeRejected),
            ("interaction_required", &[53_003], ApprovalRequired),
            ("access_denied", &[65_004], AccessDenied),
            ("temporarily_unavailable", &[70_008], ProviderError),
            ("invalid_request", &[90_002], AuthorizationRefused),
            ("brand_new_error", &[42], ProviderError),
        ] {
            assert_eq!(reason(error, codes), expected, "{error} {codes:?}");
        }
    }

    #[test]
    fn the_failure_names_error_and_number() {
        let failure = failure("invalid_grant\r\n", &[70_008, 1]);
        assert_eq!(
            failure.provider_error.as_deref(),
            Some("invalid_grant AADSTS70008")
        );
    }
}
