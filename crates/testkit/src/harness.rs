//! What an adapter provides to be put through the contract suites.

use std::{ops::Deref, sync::Arc};

use async_trait::async_trait;
use tieline_domain::{
    environment::{Environment, Organization},
    id::FlowId,
    integration::Integration,
    ports::{Stores, Transactions},
    subscriber::Subscriber,
};

use crate::fixtures;

/// Storage for one test.
#[async_trait]
pub trait StorageHarness: Send + Sync + Sized {
    /// Fresh storage: empty, migrated, and gone when this is dropped.
    async fn start() -> Self;

    /// The stores in it.
    fn stores(&self) -> &TestStores;

    /// Adds so many copies of a stored attempt under fresh ids, by whatever way is quick.
    async fn copy_attempt(&self, id: FlowId, copies: u32);

    /// What [`Self::sever`] takes away.
    const OUTAGE: Outage;

    /// As [`Self::start`], for a test that takes the server away. For storage that needs something
    /// for it: a relay in front, or shorter time-outs.
    #[must_use]
    async fn start_severable() -> Self {
        Self::start().await
    }

    /// Takes the server away; it is when this returns.
    async fn sever(&self);

    /// Brings the server back; it answers when this returns. Connections may have broken.
    async fn restore(&self);
}

/// What goes away in an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// Everything. Open transactions are lost.
    Everything,
    /// The turn to write, where storage has a single one: somebody else has it and does not give it
    /// up. Reads go on. An open transaction has the turn, so the outage begins after its end.
    Writes,
}

/// The stores of a test, with ways to fill them.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "ports have none")]
pub struct TestStores {
    /// One store for each port.
    pub stores: Stores,
    /// Transactions on the same storage.
    pub transactions: Arc<dyn Transactions>,
}

impl Deref for TestStores {
    type Target = Stores;

    fn deref(&self) -> &Stores {
        &self.stores
    }
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

impl TestStores {
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

    /// Stores another integration of Slack, `slack-second`.
    pub async fn second_slack(&self, tenant: &Tenant) -> Integration {
        let second = Integration {
            identifier: "slack-second".to_owned(),
            ..fixtures::integration(tenant.environment.id)
        };
        self.integrations.insert(&second).await.unwrap();
        second
    }
}
