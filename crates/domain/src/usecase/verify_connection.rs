//! Asking a provider whether a connection is good.

use crate::{
    broker::Broker,
    connection::{ChannelConnection, ConnectionIdentifier, SealedCredential},
    id::EnvironmentId,
    ports::OpenError,
    provider::GrantedCredential,
    usecase::UseCaseError,
};

impl Broker {
    /// Asks the provider whether a connection is good; answers the connection as it is stored,
    /// which asking does not change. Of a provider that cannot be asked, every connection is good.
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
        client
            .verify(&app, &connection.workspace.id, &tokens)
            .await?;
        Ok(connection)
    }

    /// Refresh tokens stay sealed: a question does not need them.
    fn open_access_tokens(
        &self,
        connection: &ChannelConnection,
    ) -> Result<Vec<GrantedCredential>, OpenError> {
        let open = |sealed: &SealedCredential| {
            let column = sealed.kind.access_token_column();
            Ok(GrantedCredential {
                kind: sealed.kind,
                access_token: self.open_token(connection, &sealed.access_token, column)?,
                refresh_token: None,
                scopes: sealed.scopes.clone(),
                expires_at: sealed.expires_at,
            })
        };
        connection.credentials.iter().map(open).collect()
    }
}
