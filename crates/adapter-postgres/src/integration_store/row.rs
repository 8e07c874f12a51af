//! A row of `integrations`.

use tieline_domain::{
    id::{EnvironmentId, IntegrationId},
    integration::Integration,
    ports::StoreError,
    sealed::Sealed,
};
use uuid::Uuid;

use crate::column::{Column, column};

#[derive(Debug)]
pub(super) struct IntegrationRow {
    pub(super) id: Uuid,
    pub(super) environment_id: Uuid,
    pub(super) provider: String,
    pub(super) identifier: String,
    pub(super) name: String,
    pub(super) active: bool,
    pub(super) credentials: Vec<u8>,
    pub(super) generation: i64,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
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
