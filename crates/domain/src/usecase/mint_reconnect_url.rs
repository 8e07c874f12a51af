//! A URL by which a connection is renewed.

use crate::{
    audit::AuditAction,
    broker::Broker,
    connection::{ChannelConnection, ConnectionIdentifier},
    flow::{Flow, Leg, Purpose},
    id::{EnvironmentId, FlowId},
    integration::Integration,
    usecase::{MintedUrl, UseCaseError},
};

impl Broker {
    /// Makes the URL by which a connection gets new tokens, whatever became of those it has. It
    /// keeps its identifier, its owner, its endpoints and its workspace: a consent for another
    /// workspace is refused, and what was issued for it is given back. Asked for is what the
    /// integration asks for now, unless `scopes` say otherwise.
    pub async fn mint_reconnect_url(
        &self,
        environment: EnvironmentId,
        identifier: &ConnectionIdentifier,
        scopes: Option<&[String]>,
    ) -> Result<MintedUrl, UseCaseError> {
        let connection = self.get_connection(environment, identifier).await?;
        let integration = self
            .usable_integration(environment, &connection.integration_identifier)
            .await?;
        let (provider, connect) = self.flow_of(&integration)?;
        let app = self.prepared(&integration, provider, connect)?;
        let has_subscriber = connection.owner.subscriber_id.is_some();
        let scopes = connect.settle_scopes(scopes, app.scopes.as_deref(), has_subscriber)?;
        let flow = self.reconnecting(&connection, &integration, scopes);
        let url = self.consent_url(connect, app, &flow)?;
        let (action, subject) = (AuditAction::ReconnectRequested, identifier.as_str());
        self.note(environment, action, subject, &[]).await?;
        Ok(MintedUrl {
            url,
            flow_id: flow.id,
            expires_at: flow.expires_at(),
        })
    }

    fn reconnecting(
        &self,
        connection: &ChannelConnection,
        integration: &Integration,
        scopes: Vec<String>,
    ) -> Flow {
        let owner = &connection.owner;
        Flow {
            id: FlowId(self.ids.uuid()),
            purpose: Purpose::Connect,
            leg: Leg::Consent,
            environment_id: connection.environment_id,
            integration_id: integration.id,
            subscriber_id: owner.subscriber_id.clone(),
            context_keys: owner.context_keys.clone(),
            mode: owner.mode(),
            connection_identifier: Some(connection.identifier.clone()),
            scopes,
            // Who is linked stays linked; whoever renews it need not be the same person.
            auto_link: false,
            workspace_id: Some(connection.workspace.id.clone()),
            issued_at: self.clock.now(),
        }
    }
}
