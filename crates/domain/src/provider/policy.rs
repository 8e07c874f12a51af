//! A provider's policy.

use crate::{
    attempt::Failure,
    connection::ConnectionMode,
    endpoint::EndpointKind,
    flow::{Flow, Leg},
    integration::Credentials,
    provider::{
        AuthorizeRequest, CredentialField, Grant, ProviderId, ScopeError, ScopePolicy,
        credentials::{self, CredentialProblem},
    },
    reason::Reason,
};

/// What a provider demands and allows.
#[derive(Clone, Debug)]
pub struct ProviderPolicy {
    /// Its id on the wire.
    pub id: ProviderId,
    /// What people call it.
    pub name: &'static str,
    /// What people call an account there: `workspace`, `tenant`.
    pub account_noun: &'static str,
    /// The credentials that an integration of it has.
    pub credentials: Vec<CredentialField>,
    /// Its OAuth flow, if it has one.
    pub connect: Option<ConnectPolicy>,
}

/// A provider's OAuth flow.
#[derive(Clone, Debug)]
pub struct ConnectPolicy {
    /// The connection modes that it can serve.
    pub modes: &'static [ConnectionMode],
    /// The page where consent is given.
    pub consent: AuthorizeRequest,
    /// The page where the person then signs in, for a provider whose consent brings no code and
    /// proves nothing (Microsoft's admin consent). Without it, the consent itself brings the code.
    pub sign_in: Option<AuthorizeRequest>,
    /// The scopes that can be asked for.
    pub scopes: ScopePolicy,
    /// How a person is linked without connecting anything.
    pub link: LinkPolicy,
    /// Whether its tokens can be refreshed with a refresh token (RFC 6749 section 6).
    pub rotates_tokens: bool,
    /// Whether it takes a second use of a refresh token for a theft, and then ends all that came
    /// of it (RFC 9700 section 4.14).
    pub reuse_revokes_family: bool,
    /// Which kind of endpoint a person at this provider is.
    pub person_endpoint: EndpointKind,
    /// Whether a grant must bring a token; it need not where the app authenticates by itself.
    pub needs_credential: bool,
}

/// How a person is linked without connecting anything.
#[derive(Clone, Debug)]
pub struct LinkPolicy {
    /// The page where the person agrees.
    pub page: AuthorizeRequest,
    /// The scopes that can be asked for.
    pub scopes: ScopePolicy,
}

impl ProviderPolicy {
    /// Checks the credentials of an integration of this provider; answers every problem.
    #[must_use]
    pub fn check_credentials(&self, credentials: &Credentials) -> Vec<CredentialProblem> {
        credentials::check(&self.credentials, credentials)
    }

    /// Whether its tokens can be refreshed.
    #[must_use]
    pub fn rotates_tokens(&self) -> bool {
        self.connect
            .as_ref()
            .is_some_and(|connect| connect.rotates_tokens)
    }

    /// The names of the required credentials that are not there.
    #[must_use]
    pub fn missing_credentials(&self, credentials: &Credentials) -> Vec<&'static str> {
        self.credentials
            .iter()
            .filter(|field| field.required && credentials.get(field.name).is_none())
            .map(|field| field.name)
            .collect()
    }
}

impl ConnectPolicy {
    /// Settles on the scopes to ask for: those that the request chose, else the integration's own,
    /// else the provider's default.
    pub fn settle_scopes(
        &self,
        asked: Option<&[String]>,
        own: Option<&[String]>,
        has_subscriber: bool,
    ) -> Result<Vec<String>, ScopeError> {
        self.scopes.settle(asked.or(own), has_subscriber)
    }

    /// Whether what the provider granted may become a connection of this flow.
    pub fn accept(&self, flow: &Flow, grant: &Grant) -> Result<(), Failure> {
        if let Leg::SignIn { tenant } = &flow.leg
            && !grant.workspace.id.eq_ignore_ascii_case(tenant)
        {
            return Err(Reason::TenantMismatch.into());
        }
        if let Some(only) = &flow.workspace_id
            && !grant.workspace.id.eq_ignore_ascii_case(only)
        {
            return Err(Reason::AccountMismatch.into());
        }
        if self.needs_credential && grant.credentials.is_empty() {
            return Err(Reason::WrongTokenType.into());
        }
        let missing = self.scopes.missing(&flow.scopes, grant);
        if !missing.is_empty() {
            return Err(Failure {
                reason: Reason::InsufficientScope,
                provider_error: Some(format!("not granted: {}", missing.join(" "))),
            });
        }
        Ok(())
    }
}
