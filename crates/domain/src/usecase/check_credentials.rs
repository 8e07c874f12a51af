//! Asking a provider whether it takes an app's own credentials, before they are stored.

use crate::{
    broker::Broker,
    id::{EnvironmentId, IntegrationId},
    integration::Credentials,
    ports::ProviderClient,
    provider::ProviderId,
    usecase::{UseCaseError, integrations::refuse_problems},
};

impl Broker {
    /// Asks the provider about the credentials of an integration that is to be made, and refuses
    /// what it finds wrong, by field. Credentials that break the provider's policy are not asked
    /// about; those of a provider that cannot be asked pass. Writes nothing: not for a transaction.
    pub async fn check_credentials(
        &self,
        provider: &ProviderId,
        credentials: &Credentials,
    ) -> Result<(), UseCaseError> {
        let policy = self.policy(provider)?;
        refuse_problems(&policy.check_credentials(credentials))?;
        let Some(client) = self.client_of(provider) else {
            return Ok(());
        };
        let problems = client.check_credentials(credentials).await?;
        Ok(refuse_problems(&problems)?)
    }

    /// The same for an integration that is there: about the credentials that it is to have, or else
    /// about those that it has.
    pub async fn check_credentials_of(
        &self,
        environment: EnvironmentId,
        id: IntegrationId,
        new: Option<&Credentials>,
    ) -> Result<(), UseCaseError> {
        let stored = self.get_integration(environment, id).await?;
        if let Some(new) = new {
            return self.check_credentials(&stored.provider, new).await;
        }
        let kept = self.open_credentials(&stored)?;
        self.check_credentials(&stored.provider, &kept).await
    }

    /// Who talks to a provider, where somebody does.
    pub(super) fn client_of(&self, provider: &ProviderId) -> Option<&dyn ProviderClient> {
        self.providers.find(provider)?.client.as_deref()
    }
}
