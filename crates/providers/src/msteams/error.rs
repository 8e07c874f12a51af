//! Entra's errors ("Microsoft Entra authentication and authorization error codes",
//! learn.microsoft.com) and what they mean to us.

use jiff::Timestamp;
use tieline_domain::{
    integration::Credentials, ports::ProviderError, provider::CredentialProblem, reason::Reason,
};

use super::wire::Refusal;
use crate::{
    http::Reply,
    oauth2::{check_status, http_failure, provider_code},
};

/// Tells failure from success.
pub(super) fn check(reply: &Reply, now: Timestamp) -> Result<(), ProviderError> {
    check_by(reason, reply, now)
}

/// The same where a token for the app itself was asked for, in somebody's tenant.
pub(super) fn check_app_only(reply: &Reply, now: Timestamp) -> Result<(), ProviderError> {
    check_by(reason_of_tenant, reply, now)
}

/// What the answer to such a request says about the app's own credentials.
pub(super) fn credential_problems(
    reply: &Reply,
    now: Timestamp,
) -> Result<Vec<CredentialProblem>, ProviderError> {
    match refusal(reply, now)? {
        None => Ok(Vec::new()),
        Some((error, codes)) => match codes.iter().find_map(|code| credential_problem(*code)) {
            Some(problem) => Ok(vec![problem]),
            None => Err(failure(reason(&error, &codes), &error, &codes)),
        },
    }
}

type Reasons = fn(&str, &[u64]) -> Reason;

fn check_by(reason: Reasons, reply: &Reply, now: Timestamp) -> Result<(), ProviderError> {
    match refusal(reply, now)? {
        None => Ok(()),
        Some((error, codes)) => Err(failure(reason(&error, &codes), &error, &codes)),
    }
}

/// Entra's error and its numbers; none of a success.
fn refusal(reply: &Reply, now: Timestamp) -> Result<Option<(String, Vec<u64>)>, ProviderError> {
    check_status(reply, now)?;
    match reply.json::<Refusal>() {
        Ok(Refusal {
            error: Some(error),
            error_codes,
        }) => Ok(Some((error, error_codes))),
        Ok(_) if reply.is_success() => Ok(None),
        Err(error) if reply.is_success() => Err(error.into()),
        _ => Err(http_failure(reply)),
    }
}

fn failure(reason: Reason, error: &str, codes: &[u64]) -> ProviderError {
    let number = codes
        .first()
        .map(|code| format!(" AADSTS{code}"))
        .unwrap_or_default();
    let provider_error = Some(format!("{}{number}", provider_code(error)));
    ProviderError {
        reason,
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

/// What a refusal says of a tenant that is connected: there the app was known once.
fn reason_of_tenant(error: &str, codes: &[u64]) -> Reason {
    let by_number = |code: &u64| match code {
        // The app is not, or no longer, found in the tenant.
        65_001 | 90_094 | 700_016 | 7_000_229 => Some(Reason::ConsentNotGranted),
        7_000_112 => Some(Reason::AppRemoved),
        90_002 | 900_021 | 900_023 => Some(Reason::TenantNotFound),
        _ => None,
    };
    let known = codes.iter().find_map(by_number);
    known.unwrap_or_else(|| reason(error, codes))
}

/// What a refusal says of the app's own credentials, where it says anything of them.
fn credential_problem(code: u64) -> Option<CredentialProblem> {
    let (name, problem) = match code {
        // Entra looks for the app before it looks at the secret.
        700_016 | 7_000_229 => (
            Credentials::CLIENT_ID,
            "is not known in the tenant of tenantId: correct it, or have an administrator there \
             consent to the app first",
        ),
        7_000_112 => (
            Credentials::CLIENT_ID,
            "is of an app that is switched off in the tenant of tenantId",
        ),
        7_000_215 => (
            Credentials::SECRET_KEY,
            "is not this app's: copy the Value of a client secret, not its Secret ID",
        ),
        7_000_222 => (
            Credentials::SECRET_KEY,
            "has expired: make a new client secret",
        ),
        90_002 | 900_021 | 900_023 => (
            Credentials::TENANT_ID,
            "is no tenant that Microsoft knows: copy the Directory (tenant) ID",
        ),
        _ => return None,
    };
    Some(CredentialProblem {
        name: name.to_owned(),
        problem: problem.to_owned(),
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
        let failure = failure(CodeRejected, "invalid_grant\r\n", &[70_008, 1]);
        assert_eq!(
            failure.provider_error.as_deref(),
            Some("invalid_grant AADSTS70008")
        );
    }

    /// E11
    #[test]
    fn of_a_tenant_that_is_connected_the_numbers_decide_first() {
        for (error, codes, expected) in [
            ("unauthorized_client", &[700_016][..], ConsentNotGranted),
            ("invalid_client", &[7_000_229], ConsentNotGranted),
            ("invalid_grant", &[65_001], ConsentNotGranted),
            ("unauthorized_client", &[7_000_112], AppRemoved),
            ("invalid_request", &[90_002], TenantNotFound),
            ("invalid_request", &[900_023], TenantNotFound),
            ("invalid_client", &[7_000_215], ClientRejected),
            ("invalid_client", &[7_000_222], ClientRejected),
            ("temporarily_unavailable", &[], ProviderError),
            ("brand_new_error", &[42], ProviderError),
        ] {
            assert_eq!(
                reason_of_tenant(error, codes),
                expected,
                "{error} {codes:?}"
            );
        }
    }

    #[test]
    fn a_number_names_the_credential_that_is_wrong() {
        for (code, expected) in [
            (700_016, Some("clientId")),
            (7_000_229, Some("clientId")),
            (7_000_112, Some("clientId")),
            (7_000_215, Some("secretKey")),
            (7_000_222, Some("secretKey")),
            (90_002, Some("tenantId")),
            (900_023, Some("tenantId")),
            (65_001, None),
            (53_003, None),
        ] {
            let name = credential_problem(code).map(|problem| problem.name);
            assert_eq!(name.as_deref(), expected, "{code}");
        }
    }
}
