//! [`EnvironmentStore`] on Postgres.

use async_trait::async_trait;
use tieline_domain::{
    environment::{Environment, Organization},
    id::{EnvironmentId, OrganizationId},
    ports::{EnvironmentStore, InsertError, StoreError},
};
use uuid::Uuid;

use crate::{
    column::column,
    database::Access,
    error::{insert_error, unavailable},
};

/// Keeps organizations and environments in Postgres.
#[derive(Clone, Debug)]
pub struct PgEnvironmentStore {
    pub(crate) access: Access,
}

#[async_trait]
impl EnvironmentStore for PgEnvironmentStore {
    async fn insert_organization(&self, organization: &Organization) -> Result<(), StoreError> {
        let mut session = self.access.writer().await?;
        sqlx::query!(
            "INSERT INTO organizations (id, name, created_at) VALUES ($1, $2, $3)
             ON CONFLICT (id) DO NOTHING",
            organization.id.0,
            organization.name,
            organization.created_at.as_microsecond()
        )
        .execute(&mut session)
        .await
        .map_err(unavailable)?;
        session.commit().await.map_err(unavailable)
    }

    async fn list_organizations(&self) -> Result<Vec<Organization>, StoreError> {
        let rows = sqlx::query_as!(
            OrganizationRow,
            "SELECT id, name, created_at FROM organizations ORDER BY created_at, id"
        )
        .fetch_all(&mut self.access.reader().await?)
        .await
        .map_err(unavailable)?;
        rows.into_iter().map(Organization::try_from).collect()
    }

    async fn insert(&self, environment: &Environment) -> Result<(), InsertError> {
        let mut session = self.access.writer().await?;
        sqlx::query!(
            "INSERT INTO environments (id, organization_id, name, created_at)
             VALUES ($1, $2, $3, $4)",
            environment.id.0,
            environment.organization_id.0,
            environment.name,
            environment.created_at.as_microsecond()
        )
        .execute(&mut session)
        .await
        .map_err(insert_error)?;
        session.commit().await.map_err(insert_error)
    }

    async fn find(&self, id: EnvironmentId) -> Result<Option<Environment>, StoreError> {
        let row = sqlx::query_as!(
            EnvironmentRow,
            "SELECT id, organization_id, name, created_at FROM environments WHERE id = $1",
            id.0
        )
        .fetch_optional(&mut self.access.reader().await?)
        .await
        .map_err(unavailable)?;
        row.map(Environment::try_from).transpose()
    }

    async fn list(&self) -> Result<Vec<Environment>, StoreError> {
        let rows = sqlx::query_as!(
            EnvironmentRow,
            "SELECT id, organization_id, name, created_at FROM environments
             ORDER BY created_at, id"
        )
        .fetch_all(&mut self.access.reader().await?)
        .await
        .map_err(unavailable)?;
        rows.into_iter().map(Environment::try_from).collect()
    }
}

#[derive(Debug)]
struct OrganizationRow {
    id: Uuid,
    name: String,
    created_at: i64,
}

impl TryFrom<OrganizationRow> for Organization {
    type Error = StoreError;

    fn try_from(row: OrganizationRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: OrganizationId(row.id),
            name: row.name,
            created_at: column("organizations", "created_at").time(row.created_at)?,
        })
    }
}

#[derive(Debug)]
struct EnvironmentRow {
    id: Uuid,
    organization_id: Uuid,
    name: String,
    created_at: i64,
}

impl TryFrom<EnvironmentRow> for Environment {
    type Error = StoreError;

    fn try_from(row: EnvironmentRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: EnvironmentId(row.id),
            organization_id: OrganizationId(row.organization_id),
            name: row.name,
            created_at: column("environments", "created_at").time(row.created_at)?,
        })
    }
}
