//! Talking to Slack.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use tieline_domain::{
    integration::Credentials,
    ports::{Clock, CodeExchange, ProviderClient, ProviderError},
    provider::{CredentialProblem, Grant, GrantedCredential, authorize::join},
    reason::Reason,
};
use url::Url;

use super::{
    error, grant,
    wire::{Access, Identity},
};
use crate::{
    http::{Call, Egress, Form, Reply},
    oauth2::{ClientAuthentication, OauthClient},
};

/// A code that Slack never issued: its own have digits and a dot.
const NO_CODE: &str = "tieline-asks-whether-the-secret-is-right";

/// Talks to Slack's Web API.
pub struct SlackClient {
    egress: Egress,
    clock: Arc<dyn Clock>,
    base: Url,
}

impl SlackClient {
    /// A client of the Slack at `base`, such as `https://slack.com`.
    #[must_use]
    pub fn new(egress: Egress, clock: Arc<dyn Clock>, base: Url) -> Self {
        Self {
            egress,
            clock,
            base,
        }
    }

    async fn access(&self, app: &Credentials, form: Form) -> Result<Reply, ProviderError> {
        let url = join(&self.base, "/api/oauth.v2.access");
        let client = OauthClient::of(app)?;
        let call = ClientAuthentication::Post.call("slack oauth.v2.access", url, form, client)?;
        let reply = self.egress.send(&call).await?;
        error::check(&reply, self.clock.now())?;
        Ok(reply)
    }

    /// Asks for whom a token speaks ("auth.test method").
    async fn identity(&self, token: &SecretString) -> Result<Identity, ProviderError> {
        let url = join(&self.base, "/api/auth.test");
        // A token that cannot stand in a header is none of Slack's.
        let call = Call::post("slack auth.test", url, Form::new())
            .with_bearer(token)
            .map_err(|_| Reason::TokenInvalid)?;
        let reply = self.egress.send(&call).await?;
        error::check_token(&reply, self.clock.now())?;
        Ok(reply.json()?)
    }
}

impl fmt::Debug for SlackClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlackClient").finish_non_exhaustive()
    }
}

#[async_trait]
impl ProviderClient for SlackClient {
    async fn exchange_code(
        &self,
        app: &Credentials,
        exchange: &CodeExchange,
    ) -> Result<Grant, ProviderError> {
        let form = Form::new()
            .field("grant_type", "authorization_code")
            .field("code", exchange.code.expose_secret())
            .field("redirect_uri", &exchange.redirect_uri);
        let reply = self.access(app, form).await?;
        grant::read(reply.json::<Access>()?, exchange, &self.base)
    }

    async fn revoke(
        &self,
        _app: &Credentials,
        credential: &GrantedCredential,
    ) -> Result<(), ProviderError> {
        let url = join(&self.base, "/api/auth.revoke");
        let call = Call::post("slack auth.revoke", url, Form::new())
            .with_bearer(&credential.access_token)?;
        let reply = self.egress.send(&call).await?;
        match error::check(&reply, self.clock.now()) {
            Err(error) if error::is_gone(&error) => Ok(()),
            outcome => outcome,
        }
    }

    async fn verify(
        &self,
        _app: &Credentials,
        workspace_id: &str,
        credentials: &[GrantedCredential],
    ) -> Result<(), ProviderError> {
        if credentials.is_empty() {
            return Err(Reason::TokenInvalid.into());
        }
        for credential in credentials {
            let identity = self.identity(&credential.access_token).await?;
            let owner = identity.owner().ok_or(Reason::MissingAccount)?;
            if owner != workspace_id {
                return Err(Reason::WorkspaceMismatch.into());
            }
        }
        Ok(())
    }

    /// Slack looks at the client before it looks at the code.
    async fn check_credentials(
        &self,
        app: &Credentials,
    ) -> Result<Vec<CredentialProblem>, ProviderError> {
        match self.access(app, Form::new().field("code", NO_CODE)).await {
            Ok(_) => Err(Reason::InvalidResponse.into()),
            Err(refusal) => error::credential_problems(refusal),
        }
    }
}
