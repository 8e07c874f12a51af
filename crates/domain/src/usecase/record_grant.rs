//! Recording a grant: connection, sealed tokens, linked endpoints and the attempt's end, at once.

use std::time::Duration;

use secrecy::ExposeSecret;

use crate::{
    attempt::{ConnectAttempt, Failure},
    audit::AuditAction,
    connection::{ChannelConnection, Health, Upkeep},
    endpoint::{Address, ChannelEndpoint},
    failpoint::reach,
    flow::Purpose,
    id::ConnectionId,
    ports::{ConnectionWrite, RecordConnection, RecordError, StoreError},
    provider::Grant,
    reason::Reason,
    subscriber::SubscriberId,
    usecase::{
        channel_endpoints::EndpointDraft,
        complete_connect::{Run, log_store_error},
    },
};

/// Pauses between the attempts to record a grant: what the provider issued is worth waiting for a
/// database that restarts.
const PAUSES: [Duration; 6] = [
    Duration::from_millis(50),
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(5),
];

/// Why a grant was not recorded.
pub(super) enum NotRecorded {
    /// It never will be.
    Final(Failure),
    /// Another try may do.
    Again(Option<StoreError>),
}

impl Run<'_> {
    /// Records what was granted and answers the completed attempt.
    pub(super) async fn record(
        &self,
        attempt: &ConnectAttempt,
        grant: &Grant,
    ) -> Result<ConnectAttempt, Failure> {
        let mut pauses = PAUSES.iter();
        loop {
            let cause = match self.record_once(attempt, grant).await {
                Ok(completed) => return Ok(completed),
                Err(NotRecorded::Final(failure)) => return Err(failure),
                Err(NotRecorded::Again(cause)) => cause,
            };
            if let Some(error) = cause {
                log_store_error(attempt, &error);
                if let Some(completed) = self.already_recorded().await {
                    return Ok(completed);
                }
            }
            let Some(pause) = pauses.next() else {
                return Err(Reason::StorageFailed.into());
            };
            self.broker.timer.pause(*pause).await;
        }
    }

    /// A commit whose answer was lost may have happened all the same.
    async fn already_recorded(&self) -> Option<ConnectAttempt> {
        let stored = self
            .broker
            .stores
            .attempts
            .find(self.flow.environment_id, self.flow.id)
            .await;
        stored
            .ok()
            .flatten()
            .filter(|attempt| attempt.reason.is_none() && attempt.status.has_ended())
    }

    async fn record_once(
        &self,
        attempt: &ConnectAttempt,
        grant: &Grant,
    ) -> Result<ConnectAttempt, NotRecorded> {
        match self.flow.purpose {
            Purpose::Connect => self.record_connection(attempt, grant).await,
            Purpose::LinkUser => self.record_link(attempt, grant).await,
        }
    }

    async fn record_connection(
        &self,
        attempt: &ConnectAttempt,
        grant: &Grant,
    ) -> Result<ConnectAttempt, NotRecorded> {
        let (write, connection) = self.connection(grant).await?;
        let endpoints = self.endpoints(&connection, grant).await?;
        let completed = attempt.clone().completed(
            Some(connection.identifier.clone()),
            &connection.workspace,
            connection.updated_at,
        );
        let record = RecordConnection {
            write,
            connection,
            endpoints,
            attempt: completed,
        };
        let action = match write {
            ConnectionWrite::Insert => AuditAction::ConnectionCreated,
            ConnectionWrite::Replace => AuditAction::ConnectionReplaced,
        };
        let within = self.broker.begin().await?;
        let inside = &within.broker;
        inside.stores.connections.record(&record).await?;
        inside.note_written(action, &record.connection).await?;
        reach("connection_uncommitted");
        within.commit().await?;
        reach("connection_committed");
        Ok(record.attempt)
    }

    /// The connection as it is to be: the same owner's to the same workspace, renewed; else a new
    /// one, if the identifier that was asked for is free.
    async fn connection(
        &self,
        grant: &Grant,
    ) -> Result<(ConnectionWrite, ChannelConnection), NotRecorded> {
        let (flow, broker) = (self.flow, self.broker);
        let environment = flow.environment_id;
        let same = broker
            .stores
            .connections
            .find_same(
                environment,
                flow.integration_id,
                &flow.owner(),
                &grant.workspace.id,
            )
            .await?;
        if let Some(stored) = same {
            return Ok((ConnectionWrite::Replace, self.renewed(stored, grant)));
        }
        let holder = match &flow.connection_identifier {
            Some(identifier) => {
                broker
                    .stores
                    .connections
                    .find(environment, identifier)
                    .await?
            }
            None => None,
        };
        match holder {
            None => Ok((ConnectionWrite::Insert, self.made(grant))),
            // Who is linked in its workspace is nobody in another: it does not move.
            Some(holder) if flow.may_renew(&holder) => {
                Err(NotRecorded::Final(Reason::AccountMismatch.into()))
            }
            Some(_) => Err(NotRecorded::Final(Reason::IdentifierTaken.into())),
        }
    }

    fn made(&self, grant: &Grant) -> ChannelConnection {
        let (flow, broker) = (self.flow, self.broker);
        let id = ConnectionId(broker.ids.uuid());
        let now = broker.clock.now();
        ChannelConnection {
            id,
            environment_id: flow.environment_id,
            identifier: flow
                .connection_identifier
                .clone()
                .unwrap_or_else(|| broker.new_connection_identifier()),
            integration_id: flow.integration_id,
            integration_identifier: self.integration.identifier.clone(),
            provider: self.integration.provider.clone(),
            owner: flow.owner(),
            workspace: grant.workspace.clone(),
            credentials: broker.seal_credentials(flow.environment_id, id, 1, &grant.credentials),
            generation: 1,
            health: Health::issued(now),
            upkeep: Upkeep::default(),
            created_at: now,
            updated_at: now,
        }
        .scheduled(now)
    }

    fn renewed(&self, stored: ChannelConnection, grant: &Grant) -> ChannelConnection {
        let (generation, now) = (stored.generation + 1, self.broker.clock.now());
        ChannelConnection {
            workspace: grant.workspace.clone(),
            credentials: self.broker.seal_credentials(
                stored.environment_id,
                stored.id,
                generation,
                &grant.credentials,
            ),
            generation,
            health: Health::issued(now),
            upkeep: stored.upkeep.replaced(),
            updated_at: now,
            ..stored
        }
        .scheduled(now)
    }

    async fn endpoints(
        &self,
        connection: &ChannelConnection,
        grant: &Grant,
    ) -> Result<Vec<ChannelEndpoint>, NotRecorded> {
        let mut endpoints = Vec::new();
        if let (Some(subscriber), Some(person)) = (self.flow.subscriber_to_link(), &grant.person) {
            let address = Address::person(self.connect.person_endpoint, person);
            endpoints.push(self.endpoint(connection, subscriber, address).await?);
        }
        if let (Some(subscriber), Some(hook)) = (&self.flow.subscriber_id, &grant.incoming_webhook)
        {
            let (channel, channel_id) = (hook.channel.as_deref(), hook.channel_id.as_deref());
            let address = Address::webhook(hook.url.expose_secret(), channel, channel_id);
            endpoints.push(self.endpoint(connection, subscriber, address).await?);
        }
        Ok(endpoints)
    }

    async fn endpoint(
        &self,
        connection: &ChannelConnection,
        subscriber: &SubscriberId,
        address: Address,
    ) -> Result<ChannelEndpoint, NotRecorded> {
        let draft = EndpointDraft {
            connection_identifier: Some(connection.identifier.clone()),
            subscriber_id: subscriber.clone(),
            context_keys: connection.owner.context_keys.clone(),
            address,
        };
        let (endpoint, _) = self.broker.endpoint_at(self.integration, draft).await?;
        Ok(endpoint)
    }
}

impl From<StoreError> for NotRecorded {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Again(Some(error)),
            StoreError::Corrupt { .. } => {
                tracing::error!(%error, "a grant could not be recorded");
                Self::Final(Reason::StorageFailed.into())
            }
        }
    }
}

impl From<RecordError> for NotRecorded {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::IdentifierTaken => Self::Final(Reason::IdentifierTaken.into()),
            RecordError::SubscriberGone => Self::Final(Reason::SubscriberGone.into()),
            RecordError::Raced => Self::Again(None),
            RecordError::Store(error) => error.into(),
        }
    }
}
