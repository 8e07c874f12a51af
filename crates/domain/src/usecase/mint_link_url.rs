//! Minting a URL that links a person to a subscriber and connects nothing.

use crate::{
    broker::Broker,
    connection::{ConnectionIdentifier, ConnectionMode},
    context::{ContextProof, NamedContext},
    flow::{Flow, Leg, Purpose},
    id::{EnvironmentId, FlowId},
    integration::Integration,
    reason::Reason,
    subscriber::SubscriberId,
    usecase::{
        MintedUrl, Refusal, UseCaseError, channel_connections::connection_not_found,
        mint_connect_url::MAX_URL_LENGTH,
    },
};

/// A request for a URL that links a person.
#[derive(Clone, Debug, PartialEq)]
pub struct MintLinkUrl {
    /// The integration, by its identifier.
    pub integration_identifier: String,
    /// The subscriber to whom the person is linked.
    pub subscriber_id: SubscriberId,
    /// The connection to which the link belongs; the person must be of its workspace.
    pub connection_identifier: Option<ConnectionIdentifier>,
    /// The contexts of the link, made where they are new.
    pub contexts: Vec<NamedContext>,
    /// Proof of the contexts, where the integration demands it.
    pub context_proof: Option<ContextProof>,
    /// The scopes to ask the person for.
    pub scopes: Option<Vec<String>>,
}

impl Broker {
    /// Mints the URL at which a person agrees to be linked. Writes nothing, except contexts that
    /// are new.
    pub async fn mint_link_url(
        &self,
        environment: EnvironmentId,
        request: MintLinkUrl,
    ) -> Result<MintedUrl, UseCaseError> {
        let integration = self
            .usable_integration(environment, &request.integration_identifier)
            .await?;
        let (provider, connect) = self.flow_of(&integration)?;
        let app = self.prepared(&integration, provider, connect)?;
        self.check_context(environment, app, request.context_proof.as_ref())
            .await?;
        let link = &connect.link;
        let scopes = link.scopes.settle(request.scopes.as_deref(), true)?;
        self.check_subscriber(environment, Some(&request.subscriber_id))
            .await?;
        if let Some(identifier) = &request.connection_identifier {
            self.check_linkable(&integration, identifier).await?;
        }
        let now = self.clock.now();
        let flow = Flow {
            id: FlowId(self.ids.uuid()),
            purpose: Purpose::LinkUser,
            leg: Leg::Consent,
            environment_id: environment,
            integration_id: integration.id,
            subscriber_id: Some(request.subscriber_id),
            context_keys: request
                .contexts
                .iter()
                .map(|context| context.key.clone())
                .collect(),
            mode: ConnectionMode::Subscriber,
            connection_identifier: request.connection_identifier,
            scopes,
            auto_link: true,
            workspace_id: None,
            issued_at: now,
        };
        let scope = link.scopes.join(&flow.scopes);
        let url = self.page_url(&app.link, &flow, scope.as_deref(), MAX_URL_LENGTH)?;
        self.keep_contexts(environment, request.contexts, now)
            .await?;
        Ok(MintedUrl {
            url,
            flow_id: flow.id,
            expires_at: flow.expires_at(),
        })
    }

    async fn check_linkable(
        &self,
        integration: &Integration,
        identifier: &ConnectionIdentifier,
    ) -> Result<(), UseCaseError> {
        let found = self
            .stores
            .connections
            .find(integration.environment_id, identifier)
            .await?;
        if found.is_some_and(|connection| connection.integration_id == integration.id) {
            return Ok(());
        }
        let message = connection_not_found(identifier).message;
        Err(Refusal::new(Reason::ConnectionNotFound, message).into())
    }
}
