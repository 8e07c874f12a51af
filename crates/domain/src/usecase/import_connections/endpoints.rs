//! Endpoints with their secrets.

use secrecy::ExposeSecret;
use serde_json::{Map, Value};

use super::{Import, ImportOutcome, of_field};
use crate::{
    broker::Broker,
    connection::ChannelConnection,
    context::ContextKeys,
    endpoint::{Address, ChannelEndpoint},
    integration::Integration,
    ports::OpenError,
    provider::ProviderId,
    reason::Reason,
    usecase::{NewEndpoint, Refusal, UseCaseError},
};

impl Import<'_> {
    pub(super) async fn endpoint(
        &self,
        mut new: NewEndpoint,
        provider: Option<ProviderId>,
    ) -> Result<ImportOutcome, UseCaseError> {
        let identifier = super::identified(new.identifier.clone())?;
        refuse_masks(&new.address)?;
        let exported = &new.integration_identifier;
        let integration = self.integration(exported, provider).await?;
        new.integration_identifier
            .clone_from(&integration.identifier);
        new.create_subscriber = true;
        let endpoints = &self.broker.stores.endpoints;
        match endpoints.find(self.environment, &identifier).await? {
            Some(stored) => self.known_endpoint(&stored, &integration, new).await,
            None => self.unknown_endpoint(&integration, new).await,
        }
    }

    async fn unknown_endpoint(
        &self,
        integration: &Integration,
        new: NewEndpoint,
    ) -> Result<ImportOutcome, UseCaseError> {
        let (broker, environment) = (&self.broker, self.environment);
        self.check_connection(integration, &new).await?;
        let same = broker
            .stores
            .endpoints
            .find_same(
                environment,
                integration.id,
                new.connection_identifier.as_ref(),
                &new.subscriber_id,
                &new.address.address,
            )
            .await?;
        if let Some(same) = same {
            let same = same.identifier;
            let told = format!("{same} leads to the same address, and here an address has one");
            return Ok(ImportOutcome::Skipped(told));
        }
        let implied = self
            .implied(Some(&new.subscriber_id), &keys_of(&new))
            .await?;
        broker.create_endpoint(environment, new).await?;
        Ok(ImportOutcome::Made(implied))
    }

    /// The connection may have been refused just before.
    async fn check_connection(
        &self,
        integration: &Integration,
        new: &NewEndpoint,
    ) -> Result<(), UseCaseError> {
        let Some(identifier) = &new.connection_identifier else {
            return Ok(());
        };
        let connections = &self.broker.stores.connections;
        let found = connections.find(self.environment, identifier).await?;
        let own = |connection: &ChannelConnection| connection.integration_id == integration.id;
        if found.as_ref().is_some_and(own) {
            return Ok(());
        }
        let problem = format!(
            "{identifier} is no connection of integration {} here",
            integration.identifier
        );
        Err(of_field(Reason::ConnectionNotFound, "connectionIdentifier", &problem).into())
    }

    async fn known_endpoint(
        &self,
        stored: &ChannelEndpoint,
        integration: &Integration,
        new: NewEndpoint,
    ) -> Result<ImportOutcome, UseCaseError> {
        let foreign = foreign(stored, integration, &new);
        if !foreign.is_empty() {
            return Err(super::taken_by_another(&stored.identifier, &foreign).into());
        }
        let Address { address, secret } = new.address;
        let here = self.broker.open_members(stored)?;
        if address.public == stored.address.public && secret == here {
            return Ok(ImportOutcome::Unchanged);
        }
        let differing = vec!["endpoint"];
        if !self.options.update {
            return Err(super::differs(&stored.identifier, &differing).into());
        }
        let mut members = address.public;
        members.extend(secret);
        self.broker
            .change_endpoint(self.environment, &stored.identifier, members)
            .await?;
        Ok(ImportOutcome::Updated(differing))
    }
}

/// What no change of an endpoint changes.
fn foreign(
    stored: &ChannelEndpoint,
    integration: &Integration,
    new: &NewEndpoint,
) -> Vec<&'static str> {
    super::named(&[
        (
            "integrationIdentifier",
            stored.integration_id != integration.id,
        ),
        (
            "connectionIdentifier",
            stored.connection_identifier != new.connection_identifier,
        ),
        ("subscriberId", stored.subscriber_id != new.subscriber_id),
        ("contextKeys", stored.context_keys != keys_of(new)),
        ("type", stored.address.kind != new.address.address.kind),
    ])
}

fn keys_of(new: &NewEndpoint) -> ContextKeys {
    let keys = new.contexts.iter().map(|context| context.key.clone());
    keys.collect()
}

fn refuse_masks(address: &Address) -> Result<(), Refusal> {
    let texts = address.secret.iter();
    let mut texts = texts.filter_map(|(name, value)| Some((name, value.as_str()?)));
    texts.try_for_each(|(name, text)| super::refuse_mask(&format!("endpoint.{name}"), text))
}

impl Broker {
    /// The secret members of an endpoint's address.
    fn open_members(&self, endpoint: &ChannelEndpoint) -> Result<Map<String, Value>, OpenError> {
        let Some(sealed) = &endpoint.secret else {
            return Ok(Map::new());
        };
        let opened = self.sealer.open(sealed, &endpoint.secret_place())?;
        serde_json::from_slice(opened.expose_secret()).map_err(|_| OpenError::Refused)
    }
}
