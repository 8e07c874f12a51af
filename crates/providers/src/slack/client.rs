//! Talking to Slack.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use secrecy::ExposeSecret;
use tieline_domain::{
    integration::Credentials,
    ports::{Clock, CodeExchange, ProviderClient, ProviderError},
    provider::{Grant, GrantedCredential, authorize::join},
};
use url::Url;

use super::{error, grant, wire::Access};
use crate::{
    http::{Call, Egress, Form},
    oauth2::{ClientAuthentication, OauthClient},
};

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
        let url = join(&self.base, "/api/oauth.v2.access");
        let client = OauthClient::of(app)?;
        let call = ClientAuthentication::Post.call("slack oauth.v2.access", url, form, client)?;
        let reply = self.egress.send(&call).await?;
        error::check(&reply, self.clock.now())?;
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
}
