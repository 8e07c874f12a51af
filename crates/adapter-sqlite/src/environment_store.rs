//! [`EnvironmentStore`] on SQLite.

use async_trait::async_trait;
use sqlx::FromRow;
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

/// Keeps organizations and environments in SQLite.
#[derive(Clone, Debug)]
pub struct SqliteEnvironmentStore {
    pub(crate) access: Access,
}

#[async_trait]
impl EnvironmentStore for SqliteEnvironmentStore {
    async fn insert_organization(&self, organization: &Organization) -> Result<(), StoreError> {
        let sql = "INSERT INTO organizations (id, name, created_at) VALUES (?, ?, ?)
            ON CONFLICT (id) DO NOTHING";
        sqlx::query(sql)
            .bind(organization.id.0)
            .bind(&organization.name)
            .bind(organization.created_at.as_microsecond())
            .execute(&mut *self.access.writer().await?)
            .await
            .map_err(unavailable)?;
        Ok(())
    }

    async fn list_organizations(&self) -> Result<Vec<Organization>, StoreError> {
        let rows: Vec<OrganizationRow> = sqlx::query_as(
            "SELECT id, name, created_at FROM organizations ORDER BY created_at, id",
        )
        .fetch_all(&mut *self.access.reader().await?)
        .await
        .map_err(unavailable)?;
        rows.into_iter().map(Organization::try_from).collect()
    }

    async fn insert(&self, environment: &Environment) -> Result<(), InsertError> {
        sqlx::query(
            "INSERT INTO environments (id, organization_id, name, created_at) VALUES (?, ?, ?, ?)",
        )
        .bind(environment.id.0)
        .bind(environment.organization_id.0)
        .bind(&environment.name)
        .bind(environment.created_at.as_microsecond())
        .execute(&mut *self.access.writer().await?)
        .await
        .map_err(insert_error)?;
        Ok(())
    }

    async fn find(&self, id: EnvironmentId) -> Result<Option<Environment>, StoreError> {
        let row: Option<EnvironmentRow> = sqlx::query_as(
            "SELECT id, organization_id, name, created_at FROM environments WHERE id = ?",
        )
        .bind(id.0)
        .fetch_optional(&mut *self.access.reader().await?)
        .await
        .map_err(unavailable)?;
        row.map(Environment::try_from).transpose()
    }

    async fn list(&self) -> Result<Vec<Environment>, StoreError> {
        let rows: Vec<EnvironmentRow> = sqlx::query_as(
            "SELECT id, organization_id, name, created_at FROM environments
             ORDER BY created_at, id",
        )
        .fetch_all(&mut *self.access.reader().await?)
        .await
        .map_err(unavailable)?;
        rows.into_iter().map(Environment::try_from).collect()
    }
}

#[derive(FromRow)]
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

#[derive(FromRow)]
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
