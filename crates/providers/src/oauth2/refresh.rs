//! Refreshing a token (RFC 6749 section 6). What a provider does otherwise than the RFC is data
//! here; only a reply of another shape takes code.

use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::Deserialize;
use tieline_domain::{
    integration::Credentials,
    ports::{ProviderError, RefreshError},
    provider::GrantedCredential,
    reason::Reason,
};
use url::Url;

use super::{
    ClientAuthentication, Issued, OauthClient, Successor, check_status, http_failure, provider_code,
};
use crate::http::{Egress, EgressError, Form, Reply};

/// How a provider replaces tokens by others.
#[derive(Clone, Copy, Debug)]
pub struct RefreshRules {
    /// How the app authenticates.
    pub authentication: ClientAuthentication,
    /// By what a success is known.
    pub success: Success,
    /// What becomes of the refresh token.
    pub successor: Successor,
    /// The error codes that tell what became of the token that was sent. Of any other it is not
    /// known.
    pub refusals: &'static [Refusal],
}

/// By what a success is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Success {
    /// By the absence of `error` (RFC 6749 section 5.2), whatever the status.
    NoError,
    /// By a member `ok` that is true.
    Ok,
}

/// Error codes that mean the same.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    /// The codes.
    pub codes: &'static [&'static str],
    /// What they say of the token that was sent.
    pub token: SentToken,
    /// What they mean to us.
    pub reason: Reason,
}

/// What became of a token that was sent to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentToken {
    /// It is of no use any more.
    Dead,
    /// It is as good as before.
    Alive,
}

/// A request to replace a token by another.
#[derive(Debug)]
pub struct RefreshRequest {
    /// The name of the endpoint in the log.
    pub endpoint: &'static str,
    /// Where to send it.
    pub url: Url,
    /// What to send besides the client's own credentials.
    pub form: Form,
}

impl RefreshRequest {
    /// The RFC's own: a refresh token for a token.
    pub fn of(
        endpoint: &'static str,
        url: Url,
        credential: &GrantedCredential,
    ) -> Result<Self, RefreshError> {
        let Some(refresh_token) = &credential.refresh_token else {
            return Err(RefreshError::Refused(Reason::TokenUnavailable.into()));
        };
        let form = Form::new()
            .field("grant_type", "refresh_token")
            .field("refresh_token", refresh_token.expose_secret());
        Ok(Self {
            endpoint,
            url,
            form,
        })
    }
}

/// What says success or failure in the replies of all providers.
#[derive(Deserialize)]
struct Verdict {
    ok: Option<bool>,
    error: Option<String>,
}

impl RefreshRules {
    /// Those of the RFC: errors of its section 5.2, and a refresh token that may be replaced.
    pub const RFC_6749: Self = Self {
        authentication: ClientAuthentication::Basic,
        success: Success::NoError,
        successor: Successor::Sometimes,
        refusals: &[
            Refusal {
                codes: &["invalid_grant"],
                token: SentToken::Dead,
                reason: Reason::TokenInvalid,
            },
            Refusal {
                codes: &["invalid_client", "unauthorized_client"],
                token: SentToken::Alive,
                reason: Reason::ClientRejected,
            },
            Refusal {
                codes: &["invalid_request", "invalid_scope", "unsupported_grant_type"],
                token: SentToken::Alive,
                reason: Reason::ProviderError,
            },
        ],
    };

    /// Sends a request, once, and answers the reply if it is one of success.
    pub async fn send(
        &self,
        egress: &Egress,
        request: RefreshRequest,
        app: &Credentials,
        now: Timestamp,
    ) -> Result<Reply, RefreshError> {
        let RefreshRequest {
            endpoint,
            url,
            form,
        } = request;
        let client = OauthClient::of(app).map_err(RefreshError::Refused)?;
        let call = self.authentication.call(endpoint, url, form, client)?;
        let reply = egress.send(&call).await?;
        self.check(&reply, now)?;
        Ok(reply)
    }

    /// Reads a reply that is as the RFC has it, with a bearer token.
    pub fn read(
        &self,
        reply: &Reply,
        old: &GrantedCredential,
        now: Timestamp,
    ) -> Result<GrantedCredential, RefreshError> {
        let issued: Issued = reply.json()?;
        self.renew(issued, old, "bearer", now)
    }

    /// The credential that takes the place of `old`. The provider has acted: what is wrong with its
    /// reply does not bring the old token back.
    pub fn renew(
        &self,
        issued: Issued,
        old: &GrantedCredential,
        token_type: &str,
        now: Timestamp,
    ) -> Result<GrantedCredential, RefreshError> {
        issued
            .renew(old, token_type, self.successor, now)
            .map_err(RefreshError::Unknown)
    }

    /// Tells failure from success, and what either means for the token that was sent. A server that
    /// asks to slow down has done nothing; one in trouble may have.
    fn check(&self, reply: &Reply, now: Timestamp) -> Result<(), RefreshError> {
        if let Err(error) = check_status(reply, now) {
            return Err(match error.reason {
                Reason::ProviderRateLimited => RefreshError::Refused(error),
                _ => RefreshError::Unknown(error),
            });
        }
        match reply.json::<Verdict>() {
            Ok(verdict) if reply.is_success() && self.is_success(&verdict) => Ok(()),
            Ok(Verdict {
                error: Some(code), ..
            }) => Err(self.refusal(&code, reply, now)),
            Err(error) if reply.is_success() => Err(error.into()),
            Ok(_) if reply.is_success() => Err(EgressError::Unreadable.into()),
            _ => Err(RefreshError::Unknown(http_failure(reply))),
        }
    }

    fn is_success(&self, verdict: &Verdict) -> bool {
        match self.success {
            Success::NoError => verdict.error.is_none(),
            Success::Ok => verdict.ok == Some(true),
        }
    }

    fn refusal(&self, code: &str, reply: &Reply, now: Timestamp) -> RefreshError {
        let known = self.refusals.iter().find(|it| it.codes.contains(&code));
        let error = ProviderError {
            reason: known.map_or(Reason::ProviderError, |known| known.reason),
            provider_error: Some(provider_code(code)),
            retry_after: reply.retry_after(now),
        };
        match known.map(|known| known.token) {
            Some(SentToken::Dead) => RefreshError::Rejected(error),
            Some(SentToken::Alive) => RefreshError::Refused(error),
            None => RefreshError::Unknown(error),
        }
    }
}
