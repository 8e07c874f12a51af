//! Endpoints: making, changing, deleting.

use serde_json::{Map, Value};

use crate::{
    audit::AuditAction,
    broker::Broker,
    connection::{ChannelConnection, ConnectionIdentifier},
    context::{ContextKeys, NamedContext},
    endpoint::{
        Address, ChannelEndpoint, ENDPOINT_IDENTIFIER_PREFIX, EndpointKind, endpoint_secret_place,
    },
    id::{EndpointId, EnvironmentId},
    integration::Integration,
    ports::{RecordError, StoreError},
    reason::Reason,
    sealed::Sealed,
    subscriber::{ProfilePatch, SubscriberId},
    text::check_slug,
    usecase::{IfExists, Refusal, UseCaseError, administer::invalid},
};

/// An endpoint to be made.
#[derive(Clone, Debug)]
pub struct NewEndpoint {
    /// The integration, by its identifier.
    pub integration_identifier: String,
    /// The name under which clients will know it; generated where absent.
    pub identifier: Option<String>,
    /// The connection in which it lies.
    pub connection_identifier: Option<ConnectionIdentifier>,
    /// The subscriber it reaches.
    pub subscriber_id: SubscriberId,
    /// Whether to make the subscriber if there is none.
    pub create_subscriber: bool,
    /// The contexts in which it is made.
    pub contexts: Vec<NamedContext>,
    /// Where it leads.
    pub address: Address,
}

/// What makes an endpoint, besides its integration.
pub(super) struct EndpointDraft {
    pub(super) connection_identifier: Option<ConnectionIdentifier>,
    pub(super) subscriber_id: SubscriberId,
    pub(super) context_keys: ContextKeys,
    pub(super) address: Address,
}

impl Broker {
    /// Makes an endpoint. One at the same address is changed and answered instead, unless another
    /// identifier is asked for.
    pub async fn create_endpoint(
        &self,
        environment: EnvironmentId,
        new: NewEndpoint,
    ) -> Result<ChannelEndpoint, UseCaseError> {
        if let Some(identifier) = &new.identifier {
            check_slug(identifier, 128).map_err(|problem| invalid("identifier", &problem))?;
        }
        let integration = self
            .named_integration(environment, &new.integration_identifier)
            .await?;
        check_provider(&integration, new.address.address.kind)?;
        let keys = new
            .contexts
            .iter()
            .map(|context| context.key.clone())
            .collect();
        let connection = self.connection_of(&integration, &new, &keys).await?;
        self.ensure_subscriber(environment, &new).await?;
        self.keep_contexts(environment, new.contexts, self.clock.now())
            .await?;
        let draft = EndpointDraft {
            connection_identifier: connection.map(|connection| connection.identifier),
            subscriber_id: new.subscriber_id,
            context_keys: keys,
            address: new.address,
        };
        let (mut endpoint, is_new) = self.endpoint_at(&integration, draft).await?;
        if let Some(identifier) = new.identifier {
            if !is_new && identifier != endpoint.identifier {
                let message = format!(
                    "An endpoint at this address exists: {}",
                    endpoint.identifier
                );
                return Err(Refusal::new(Reason::AlreadyExists, message).into());
            }
            endpoint.identifier = identifier;
        }
        self.write_endpoint(&endpoint, is_new).await?;
        Ok(endpoint)
    }

    async fn write_endpoint(
        &self,
        endpoint: &ChannelEndpoint,
        is_new: bool,
    ) -> Result<(), UseCaseError> {
        self.within(async |inside| {
            let endpoints = &inside.stores.endpoints;
            let (written, action) = if is_new {
                let written = endpoints.insert(endpoint).await;
                (written, AuditAction::EndpointCreated)
            } else {
                let written = endpoints.replace(endpoint).await;
                (written, AuditAction::EndpointUpdated)
            };
            written.map_err(|error| not_written(endpoint, error))?;
            let (environment, subject) = (endpoint.environment_id, &endpoint.identifier);
            inside.note(environment, action, subject, &[]).await?;
            Ok(())
        })
        .await
    }

    /// The endpoint of this identifier.
    pub async fn get_endpoint(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<ChannelEndpoint, UseCaseError> {
        let found = self.stores.endpoints.find(environment, identifier).await?;
        Ok(found.ok_or_else(|| endpoint_not_found(identifier))?)
    }

    /// Replaces an endpoint's address by one of the same kind; answers the endpoint as it is then.
    pub async fn change_endpoint(
        &self,
        environment: EnvironmentId,
        identifier: &str,
        members: Map<String, Value>,
    ) -> Result<ChannelEndpoint, UseCaseError> {
        let mut endpoint = self.get_endpoint(environment, identifier).await?;
        let parsed = Address::parse(endpoint.address.kind, members);
        let Address { address, secret } =
            parsed.map_err(|problems| Refusal::of_members("endpoint", problems))?;
        endpoint.secret = self.seal_members(environment, endpoint.id, &secret);
        endpoint.address = address;
        endpoint.updated_at = self.clock.now();
        self.write_endpoint(&endpoint, false).await?;
        Ok(endpoint)
    }

    /// Deletes an endpoint.
    pub async fn delete_endpoint(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<(), UseCaseError> {
        self.within(async |inside| {
            if !inside
                .stores
                .endpoints
                .delete(environment, identifier)
                .await?
            {
                return Err(endpoint_not_found(identifier).into());
            }
            let action = AuditAction::EndpointDeleted;
            inside.note(environment, action, identifier, &[]).await?;
            Ok(())
        })
        .await
    }

    /// The endpoint at this address with its new secret: the one that is there already, else a new
    /// one; and whether it is new. Writes nothing.
    pub(super) async fn endpoint_at(
        &self,
        integration: &Integration,
        draft: EndpointDraft,
    ) -> Result<(ChannelEndpoint, bool), StoreError> {
        let environment_id = integration.environment_id;
        let EndpointDraft {
            connection_identifier,
            subscriber_id,
            context_keys,
            address,
        } = draft;
        let Address { address, secret } = address;
        let stored = self
            .stores
            .endpoints
            .find_same(
                environment_id,
                integration.id,
                connection_identifier.as_ref(),
                &subscriber_id,
                &address,
            )
            .await?;
        let (now, is_new) = (self.clock.now(), stored.is_none());
        let (id, identifier, created_at) = match stored {
            Some(stored) => (stored.id, stored.identifier, stored.created_at),
            None => (
                EndpointId(self.ids.uuid()),
                self.new_endpoint_identifier(),
                now,
            ),
        };
        let endpoint = ChannelEndpoint {
            id,
            environment_id,
            identifier,
            integration_id: integration.id,
            integration_identifier: integration.identifier.clone(),
            provider: integration.provider.clone(),
            connection_identifier,
            subscriber_id,
            context_keys,
            address,
            secret: self.seal_members(environment_id, id, &secret),
            created_at,
            updated_at: now,
        };
        Ok((endpoint, is_new))
    }

    fn new_endpoint_identifier(&self) -> String {
        format!("{ENDPOINT_IDENTIFIER_PREFIX}{}", self.ids.random_text(12))
    }

    fn seal_members(
        &self,
        environment_id: EnvironmentId,
        id: EndpointId,
        members: &Map<String, Value>,
    ) -> Option<Sealed> {
        let json = serde_json::to_vec(members)
            .ok()
            .filter(|_| !members.is_empty())?;
        Some(
            self.sealer
                .seal(&json, &endpoint_secret_place(environment_id, id)),
        )
    }

    async fn connection_of(
        &self,
        integration: &Integration,
        new: &NewEndpoint,
        keys: &ContextKeys,
    ) -> Result<Option<ChannelConnection>, UseCaseError> {
        let policy = new.address.address.kind.policy();
        let Some(identifier) = &new.connection_identifier else {
            if policy.needs_connection {
                let message = format!("connectionIdentifier is required for {}", policy.name);
                return Err(Refusal::new(Reason::MalformedRequest, message).into());
            }
            return Ok(None);
        };
        let found = self
            .stores
            .connections
            .find(integration.environment_id, identifier)
            .await?;
        let Some(connection) = found.filter(|c| c.integration_id == integration.id) else {
            let message = format!("Channel connection not found: {identifier}");
            return Err(Refusal::new(Reason::ConnectionNotFound, message).into());
        };
        if policy.needs_connection && connection.owner.context_keys != *keys {
            let message = format!("context must be that of the connection for {}", policy.name);
            return Err(Refusal::new(Reason::MalformedRequest, message).into());
        }
        Ok(Some(connection))
    }

    async fn ensure_subscriber(
        &self,
        environment: EnvironmentId,
        new: &NewEndpoint,
    ) -> Result<(), UseCaseError> {
        let id = &new.subscriber_id;
        if new.create_subscriber {
            let patch = ProfilePatch::default();
            self.create_subscriber(environment, id.clone(), patch, IfExists::Keep)
                .await?;
            return Ok(());
        }
        if self
            .stores
            .subscribers
            .find(environment, id)
            .await?
            .is_none()
        {
            let message = format!(
                "Subscriber not found: {id}; send createSubscriberIfMissing to have it made"
            );
            return Err(Refusal::new(Reason::SubscriberNotFound, message).into());
        }
        Ok(())
    }
}

fn check_provider(integration: &Integration, kind: EndpointKind) -> Result<(), Refusal> {
    if kind.policy().fits(&integration.provider) {
        return Ok(());
    }
    let message = format!(
        "type {kind} does not fit an integration of {}",
        integration.provider
    );
    Err(Refusal::new(Reason::MalformedRequest, message))
}

fn not_written(endpoint: &ChannelEndpoint, error: RecordError) -> UseCaseError {
    let message = match error {
        RecordError::Store(error) => return error.into(),
        RecordError::SubscriberGone => return Reason::SubscriberNotFound.into(),
        RecordError::IdentifierTaken => {
            format!(
                "An endpoint with identifier {} already exists",
                endpoint.identifier
            )
        }
        RecordError::Raced => "An endpoint at this address already exists".to_owned(),
    };
    Refusal::new(Reason::AlreadyExists, message).into()
}

fn endpoint_not_found(identifier: &str) -> Refusal {
    let identifier = crate::text::sanitize(identifier, 128);
    Refusal::new(
        Reason::NotFound,
        format!("Channel endpoint not found: {identifier}"),
    )
}
