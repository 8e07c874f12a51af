//! Organizations, environments and their keys.

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    api_key::{ApiKey, ApiKeyHash},
    environment::{Environment, Organization},
    id::{ApiKeyId, EnvironmentId},
    ports::{ApiKeyStore, EnvironmentStore, InsertError, StoreError},
};

use super::{MemoryStorage, Tables};

#[async_trait]
impl EnvironmentStore for MemoryStorage {
    async fn insert_organization(&self, organization: &Organization) -> Result<(), StoreError> {
        let organizations = &mut self.tables().await?.organizations;
        if organizations
            .iter()
            .all(|other| other.id != organization.id)
        {
            organizations.push(organization.clone());
        }
        Ok(())
    }

    async fn list_organizations(&self) -> Result<Vec<Organization>, StoreError> {
        let mut all = self.tables().await?.organizations.clone();
        all.sort_by_key(|organization| (organization.created_at, organization.id));
        Ok(all)
    }

    async fn insert(&self, environment: &Environment) -> Result<(), InsertError> {
        let environments = &mut self.tables().await?.environments;
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
            .tables()
            .await?
            .environments
            .iter()
            .find(|environment| environment.id == id)
            .cloned())
    }

    async fn list(&self) -> Result<Vec<Environment>, StoreError> {
        let mut all = self.tables().await?.environments.clone();
        all.sort_by_key(|environment| (environment.created_at, environment.id));
        Ok(all)
    }
}

#[async_trait]
impl ApiKeyStore for MemoryStorage {
    async fn insert(&self, key: &ApiKey) -> Result<(), InsertError> {
        let keys = &mut self.tables().await?.api_keys;
        if keys.iter().any(|other| other.hash == key.hash) {
            return Err(InsertError::Taken);
        }
        keys.push(key.clone());
        Ok(())
    }

    async fn find_by_hash(&self, hash: &ApiKeyHash) -> Result<Option<ApiKey>, StoreError> {
        Ok(self
            .tables()
            .await?
            .api_keys
            .iter()
            .find(|key| key.hash == *hash)
            .cloned())
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        id: ApiKeyId,
    ) -> Result<Option<ApiKey>, StoreError> {
        let mut tables = self.tables().await?;
        Ok(tables.api_key(environment, id).cloned())
    }

    async fn list(&self, environment: EnvironmentId) -> Result<Vec<ApiKey>, StoreError> {
        let tables = self.tables().await?;
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
        let mut tables = self.tables().await?;
        let Some(key) = tables.api_key(environment, id) else {
            return Ok(false);
        };
        key.revoked_at.get_or_insert(at);
        Ok(true)
    }

    async fn expire(
        &self,
        environment: EnvironmentId,
        id: ApiKeyId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables().await?;
        let Some(key) = tables.api_key(environment, id) else {
            return Ok(false);
        };
        key.expires_at = Some(key.expires_at.map_or(at, |earlier| earlier.min(at)));
        Ok(true)
    }

    async fn record_uses(&self, uses: &[(ApiKeyId, Timestamp)]) -> Result<(), StoreError> {
        let mut tables = self.tables().await?;
        for key in &mut tables.api_keys {
            let own = uses.iter().filter(|(id, _)| *id == key.id);
            key.last_used_at = own.map(|(_, at)| *at).chain(key.last_used_at).max();
        }
        Ok(())
    }
}

impl Tables {
    fn api_key(&mut self, environment: EnvironmentId, id: ApiKeyId) -> Option<&mut ApiKey> {
        let mut keys = self.api_keys.iter_mut();
        keys.find(|key| key.environment_id == environment && key.id == id)
    }
}
