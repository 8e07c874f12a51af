//! A row of `integrations`.

use sqlx::FromRow;
use tieline_domain::{
    id::{EnvironmentId, IntegrationId},
    integration::Integration,
    ports::StoreError,
    sealed::Sealed,
};
use uuid::Uuid;

use crate::column::{Column, column};

#[derive(FromRow)]
pub(super) struct IntegrationRow {
    id: Uuid,
    environment_id: Uuid,
    provider: String,
    identifier: String,
    name: String,
    active: bool,
    credentials: Vec<u8>,
    generation: i64,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<IntegrationRow> for Integration {
    type Error = StoreError;

    fn try_from(row: IntegrationRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: IntegrationId(row.id),
            environment_id: EnvironmentId(row.environment_id),
            provider: of("provider").parse(&row.provider)?,
            identifier: row.identifier,
            name: row.name,
            active: row.active,
            credentials: Sealed(row.credentials),
            generation: of("generation").generation(row.generation)?,
            created_at: of("created_at").time(row.created_at)?,
            updated_at: of("updated_at").time(row.updated_at)?,
        })
    }
}

fn of(name: &'static str) -> Column {
    column("integrations", name)
}
