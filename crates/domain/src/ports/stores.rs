//! The storage ports, gathered.

use std::{fmt, sync::Arc};

use crate::ports::{
    ApiKeyStore, AttemptStore, AuditStore, ConnectionStore, ContextStore, EndpointStore,
    EnvironmentStore, IdempotencyStore, IntegrationStore, KeyCheckStore, RevocationStore,
    SealedValues, SubscriberStore, UpkeepStore,
};

/// One store for each storage port, all on the same storage.
#[derive(Clone)]
pub struct Stores {
    /// Organizations and environments.
    pub environments: Arc<dyn EnvironmentStore>,
    /// API keys.
    pub api_keys: Arc<dyn ApiKeyStore>,
    /// Integrations.
    pub integrations: Arc<dyn IntegrationStore>,
    /// Subscribers.
    pub subscribers: Arc<dyn SubscriberStore>,
    /// Contexts.
    pub contexts: Arc<dyn ContextStore>,
    /// Connect attempts.
    pub attempts: Arc<dyn AttemptStore>,
    /// Connections.
    pub connections: Arc<dyn ConnectionStore>,
    /// Health and upkeep of connections.
    pub upkeep: Arc<dyn UpkeepStore>,
    /// Revocations.
    pub revocations: Arc<dyn RevocationStore>,
    /// The audit log.
    pub audit: Arc<dyn AuditStore>,
    /// Endpoints.
    pub endpoints: Arc<dyn EndpointStore>,
    /// Answers under idempotency keys.
    pub idempotency: Arc<dyn IdempotencyStore>,
    /// The key check.
    pub key_checks: Arc<dyn KeyCheckStore>,
    /// All that the others keep sealed.
    pub sealed_values: Arc<dyn SealedValues>,
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stores").finish_non_exhaustive()
    }
}
