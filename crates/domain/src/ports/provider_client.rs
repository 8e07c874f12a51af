//! Talking to a provider.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::{
    attempt::Failure,
    connection::{CredentialKind, Workspace},
    flow::Purpose,
    integration::Credentials,
    provider::{CredentialProblem, Grant, GrantedCredential},
    reason::Reason,
    revocation::RevocationItem,
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
    /// What is to come of it: of a connection the client proves all that it can, of a person only
    /// who they are.
    pub purpose: Purpose,
    /// The tenant that consented, as the person's browser told it: a hint, which the answer has to
    /// confirm. None where no consent came before.
    pub tenant: Option<String>,
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

impl ProviderError {
    /// Whether it speaks of this moment alone: the same question may be answered otherwise in a
    /// while.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(
            self.reason,
            Reason::ProviderError
                | Reason::ProviderRateLimited
                | Reason::ProviderUnreachable
                | Reason::InvalidResponse
        )
    }
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

/// What was kept of one.
impl From<Failure> for ProviderError {
    fn from(failure: Failure) -> Self {
        Self {
            reason: failure.reason,
            provider_error: failure.provider_error,
            retry_after: None,
        }
    }
}

/// Why a refresh brought no token. Each says what is known of the refresh token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefreshError {
    /// The provider does not take it: it is spent, revoked or was never one
    /// (`invalid_grant`, RFC 6749 section 5.2).
    #[error("the refresh token is not taken: {0}")]
    Rejected(ProviderError),
    /// It is as good as before: nothing was sent, or the provider did nothing with it.
    #[error("the token was not refreshed: {0}")]
    Refused(ProviderError),
    /// It may be spent: no answer came, or none that says so.
    #[error("it is unknown whether the token was refreshed: {0}")]
    Unknown(ProviderError),
}

/// The scopes that each credential has at the provider, for those of which it tells.
pub type GrantedScopes = BTreeMap<CredentialKind, Vec<String>>;

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

    /// Ends an app's connection to a workspace as far as that can be done from outside, and tells
    /// of each part what became of it: of the app's place there, and of each token. What is gone
    /// already is no failure. Only for a workspace to which no other connection leads: all tokens
    /// of the app may die with it.
    async fn disconnect(
        &self,
        app: &Credentials,
        workspace: &Workspace,
        credentials: &[GrantedCredential],
    ) -> Vec<RevocationItem>;

    /// Replaces a token by its refresh token (RFC 6749 section 6), which is sent once. The answer
    /// has a refresh token: the new one or, where the provider issued none, the same. One for
    /// another workspace than this is no answer.
    async fn refresh(
        &self,
        app: &Credentials,
        workspace_id: &str,
        credential: &GrantedCredential,
    ) -> Result<GrantedCredential, RefreshError>;

    /// Replaces a token that lives for ever by one that rotates, for an app that began to rotate
    /// its tokens later (Slack's `oauth.v2.exchange`). Possible once for each token; none where the
    /// provider knows no such thing.
    async fn exchange_token(
        &self,
        app: &Credentials,
        credential: &GrantedCredential,
    ) -> Result<Option<GrantedCredential>, RefreshError>;

    /// A token for the app itself in a workspace (RFC 6749 section 4.4); none where the provider
    /// has none.
    async fn app_token(
        &self,
        app: &Credentials,
        workspace_id: &str,
    ) -> Result<Option<GrantedCredential>, ProviderError>;

    /// Asks whether a connection to this workspace is good: whether each of its tokens is taken and
    /// belongs there or, where the app authenticates by itself, whether it still may act there.
    /// Changes nothing at the provider, and refreshes nothing; a token comes without its refresh
    /// token. Asks each question once. Answers the scopes that the tokens have.
    async fn verify(
        &self,
        app: &Credentials,
        workspace_id: &str,
        credentials: &[GrantedCredential],
    ) -> Result<GrantedScopes, ProviderError>;

    /// Asks whether the app's credentials are taken, as far as that can be told without a person.
    /// Answers what the provider finds wrong with them, each in a sentence without its subject;
    /// nothing where it takes them or cannot be asked. An error leaves the question open.
    async fn check_credentials(
        &self,
        app: &Credentials,
    ) -> Result<Vec<CredentialProblem>, ProviderError>;
}
