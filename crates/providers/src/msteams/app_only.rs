//! Tokens for the app itself, in a tenant ("OAuth 2.0 client credentials flow",
//! learn.microsoft.com).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tieline_domain::{ports::ProviderError, reason::Reason};
use url::Url;

use super::policy::resource;
use crate::http::{Form, Object};

/// What a token says that we want to know.
#[derive(Deserialize)]
struct Claims {
    tid: Option<String>,
    roles: Option<Vec<String>>,
}

/// A request for everything that the tenant has consented to.
pub(super) fn form(graph: &Url) -> Form {
    Form::new()
        .field("grant_type", "client_credentials")
        .field("scope", &format!("{}/.default", resource(graph)))
}

/// The permissions of a token, which must be for this tenant and allow anything at all: one without
/// permissions is issued to anybody whom the tenant knows.
///
/// Its signature is not looked at. The authority itself handed it over, through TLS, and it is for
/// Graph to verify.
pub(super) fn roles(token: &SecretString, tenant: &str) -> Result<Vec<String>, ProviderError> {
    let Claims { tid, roles } = read(token.expose_secret()).ok_or_else(|| ProviderError {
        provider_error: Some("access_token: unreadable".to_owned()),
        ..Reason::InvalidResponse.into()
    })?;
    if !tid.is_some_and(|tid| tid.eq_ignore_ascii_case(tenant)) {
        return Err(Reason::WorkspaceMismatch.into());
    }
    let granted = roles.filter(|roles| !roles.is_empty());
    granted.ok_or_else(|| ProviderError {
        provider_error: Some("access_token: no roles".to_owned()),
        ..Reason::ConsentNotGranted.into()
    })
}

fn read(token: &str) -> Option<Claims> {
    let payload = token.split('.').nth(1)?;
    let json = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let Object(claims) = serde_json::from_slice(&json).ok()?;
    Some(claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "3f6c1a52-8d0b-4e57-9a41-6b2f0c7d9e10";

    fn reason(payload: &str) -> Option<Reason> {
        let token = format!("e30.{}.AA", URL_SAFE_NO_PAD.encode(payload));
        roles(&token.into(), TENANT).err().map(|error| error.reason)
    }

    /// E09
    #[test]
    fn a_token_must_name_the_tenant_and_a_role() {
        let good = format!(r#"{{"tid":"{TENANT}","roles":["User.Read.All"]}}"#);
        assert_eq!(reason(&good), None);
        assert_eq!(
            reason(
                &good
                    .to_uppercase()
                    .replace("TID", "tid")
                    .replace("ROLES", "roles")
            ),
            None
        );
        for (payload, expected) in [
            (
                format!(r#"{{"tid":"{TENANT}"}}"#),
                Reason::ConsentNotGranted,
            ),
            (
                format!(r#"{{"tid":"{TENANT}","roles":[]}}"#),
                Reason::ConsentNotGranted,
            ),
            (
                r#"{"tid":"another","roles":["a"]}"#.to_owned(),
                Reason::WorkspaceMismatch,
            ),
            (r#"{"roles":["a"]}"#.to_owned(), Reason::WorkspaceMismatch),
            (r#"{"tid":1}"#.to_owned(), Reason::InvalidResponse),
            ("[]".to_owned(), Reason::InvalidResponse),
            ("nonsense".to_owned(), Reason::InvalidResponse),
        ] {
            assert_eq!(reason(&payload), Some(expected), "{payload}");
        }
    }

    #[test]
    fn a_token_that_is_not_signed_in_three_parts_says_nothing() {
        for token in ["", "EwB0", "..", "a.b", "a.é.c"] {
            let error = roles(&token.into(), TENANT).unwrap_err();
            assert_eq!(error.reason, Reason::InvalidResponse, "{token}");
        }
    }
}
