//! Everything that is stored, as one value.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use tieline_domain::{
    api_key::ApiKey,
    attempt::ConnectAttempt,
    audit::AuditEvent,
    connection::ChannelConnection,
    context::Context,
    endpoint::ChannelEndpoint,
    environment::{Environment, Organization},
    id::{
        ApiKeyId, ConnectionId, ContextRowId, EndpointId, EnvironmentId, FlowId, IntegrationId,
        OrganizationId, RevocationId, SubscriberRowId,
    },
    idempotency::{IdempotencyRecord, IdempotencyScope},
    integration::Integration,
    ports::{RecordError, StoreError},
    revocation::Revocation,
    sealed::Sealed,
    subscriber::{Subscriber, SubscriberId},
};
use uuid::Uuid;

/// All tables.
#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    pub(super) organizations: Table<OrganizationId, Organization>,
    pub(super) environments: Table<EnvironmentId, Environment>,
    pub(super) api_keys: Table<ApiKeyId, ApiKey>,
    pub(super) integrations: Table<IntegrationId, Integration>,
    pub(super) subscribers: Table<SubscriberRowId, Subscriber>,
    pub(super) contexts: Table<ContextRowId, Context>,
    pub(super) attempts: Table<FlowId, ConnectAttempt>,
    pub(super) connections: Table<ConnectionId, ChannelConnection>,
    pub(super) revocations: Table<RevocationId, Revocation>,
    pub(super) audit_events: Table<Uuid, AuditEvent>,
    pub(super) endpoints: Table<EndpointId, ChannelEndpoint>,
    pub(super) idempotency: Table<IdempotencyScope, IdempotencyRecord>,
    pub(super) key_check: Option<Sealed>,
}

impl Tables {
    /// Fails where there is no such environment.
    pub(super) fn check_environment(&self, id: EnvironmentId) -> Result<(), StoreError> {
        match self.environments.get(&id) {
            Some(_) => Ok(()),
            None => Err(dangling("environment")),
        }
    }

    pub(super) fn has_integration(&self, environment: EnvironmentId, id: IntegrationId) -> bool {
        self.integrations
            .get(&id)
            .is_some_and(|i| i.environment_id == environment)
    }

    /// Connections and endpoints show the identifier that their integration has now.
    pub(super) fn integration_identifier(&self, id: IntegrationId) -> Option<&str> {
        self.integrations.get(&id).map(|i| i.identifier.as_str())
    }

    pub(super) fn subscriber(
        &self,
        environment: EnvironmentId,
        id: &SubscriberId,
    ) -> Option<&Subscriber> {
        self.subscribers
            .find(|s| s.environment_id == environment && s.subscriber_id == *id)
    }

    pub(super) fn check_subscriber(
        &self,
        environment: EnvironmentId,
        id: &SubscriberId,
    ) -> Result<(), RecordError> {
        match self.subscriber(environment, id) {
            Some(_) => Ok(()),
            None => Err(RecordError::SubscriberGone),
        }
    }
}

/// What a database's primary keys would say.
pub(super) fn id_taken() -> StoreError {
    StoreError::Unavailable("the id is taken".into())
}

/// What a database's foreign keys would say.
pub(super) fn dangling(what: &str) -> StoreError {
    StoreError::Unavailable(format!("there is no such {what}").into())
}

/// Rows by their ids. A copy shares them until one of both is written to.
#[derive(Debug)]
pub(super) struct Table<K, V>(Arc<HashMap<K, Arc<V>>>);

impl<K, V> Clone for Table<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Table<K, V> {
    pub(super) fn get(&self, id: &K) -> Option<&V> {
        self.0.get(id).map(Arc::as_ref)
    }

    pub(super) fn get_mut(&mut self, id: &K) -> Option<&mut V> {
        if !self.0.contains_key(id) {
            return None;
        }
        Arc::make_mut(&mut self.0).get_mut(id).map(Arc::make_mut)
    }

    pub(super) fn put(&mut self, id: K, row: V) {
        Arc::make_mut(&mut self.0).insert(id, Arc::new(row));
    }

    pub(super) fn remove(&mut self, id: &K) {
        Arc::make_mut(&mut self.0).remove(id);
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &V> {
        self.0.values().map(Arc::as_ref)
    }

    pub(super) fn find(&self, is_it: impl Fn(&V) -> bool) -> Option<&V> {
        self.rows().find(|row| is_it(row))
    }

    pub(super) fn any(&self, is_it: impl Fn(&V) -> bool) -> bool {
        self.find(is_it).is_some()
    }

    /// Deletes the rows that `goes` names; answers how many.
    pub(super) fn delete(&mut self, goes: impl Fn(&V) -> bool) -> u64 {
        if !self.any(&goes) {
            return 0;
        }
        let rows = Arc::make_mut(&mut self.0);
        let before = rows.len();
        rows.retain(|_, row| !goes(row));
        (before - rows.len()) as u64
    }
}
