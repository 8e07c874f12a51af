//! What an adapter provides to be put through the contract suites.

use std::sync::Arc;

use async_trait::async_trait;
use tieline_domain::{
    environment::{Environment, Organization},
    id::FlowId,
    integration::Integration,
    ports::{
        ApiKeyStore, AttemptStore, ConnectionStore, ContextStore, EndpointStore, EnvironmentStore,
        IdempotencyStore, IntegrationStore, KeyCheckStore, SubscriberStore,
    },
    subscriber::Subscriber,
};

use crate::fixtures;

/// Storage for one test.
#[async_trait]
pub trait StorageHarness: Send + Sync + Sized {
    /// Fresh storage: empty, migrated, and gone when this is dropped.
    async fn start() -> Self;

    /// The stores in it.
    fn stores(&self) -> &Stores;

    /// Adds so many copies of a stored attempt under fresh ids, by whatever way is quick.
    async fn copy_attempt(&self, id: FlowId, copies: u32);
}

/// One store for each storage port, all on the same storage.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "ports have none")]
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
    /// Endpoints.
    pub endpoints: Arc<dyn EndpointStore>,
    /// Answers under idempotency keys.
    pub idempotency: Arc<dyn IdempotencyStore>,
    /// The key check.
    pub key_checks: Arc<dyn KeyCheckStore>,
}

/// An environment that has been stored, with what most tests need in it.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// The environment.
    pub environment: Environment,
    /// An integration of Slack.
    pub slack: Integration,
    /// An integration of Microsoft Teams.
    pub teams: Integration,
    /// A subscriber, `ada`.
    pub ada: Subscriber,
    /// Another, `bob`.
    pub bob: Subscriber,
}

impl Stores {
    /// Stores an environment, with an organization of its own.
    pub async fn environment(&self) -> Environment {
        let environment = fixtures::environment();
        let id = environment.organization_id;
        let organization = Organization {
            id,
            ..fixtures::organization()
        };
        self.environments
            .insert_organization(&organization)
            .await
            .unwrap();
        self.environments.insert(&environment).await.unwrap();
        environment
    }

    /// Stores an environment with two integrations and two subscribers.
    pub async fn tenant(&self) -> Tenant {
        let environment = self.environment().await;
        let tenant = Tenant {
            slack: fixtures::integration(environment.id),
            teams: fixtures::teams_integration(environment.id),
            ada: fixtures::subscriber(environment.id, "ada"),
            bob: fixtures::subscriber(environment.id, "bob"),
            environment,
        };
        for integration in [&tenant.slack, &tenant.teams] {
            self.integrations.insert(integration).await.unwrap();
        }
        for subscriber in [&tenant.ada, &tenant.bob] {
            self.subscribers.insert(subscriber).await.unwrap();
        }
        tenant
    }
}
