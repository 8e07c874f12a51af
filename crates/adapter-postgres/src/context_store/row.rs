//! A row of `contexts`.

use tieline_domain::{
    context::{Context, ContextKey},
    id::{ContextRowId, EnvironmentId},
    ports::StoreError,
};
use uuid::Uuid;

use crate::column::{Column, column};

#[derive(Debug)]
pub(super) struct ContextRow {
    pub(super) id: Uuid,
    pub(super) environment_id: Uuid,
    pub(super) kind: String,
    pub(super) context_id: String,
    pub(super) data: String,
    pub(super) bridge_url: Option<String>,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
}

impl TryFrom<ContextRow> for Context {
    type Error = StoreError;

    fn try_from(row: ContextRow) -> Result<Self, StoreError> {
        let key = ContextKey::new(row.kind, row.context_id);
        Ok(Self {
            id: ContextRowId(row.id),
            environment_id: EnvironmentId(row.environment_id),
            key: key.map_err(|error| of("context_id").corrupt(error.to_string()))?,
            data: of("data").json(&row.data)?,
            bridge_url: of("bridge_url").parse_optional(row.bridge_url)?,
            created_at: of("created_at").time(row.created_at)?,
            updated_at: of("updated_at").time(row.updated_at)?,
        })
    }
}

fn of(name: &'static str) -> Column {
    column("contexts", name)
}
