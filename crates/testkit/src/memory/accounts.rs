//! Organizations, environments, keys, integrations, subscribers and contexts.

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    api_key::{ApiKey, ApiKeyHash},
    context::{Context, ContextKey},
    environment::{Environment, Organization},
    id::{ApiKeyId, EnvironmentId, IntegrationId},
    integration::Integration,
    ports::{
        ApiKeyStore, ContextStore, EnvironmentStore, InsertError, IntegrationStore, StoreError,
        SubscriberStore,
    },
    subscriber::{Subscriber, SubscriberId},
};

use super::{MemoryStorage, dangling};

#[async_trait]
impl EnvironmentStore for MemoryStorage {
    async fn insert_organization(&self, organization: &Organization) -> Result<(), StoreError> {
        self.tables()?.organizations.push(organization.clone());
        Ok(())
    }

    async fn list_organizations(&self) -> Result<Vec<Organization>, StoreError> {
        let mut all = self.tables()?.organizations.clone();
        all.sort_by_key(|organization| (organization.created_at, organization.id));
        Ok(all)
    }

    async fn insert(&self, environment: &Environment) -> Result<(), InsertError> {
        let environments = &mut self.tables()?.environments;
        let same = |other: &Environment| {
            other.organization_id == environment.organization_id && other.name == environment.name
        };
        if environments.iter().any(same) {
            return Err(InsertError::Taken);
        }
        environments.push(environment.clone());
        Ok(())
    }

    async fn find(&self, id: EnvironmentId) -> Result<Option<Environment>, StoreError> {
        Ok(self
            .tables()?
            .environments
            .iter()
            .find(|environment| environment.id == id)
            .cloned())
    }

    async fn list(&self) -> Result<Vec<Environment>, StoreError> {
        let mut all = self.tables()?.environments.clone();
        all.sort_by_key(|environment| (environment.created_at, environment.id));
        Ok(all)
    }
}

#[async_trait]
impl ApiKeyStore for MemoryStorage {
    async fn insert(&self, key: &ApiKey) -> Result<(), InsertError> {
        let keys = &mut self.tables()?.api_keys;
        if keys.iter().any(|other| other.hash == key.hash) {
            return Err(InsertError::Taken);
        }
        keys.push(key.clone());
        Ok(())
    }

    async fn find_by_hash(&self, hash: &ApiKeyHash) -> Result<Option<ApiKey>, StoreError> {
        Ok(self
            .tables()?
            .api_keys
            .iter()
            .find(|key| key.hash == *hash)
            .cloned())
    }

    async fn list(&self, environment: EnvironmentId) -> Result<Vec<ApiKey>, StoreError> {
        let tables = self.tables()?;
        let own = tables
            .api_keys
            .iter()
            .filter(|key| key.environment_id == environment);
        let mut own: Vec<_> = own.cloned().collect();
        own.sort_by_key(|key| (key.created_at, key.id));
        Ok(own)
    }

    async fn revoke(
        &self,
        environment: EnvironmentId,
        id: ApiKeyId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables()?;
        let mut keys = tables.api_keys.iter_mut();
        let Some(key) = keys.find(|key| key.environment_id == environment && key.id == id) else {
            return Ok(false);
        };
        key.revoked_at.get_or_insert(at);
        Ok(true)
    }
}

#[async_trait]
impl IntegrationStore for MemoryStorage {
    async fn insert(&self, integration: &Integration) -> Result<(), InsertError> {
        let integrations = &mut self.tables()?.integrations;
        let same = |other: &Integration| {
            other.environment_id == integration.environment_id
                && other.identifier == integration.identifier
        };
        if integrations.iter().any(same) {
            return Err(InsertError::Taken);
        }
        integrations.push(integration.clone());
        Ok(())
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<Option<Integration>, StoreError> {
        let own = |i: &&Integration| i.environment_id == environment && i.identifier == identifier;
        Ok(self.tables()?.integrations.iter().find(own).cloned())
    }

    async fn find_by_id(
        &self,
        environment: EnvironmentId,
        id: IntegrationId,
    ) -> Result<Option<Integration>, StoreError> {
        let own = |i: &&Integration| i.environment_id == environment && i.id == id;
        Ok(self.tables()?.integrations.iter().find(own).cloned())
    }

    async fn list(&self, environment: EnvironmentId) -> Result<Vec<Integration>, StoreError> {
        let tables = self.tables()?;
        let own = tables
            .integrations
            .iter()
            .filter(|i| i.environment_id == environment);
        let mut own: Vec<_> = own.cloned().collect();
        own.sort_by_key(|integration| (integration.created_at, integration.id));
        Ok(own)
    }

    async fn replace(&self, integration: &Integration) -> Result<bool, StoreError> {
        let mut tables = self.tables()?;
        let own = |stored: &&mut Integration| {
            stored.environment_id == integration.environment_id
                && stored.id == integration.id
                && stored.generation + 1 == integration.generation
        };
        let Some(stored) = tables.integrations.iter_mut().find(own) else {
            return Ok(false);
        };
        let kept = stored.clone();
        *stored = Integration {
            provider: kept.provider,
            identifier: kept.identifier,
            created_at: kept.created_at,
            ..integration.clone()
        };
        Ok(true)
    }
}

#[async_trait]
impl SubscriberStore for MemoryStorage {
    async fn insert(&self, subscriber: &Subscriber) -> Result<(), InsertError> {
        let subscribers = &mut self.tables()?.subscribers;
        let same = |other: &Subscriber| {
            other.environment_id == subscriber.environment_id
                && other.subscriber_id == subscriber.subscriber_id
        };
        if subscribers.iter().any(same) {
            return Err(InsertError::Taken);
        }
        subscribers.push(subscriber.clone());
        Ok(())
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        subscriber_id: &SubscriberId,
    ) -> Result<Option<Subscriber>, StoreError> {
        let own =
            |s: &&Subscriber| s.environment_id == environment && s.subscriber_id == *subscriber_id;
        Ok(self.tables()?.subscribers.iter().find(own).cloned())
    }
}

#[async_trait]
impl ContextStore for MemoryStorage {
    async fn find(
        &self,
        environment: EnvironmentId,
        key: &ContextKey,
    ) -> Result<Option<Context>, StoreError> {
        let own = |c: &&Context| c.environment_id == environment && c.key == *key;
        Ok(self.tables()?.contexts.iter().find(own).cloned())
    }

    async fn insert_missing(&self, contexts: &[Context]) -> Result<(), StoreError> {
        let tables = &mut *self.tables()?;
        let at_home = |context: &Context| {
            tables
                .environments
                .iter()
                .any(|environment| environment.id == context.environment_id)
        };
        if !contexts.iter().all(at_home) {
            return Err(dangling("environment"));
        }
        let stored = &mut tables.contexts;
        for context in contexts {
            let same = |other: &Context| {
                other.environment_id == context.environment_id && other.key == context.key
            };
            if !stored.iter().any(same) {
                stored.push(context.clone());
            }
        }
        Ok(())
    }
}
