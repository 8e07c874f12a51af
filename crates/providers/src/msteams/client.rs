//! Talking to Microsoft Entra ID and Microsoft Graph.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use tieline_domain::{
    connection::Workspace,
    integration::Credentials,
    ports::{Clock, CodeExchange, ProviderClient, ProviderError},
    provider::{Grant, GrantedCredential, authorize::join},
    reason::Reason,
};
use url::Url;

use super::{
    ANY_ORGANIZATION, SIGN_IN_SCOPE,
    claims::{Expected, Identity},
    error,
    id_token::{self, Doubt},
    jwks::KeySet,
    organization,
    wire::TokenReply,
};
use crate::{
    http::{Egress, Form},
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
        let url = join(&self.entra, &format!("/{authority}/oauth2/v2.0/token"));
        let call = ClientAuthentication::Post.call(
            "entra token",
            url,
            form(exchange),
            OauthClient::of(app)?,
        )?;
        let reply = self.egress.send(&call).await?;
        error::check(&reply, self.clock.now())?;
        read(reply.json()?)
    }

    async fn verify(
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
        let Identity { tenant, person } = self.verify(&id_token, app, exchange).await?;
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
}

fn form(exchange: &CodeExchange) -> Form {
    Form::new()
        .field("grant_type", "authorization_code")
        .field("code", exchange.code.expose_secret())
        .field("code_verifier", exchange.pkce_verifier.expose_secret())
        .field("redirect_uri", &exchange.redirect_uri)
        .field("scope", SIGN_IN_SCOPE)
}

fn read(reply: TokenReply) -> Result<(SecretString, String), ProviderError> {
    let access_token = checked_token(reply.access_token.ok_or(Reason::InvalidResponse)?)?;
    if !reply
        .token_type
        .is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"))
    {
        return Err(Reason::WrongTokenType.into());
    }
    Ok((access_token, reply.id_token.ok_or(Doubt("missing"))?))
}
