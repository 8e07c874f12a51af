//! Talking to Microsoft Entra ID and Microsoft Graph.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use tieline_domain::{
    connection::Workspace,
    integration::Credentials,
    ports::{Clock, CodeExchange, ProviderClient, ProviderError},
    provider::{CredentialProblem, Grant, GrantedCredential, authorize::join},
    reason::Reason,
};
use url::Url;

use super::{
    ANY_ORGANIZATION, SIGN_IN_SCOPE, app_only,
    claims::{Expected, Identity, is_guid},
    error,
    id_token::{self, Doubt},
    jwks::KeySet,
    organization,
    wire::TokenReply,
};
use crate::{
    http::{Egress, Form, Reply},
    oauth2::{ClientAuthentication, OauthClient, checked_token},
};

/// Talks to Microsoft Entra ID and Microsoft Graph.
pub struct MsTeamsClient {
    egress: Egress,
    clock: Arc<dyn Clock>,
    entra: Url,
    graph: Url,
    keys: KeySet,
}

impl MsTeamsClient {
    /// A client of the Entra and the Graph at these places, such as
    /// `https://login.microsoftonline.com` and `https://graph.microsoft.com`.
    #[must_use]
    pub fn new(egress: Egress, clock: Arc<dyn Clock>, entra: Url, graph: Url) -> Self {
        let keys = KeySet::new(egress.clone(), Arc::clone(&clock), &entra);
        Self {
            egress,
            clock,
            entra,
            graph,
            keys,
        }
    }

    /// Sends the code. No `Origin` header goes with it: Entra then takes the client for a page in
    /// a browser and refuses its secret.
    async fn redeem(
        &self,
        app: &Credentials,
        exchange: &CodeExchange,
    ) -> Result<(SecretString, String), ProviderError> {
        let authority = app.get(Credentials::TENANT_ID).unwrap_or(ANY_ORGANIZATION);
        let reply = self.token(app, authority, form(exchange)).await?;
        error::check(&reply, self.clock.now())?;
        let (access_token, id_token) = read(reply.json()?)?;
        Ok((access_token, id_token.ok_or(Doubt("missing"))?))
    }

    async fn token(
        &self,
        app: &Credentials,
        authority: &str,
        form: Form,
    ) -> Result<Reply, ProviderError> {
        let url = join(&self.entra, &format!("/{authority}/oauth2/v2.0/token"));
        let client = OauthClient::of(app)?;
        let call = ClientAuthentication::Post.call("entra token", url, form, client)?;
        Ok(self.egress.send(&call).await?)
    }

    async fn identify(
        &self,
        id_token: &str,
        app: &Credentials,
        exchange: &CodeExchange,
    ) -> Result<Identity, ProviderError> {
        let expected = Expected {
            entra: self.entra.as_str().trim_end_matches('/'),
            client_id: OauthClient::of(app)?.id,
            nonce: &exchange.nonce,
            now: self.clock.now(),
        };
        let identity = id_token::verify(id_token, &self.keys, &expected).await?;
        match app.get(Credentials::TENANT_ID) {
            Some(only) if !identity.tenant.eq_ignore_ascii_case(only) => {
                Err(Reason::TenantMismatch.into())
            }
            _ => Ok(identity),
        }
    }
}

impl fmt::Debug for MsTeamsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MsTeamsClient").finish_non_exhaustive()
    }
}

#[async_trait]
impl ProviderClient for MsTeamsClient {
    async fn exchange_code(
        &self,
        app: &Credentials,
        exchange: &CodeExchange,
    ) -> Result<Grant, ProviderError> {
        let (access_token, id_token) = self.redeem(app, exchange).await?;
        let Identity { tenant, person } = self.identify(&id_token, app, exchange).await?;
        let name = organization::name(&self.egress, &self.graph, &access_token, &tenant).await;
        Ok(Grant {
            workspace: Workspace {
                id: tenant,
                name,
                bot_user_id: None,
            },
            person: Some(person),
            credentials: Vec::new(),
            incoming_webhook: None,
        })
    }

    /// Entra has no way to take a token back (RFC 7009 is not offered), and none is kept.
    async fn revoke(
        &self,
        _app: &Credentials,
        _credential: &GrantedCredential,
    ) -> Result<(), ProviderError> {
        Ok(())
    }

    /// Nothing is kept that could be asked about: the app gets itself a token in the tenant, as it
    /// would in order to send a message.
    async fn verify(
        &self,
        app: &Credentials,
        workspace_id: &str,
        _credentials: &[GrantedCredential],
    ) -> Result<(), ProviderError> {
        // An imported one may be anything, and would stand in the address.
        if !is_guid(workspace_id) {
            return Err(Reason::TenantNotFound.into());
        }
        let form = app_only::form(&self.graph);
        let reply = self.token(app, workspace_id, form).await?;
        error::check_app_only(&reply, self.clock.now())?;
        let (access_token, _) = read(reply.json()?)?;
        app_only::check(&access_token, workspace_id)
    }

    /// A client is looked at in a tenant only, so that without one there is nothing to ask.
    async fn check_credentials(
        &self,
        app: &Credentials,
    ) -> Result<Vec<CredentialProblem>, ProviderError> {
        let Some(tenant) = app.get(Credentials::TENANT_ID) else {
            return Ok(Vec::new());
        };
        let form = app_only::form(&self.graph);
        let reply = self.token(app, tenant, form).await?;
        let problems = error::credential_problems(&reply, self.clock.now())?;
        if problems.is_empty() {
            read(reply.json()?)?;
        }
        Ok(problems)
    }
}

fn form(exchange: &CodeExchange) -> Form {
    Form::new()
        .field("grant_type", "authorization_code")
        .field("code", exchange.code.expose_secret())
        .field("code_verifier", exchange.pkce_verifier.expose_secret())
        .field("redirect_uri", &exchange.redirect_uri)
        .field("scope", SIGN_IN_SCOPE)
}

fn read(reply: TokenReply) -> Result<(SecretString, Option<String>), ProviderError> {
    let access_token = checked_token(reply.access_token.ok_or(Reason::InvalidResponse)?)?;
    if !reply
        .token_type
        .is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"))
    {
        return Err(Reason::WrongTokenType.into());
    }
    Ok((access_token, reply.id_token))
}
