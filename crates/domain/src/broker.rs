//! The broker: the ports gathered in one place, on which the use cases run.

use std::{fmt, sync::Arc};

use crate::{
    api_key::ApiKeyUses,
    integration::{Credentials, Integration},
    ports::{Clock, FlowSealer, IdGenerator, OpenError, Sealer, Stores, Timer, Transactions},
    provider::{ConnectPolicy, Provider, Providers},
    reason::Reason,
    usecase::{Refusal, UseCaseError},
};

/// The ports, and what else all use cases share. Each use case is a method, in a file of its own
/// under [`crate::usecase`].
#[derive(Clone)]
pub struct Broker {
    /// The stores.
    pub stores: Stores,
    /// Transactions on the same storage.
    pub transactions: Arc<dyn Transactions>,
    /// When API keys were used.
    pub key_uses: ApiKeyUses,
    /// Seals secrets for storage.
    pub sealer: Arc<dyn Sealer>,
    /// Seals flows into states.
    pub flow_sealer: Arc<dyn FlowSealer>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Lets time pass.
    pub timer: Arc<dyn Timer>,
    /// Makes ids.
    pub ids: Arc<dyn IdGenerator>,
    /// The providers.
    pub providers: Providers,
    /// Our callback, as registered with the providers. Comes from configuration alone.
    pub redirect_uri: String,
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker")
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}

impl Broker {
    /// The same broker on other stores: those of a transaction.
    #[must_use]
    pub fn on(&self, stores: &Stores) -> Self {
        Self {
            stores: stores.clone(),
            ..self.clone()
        }
    }

    /// The provider of an integration, and its OAuth flow.
    pub(crate) fn flow_of<'a>(
        &'a self,
        integration: &Integration,
    ) -> Result<(&'a Provider, &'a ConnectPolicy), Refusal> {
        let unsupported = || {
            let message = format!("OAuth not supported for provider: {}", integration.provider);
            Refusal::new(Reason::OauthNotSupported, message)
        };
        let provider = self
            .providers
            .find(&integration.provider)
            .ok_or_else(unsupported)?;
        let connect = provider.policy.connect.as_ref().ok_or_else(unsupported)?;
        Ok((provider, connect))
    }

    /// An integration's credentials in the clear.
    pub(crate) fn open_credentials(
        &self,
        integration: &Integration,
    ) -> Result<Credentials, UseCaseError> {
        use secrecy::ExposeSecret;
        let json = self
            .sealer
            .open(&integration.credentials, &integration.credentials_place())?;
        Credentials::from_json(json.expose_secret())
            .map_err(|_| UseCaseError::Open(OpenError::Refused))
    }
}
