//! What connections lack of the scopes that would be asked for today.

use std::collections::BTreeMap;

use crate::{
    broker::Broker, connection::ChannelConnection, integration::Credentials, usecase::UseCaseError,
};

impl Broker {
    /// What each of these connections of one environment lacks of the scopes that its integration
    /// asks for today ([`crate::provider::ScopePolicy::drift`]), in the order of the connections.
    pub async fn missing_scopes(
        &self,
        connections: &[ChannelConnection],
    ) -> Result<Vec<Vec<String>>, UseCaseError> {
        let mut apps = BTreeMap::new();
        let mut missing = Vec::with_capacity(connections.len());
        for connection in connections {
            let identifier = connection.integration_identifier.as_str();
            if !apps.contains_key(identifier) {
                apps.insert(identifier, self.app_credentials_of(connection).await?);
            }
            let app = apps.get(identifier).and_then(Option::as_ref);
            missing.push(app.map_or_else(Vec::new, |app| self.drift(connection, app)));
        }
        Ok(missing)
    }

    async fn app_credentials_of(
        &self,
        connection: &ChannelConnection,
    ) -> Result<Option<Credentials>, UseCaseError> {
        let (environment, name) = (
            connection.environment_id,
            &connection.integration_identifier,
        );
        let found = self.lookups.integration(environment, name).await?;
        found.map(|found| self.open_credentials(&found)).transpose()
    }

    fn drift(&self, connection: &ChannelConnection, app: &Credentials) -> Vec<String> {
        let provider = self.providers.find(&connection.provider);
        let connect = provider.and_then(|provider| provider.policy.connect.as_ref());
        connect.map_or_else(Vec::new, |connect| {
            connect.scopes.drift(app.scopes(), &connection.credentials)
        })
    }
}
