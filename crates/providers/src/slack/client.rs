//! Talking to Slack.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use tieline_domain::{
    connection::Workspace,
    integration::Credentials,
    ports::{Clock, CodeExchange, GrantedScopes, ProviderClient, ProviderError, RefreshError},
    provider::{CredentialProblem, Grant, GrantedCredential, authorize::join},
    reason::Reason,
    revocation::RevocationItem,
};
use url::Url;

use super::{
    disconnect, error, grant, granted, refresh,
    wire::{Access, Identity},
};
use crate::{
    http::{Call, Egress, Form, Reply},
    oauth2::{ClientAuthentication, OauthClient, RefreshRequest},
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

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn access(&self, app: &Credentials, form: Form) -> Result<Reply, ProviderError> {
        let (url, client) = (self.url("oauth.v2.access"), OauthClient::of(app)?);
        let call = ClientAuthentication::Post.call("slack oauth.v2.access", url, form, client)?;
        let reply = self.egress.send(&call).await?;
        error::check(&reply, self.now())?;
        Ok(reply)
    }

    /// Asks for whom a token speaks, and what it may do ("auth.test method").
    async fn identity(&self, token: &SecretString) -> Result<(Identity, Reply), ProviderError> {
        // A token that cannot stand in a header is none of Slack's.
        let call = Call::post("slack auth.test", self.url("auth.test"), Form::new())
            .with_bearer(token)
            .map_err(|_| Reason::TokenInvalid)?;
        let reply = self.egress.send(&call).await?;
        error::check_token(&reply, self.now())?;
        Ok((reply.json()?, reply))
    }

    /// Takes one token back ("auth.revoke method"), and tells what Slack says of one that is gone.
    pub(super) async fn revoke_token(&self, token: &SecretString) -> Result<(), ProviderError> {
        let call = Call::post("slack auth.revoke", self.url("auth.revoke"), Form::new())
            .with_bearer(token)?;
        let reply = self.egress.send(&call).await?;
        error::check_token(&reply, self.now())
    }

    /// Removes the app from the workspace of this token ("apps.uninstall method").
    pub(super) async fn uninstall(
        &self,
        app: &Credentials,
        token: &SecretString,
    ) -> Result<(), ProviderError> {
        let (url, client) = (self.url("apps.uninstall"), OauthClient::of(app)?);
        let call = ClientAuthentication::Post
            .call("slack apps.uninstall", url, Form::new(), client)?
            .with_bearer(token)?;
        let reply = self.egress.send(&call).await?;
        error::check_token(&reply, self.now())
    }

    fn url(&self, method: &str) -> Url {
        join(&self.base, &format!("/api/{method}"))
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
        match self.revoke_token(&credential.access_token).await {
            Err(error) if error::is_gone(&error) => Ok(()),
            outcome => outcome,
        }
    }

    async fn disconnect(
        &self,
        app: &Credentials,
        workspace: &Workspace,
        credentials: &[GrantedCredential],
    ) -> Vec<RevocationItem> {
        disconnect::disconnect(self, app, workspace, credentials).await
    }

    async fn refresh(
        &self,
        app: &Credentials,
        workspace_id: &str,
        credential: &GrantedCredential,
    ) -> Result<GrantedCredential, RefreshError> {
        let rules = &refresh::RULES;
        let url = self.url("oauth.v2.access");
        let request = RefreshRequest::of("slack oauth.v2.access", url, credential)?;
        let now = self.now();
        let reply = rules.send(&self.egress, request, app, now).await?;
        refresh::read(rules, reply.json()?, Some(workspace_id), credential, now)
    }

    async fn exchange_token(
        &self,
        app: &Credentials,
        credential: &GrantedCredential,
    ) -> Result<Option<GrantedCredential>, RefreshError> {
        let rules = &refresh::EXCHANGE;
        let request = RefreshRequest {
            endpoint: "slack oauth.v2.exchange",
            url: self.url("oauth.v2.exchange"),
            form: Form::new().field("token", credential.access_token.expose_secret()),
        };
        let now = self.now();
        let reply = rules.send(&self.egress, request, app, now).await?;
        refresh::read(rules, reply.json()?, None, credential, now).map(Some)
    }

    /// An app speaks with the tokens of its installations alone.
    async fn app_token(
        &self,
        _app: &Credentials,
        _workspace_id: &str,
    ) -> Result<Option<GrantedCredential>, ProviderError> {
        Ok(None)
    }

    async fn verify(
        &self,
        _app: &Credentials,
        workspace_id: &str,
        credentials: &[GrantedCredential],
    ) -> Result<GrantedScopes, ProviderError> {
        if credentials.is_empty() {
            return Err(Reason::TokenInvalid.into());
        }
        let mut all = GrantedScopes::new();
        for credential in credentials {
            let (identity, reply) = self.identity(&credential.access_token).await?;
            let owner = identity.owner().ok_or(Reason::MissingAccount)?;
            if owner != workspace_id {
                return Err(Reason::WorkspaceMismatch.into());
            }
            if let Some(scopes) = granted::read(&reply) {
                granted::check(credential, &scopes)?;
                all.insert(credential.kind, scopes);
            }
        }
        Ok(all)
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
