//! Organizations and environments.

use async_trait::async_trait;
use tieline_domain::{
    environment::{Environment, Organization},
    id::EnvironmentId,
    ports::{EnvironmentStore, InsertError, StoreError},
};

use super::{MemoryStorage, paging::oldest_first, tables::dangling};

#[async_trait]
impl EnvironmentStore for MemoryStorage {
    async fn insert_organization(&self, organization: &Organization) -> Result<(), StoreError> {
        self.write(|tables| {
            if tables.organizations.get(&organization.id).is_none() {
                tables
                    .organizations
                    .put(organization.id, organization.clone());
            }
            Ok(())
        })
        .await
    }

    async fn list_organizations(&self) -> Result<Vec<Organization>, StoreError> {
        self.read(|tables| oldest_first(tables.organizations.rows()))
    }

    async fn insert(&self, environment: &Environment) -> Result<(), InsertError> {
        self.write(|tables| {
            let taken = tables.environments.any(|e| {
                e.id == environment.id
                    || (e.organization_id == environment.organization_id
                        && e.name == environment.name)
            });
            if taken {
                return Err(InsertError::Taken);
            }
            if tables
                .organizations
                .get(&environment.organization_id)
                .is_none()
            {
                return Err(dangling("organization").into());
            }
            tables.environments.put(environment.id, environment.clone());
            Ok(())
        })
        .await
    }

    async fn find(&self, id: EnvironmentId) -> Result<Option<Environment>, StoreError> {
        self.read(|tables| tables.environments.get(&id).cloned())
    }

    async fn list(&self) -> Result<Vec<Environment>, StoreError> {
        self.read(|tables| oldest_first(tables.environments.rows()))
    }
}
