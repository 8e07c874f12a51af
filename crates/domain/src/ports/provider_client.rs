//! Talking to a provider.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::{
    attempt::Failure,
    integration::Credentials,
    provider::{CredentialProblem, Grant, GrantedCredential},
    reason::Reason,
};

/// A code to be exchanged (RFC 6749 section 4.1.3).
#[derive(Clone, Debug)]
pub struct CodeExchange {
    /// The authorization code.
    pub code: SecretString,
    /// The very `redirect_uri` that the authorization was asked with.
    pub redirect_uri: String,
    /// The PKCE verifier, for providers that take one.
    pub pkce_verifier: SecretString,
    /// The nonce that an id token must carry.
    pub nonce: String,
    /// The scopes that were asked for: what is granted where the reply does not say.
    pub scopes: Vec<String>,
    /// The present instant, from which expiries count.
    pub now: Timestamp,
}

/// A provider did not do what it was asked to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}{}", provider_error.as_ref().map(|e| format!(" ({e})")).unwrap_or_default())]
pub struct ProviderError {
    /// Our reason.
    pub reason: Reason,
    /// The provider's own code for it, made safe to show; never a token, never a whole body.
    pub provider_error: Option<String>,
    /// How long the provider asks to wait.
    pub retry_after: Option<Duration>,
}

impl From<Reason> for ProviderError {
    fn from(reason: Reason) -> Self {
        Self {
            reason,
            provider_error: None,
            retry_after: None,
        }
    }
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        Self {
            reason: error.reason,
            provider_error: error.provider_error,
        }
    }
}

/// Talks to one provider.
#[cfg_attr(feature = "test-support", mockall::automock)]
#[async_trait]
pub trait ProviderClient: Send + Sync {
    /// Exchanges a code for a grant whose account the provider itself named and, where it signs
    /// id tokens, proved. Sends the code at most once, whatever happens.
    async fn exchange_code(
        &self,
        app: &Credentials,
        exchange: &CodeExchange,
    ) -> Result<Grant, ProviderError>;

    /// Takes a token back. A token that is gone already is taken back; a provider that cannot do
    /// it answers at once.
    async fn revoke(
        &self,
        app: &Credentials,
        credential: &GrantedCredential,
    ) -> Result<(), ProviderError>;

    /// Asks whether a connection to this workspace is good: whether each of its tokens is taken and
    /// belongs there or, where the app authenticates by itself, whether it still may act there.
    /// Changes nothing at the provider, and refreshes nothing; a token comes without its refresh
    /// token. Asks each question once.
    async fn verify(
        &self,
        app: &Credentials,
        workspace_id: &str,
        credentials: &[GrantedCredential],
    ) -> Result<(), ProviderError>;

    /// Asks whether the app's credentials are taken, as far as that can be told without a person.
    /// Answers what the provider finds wrong with them, each in a sentence without its subject;
    /// nothing where it takes them or cannot be asked. An error leaves the question open.
    async fn check_credentials(
        &self,
        app: &Credentials,
    ) -> Result<Vec<CredentialProblem>, ProviderError>;
}
