//! Talking to Microsoft Entra ID and Microsoft Graph.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use tieline_domain::{
    connection::{CredentialKind, Workspace},
    flow::Purpose,
    integration::Credentials,
    ports::{
        Clock, CodeExchange, GrantedScopes, ProviderClient, ProviderError, RefreshError, Timer,
    },
    provider::{CredentialProblem, Grant, GrantedCredential, authorize::join},
    reason::Reason,
    revocation::{RevocationItem, RevocationOutcome, RevocationSubject},
};
use url::Url;

use super::{
    ANY_ORGANIZATION, SIGN_IN_SCOPE, app_only,
    claims::{Expected, Identity, is_guid},
    consent, error, id_token,
    jwks::KeySet,
    organization,
    signed::Doubt,
    wire::TokenReply,
};
use crate::{
    http::{Egress, Form, Reply},
    oauth2::{ClientAuthentication, OauthClient},
};

/// Talks to Microsoft Entra ID and Microsoft Graph.
pub struct MsTeamsClient {
    egress: Egress,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) timer: Arc<dyn Timer>,
    entra: Url,
    graph: Url,
    keys: KeySet,
}

impl MsTeamsClient {
    /// A client of the Entra and the Graph at these places, such as
    /// `https://login.microsoftonline.com` and `https://graph.microsoft.com`.
    #[must_use]
    pub fn new(
        egress: Egress,
        clock: Arc<dyn Clock>,
        timer: Arc<dyn Timer>,
        entra: Url,
        graph: Url,
    ) -> Self {
        let keys = KeySet::of_entra(egress.clone(), Arc::clone(&clock), &entra);
        Self {
            egress,
            clock,
            timer,
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
        let mut reply: TokenReply = reply.json()?;
        let id_token = reply.id_token.take();
        Ok((reply.bearer_token()?, id_token.ok_or(Doubt("missing"))?))
    }

    /// A token for the app itself in a tenant, as it gets one in order to send a message.
    pub(super) async fn app_only(
        &self,
        app: &Credentials,
        tenant: &str,
    ) -> Result<GrantedCredential, ProviderError> {
        // An imported one may be anything, and would stand in the address.
        if !is_guid(tenant) {
            return Err(Reason::TenantNotFound.into());
        }
        let now = self.clock.now();
        let reply = self.token(app, tenant, app_only::form(&self.graph)).await?;
        error::check_app_only(&reply, now)?;
        let reply: TokenReply = reply.json()?;
        // One of which nobody says how long it lives is good for this once.
        let expires_at = reply
            .expires_in
            .map_or(Ok(now), |lifetime| lifetime.after(now))?;
        let access_token = reply.bearer_token()?;
        Ok(GrantedCredential {
            kind: CredentialKind::Bot,
            scopes: app_only::roles(&access_token, tenant)?,
            access_token,
            refresh_token: None,
            expires_at: Some(expires_at),
        })
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
        let only = [app.get(Credentials::TENANT_ID), exchange.tenant.as_deref()];
        let is_other = |tenant: &str| !identity.tenant.eq_ignore_ascii_case(tenant);
        if only.into_iter().flatten().any(is_other) {
            return Err(Reason::TenantMismatch.into());
        }
        Ok(identity)
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
        if exchange.purpose == Purpose::Connect {
            consent::prove(self, app, &tenant).await?;
        }
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

    /// Nothing of it can be done from outside: neither can a token be taken back, nor can an app end
    /// the consent to itself without a permission that nobody should give it.
    async fn disconnect(
        &self,
        _app: &Credentials,
        _workspace: &Workspace,
        credentials: &[GrantedCredential],
    ) -> Vec<RevocationItem> {
        let of_kind = |credential: &GrantedCredential| match credential.kind {
            CredentialKind::Bot => RevocationSubject::BotToken,
            CredentialKind::User => RevocationSubject::UserToken,
        };
        let subjects = credentials.iter().map(of_kind);
        [RevocationSubject::App]
            .into_iter()
            .chain(subjects)
            .map(|subject| RevocationItem {
                subject,
                outcome: RevocationOutcome::Impossible,
                failure: Some(Reason::AdminMustRemove.into()),
            })
            .collect()
    }

    /// No refresh token is kept: the sign-in asks for none, and the app gets its own tokens anew.
    async fn refresh(
        &self,
        _app: &Credentials,
        _workspace_id: &str,
        _credential: &GrantedCredential,
    ) -> Result<GrantedCredential, RefreshError> {
        Err(RefreshError::Refused(Reason::TokenUnavailable.into()))
    }

    async fn exchange_token(
        &self,
        _app: &Credentials,
        _credential: &GrantedCredential,
    ) -> Result<Option<GrantedCredential>, RefreshError> {
        Ok(None)
    }

    async fn app_token(
        &self,
        app: &Credentials,
        workspace_id: &str,
    ) -> Result<Option<GrantedCredential>, ProviderError> {
        self.app_only(app, workspace_id).await.map(Some)
    }

    /// Nothing is kept that could be asked about: the app gets itself a token in the tenant.
    async fn verify(
        &self,
        app: &Credentials,
        workspace_id: &str,
        _credentials: &[GrantedCredential],
    ) -> Result<GrantedScopes, ProviderError> {
        let token = self.app_only(app, workspace_id).await?;
        Ok(GrantedScopes::from([(token.kind, token.scopes)]))
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
            reply.json::<TokenReply>()?.bearer_token()?;
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
