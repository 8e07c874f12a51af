//! Asking a provider whether a connection is good.

use crate::{
    broker::Broker,
    connection::{ChannelConnection, ConnectionIdentifier},
    id::EnvironmentId,
    ports::Checked,
    usecase::UseCaseError,
};

impl Broker {
    /// Asks the provider whether a connection is good; answers the connection as it is stored,
    /// which asking does not change. What the provider said a few seconds ago may stand. Of a
    /// provider that cannot be asked, every connection is good.
    pub async fn verify_connection(
        &self,
        environment: EnvironmentId,
        identifier: &ConnectionIdentifier,
    ) -> Result<ChannelConnection, UseCaseError> {
        let connection = self.get_connection(environment, identifier).await?;
        let Some(client) = self.client_of(&connection.provider) else {
            return Ok(connection);
        };
        let integration = self
            .get_integration(environment, connection.integration_id)
            .await?;
        let app = self.open_credentials(&integration)?;
        let tokens = self.open_access_tokens(&connection)?;
        let checked = Checked {
            connection: connection.id,
            generation: connection.generation,
            app_generation: integration.generation,
        };
        let ask = async {
            let scopes = client
                .verify(&app, &connection.workspace.id, &tokens)
                .await?;
            tracing::trace!(?scopes, "verified");
            Ok(())
        };
        self.checks.check(&checked, Box::pin(ask)).await?;
        Ok(connection)
    }
}
