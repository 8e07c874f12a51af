//! Replies of Entra and Graph. What is not named here is ignored.

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use tieline_domain::{ports::ProviderError, reason::Reason};
use url::Url;

use crate::{
    http::Object,
    oauth2::{ExpiresIn, checked_token},
};

/// A reply of the token endpoint ("OAuth 2.0 authorization code flow", learn.microsoft.com).
#[derive(Deserialize)]
pub(super) struct TokenReply {
    pub(super) access_token: Option<String>,
    pub(super) token_type: Option<String>,
    pub(super) expires_in: Option<ExpiresIn>,
    pub(super) id_token: Option<String>,
}

impl TokenReply {
    /// The access token, which must be a bearer token.
    pub(super) fn bearer_token(self) -> Result<SecretString, ProviderError> {
        let access_token = checked_token(self.access_token.ok_or(Reason::InvalidResponse)?)?;
        let is_bearer = |kind: String| kind.eq_ignore_ascii_case("bearer");
        if !self.token_type.is_some_and(is_bearer) {
            return Err(Reason::WrongTokenType.into());
        }
        Ok(access_token)
    }
}

/// A refusal of the token endpoint (RFC 6749 section 5.2), with Entra's own numbers.
#[derive(Deserialize)]
pub(super) struct Refusal {
    pub(super) error: Option<String>,
    #[serde(default)]
    pub(super) error_codes: Vec<u64>,
}

/// A key set (RFC 7517 section 5). Keys of a kind that we do not know are to be skipped, so they
/// are read one by one.
#[derive(Deserialize)]
pub(super) struct Jwks {
    pub(super) keys: Vec<Value>,
}

/// An OpenID metadata document (OpenID Connect Discovery section 3).
#[derive(Deserialize)]
pub(super) struct OpenIdMetadata {
    pub(super) issuer: String,
    pub(super) jwks_uri: Url,
}

/// An RSA key of it, with Entra's `issuer` and Bot Framework's `endorsements`.
#[derive(Deserialize)]
pub(super) struct Jwk {
    pub(super) kty: String,
    #[serde(rename = "use")]
    pub(super) usage: Option<String>,
    pub(super) alg: Option<String>,
    pub(super) kid: Option<String>,
    pub(super) n: String,
    pub(super) e: String,
    pub(super) issuer: Option<String>,
    #[serde(default)]
    pub(super) endorsements: Vec<String>,
}

/// Graph's list of organizations, which has one.
#[derive(Deserialize)]
pub(super) struct Organizations {
    pub(super) value: Vec<Object<Organization>>,
}

/// The organization behind a tenant.
#[derive(Deserialize)]
pub(super) struct Organization {
    pub(super) id: String,
    #[serde(rename = "displayName")]
    pub(super) display_name: Option<String>,
}
