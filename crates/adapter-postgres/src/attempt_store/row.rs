//! A row of `connect_attempts`.

use tieline_domain::{
    attempt::ConnectAttempt,
    id::{EnvironmentId, FlowId, IntegrationId},
    ports::StoreError,
};
use uuid::Uuid;

use crate::column::{Column, column};

#[derive(Debug)]
pub(super) struct AttemptRow {
    pub(super) id: Uuid,
    pub(super) environment_id: Uuid,
    pub(super) integration_id: Uuid,
    pub(super) integration_identifier: String,
    pub(super) provider: String,
    pub(super) purpose: String,
    pub(super) subscriber_id: Option<String>,
    pub(super) context_keys: Vec<String>,
    pub(super) mode: String,
    pub(super) status: String,
    pub(super) reason: Option<String>,
    pub(super) provider_error: Option<String>,
    pub(super) connection_identifier: Option<String>,
    pub(super) workspace_name: Option<String>,
    pub(super) steps: String,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
}

impl TryFrom<AttemptRow> for ConnectAttempt {
    type Error = StoreError;

    fn try_from(row: AttemptRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: FlowId(row.id),
            environment_id: EnvironmentId(row.environment_id),
            integration_id: IntegrationId(row.integration_id),
            integration_identifier: row.integration_identifier,
            provider: of("provider").parse(&row.provider)?,
            purpose: of("purpose").parse(&row.purpose)?,
            subscriber_id: of("subscriber_id").parse_optional(row.subscriber_id)?,
            context_keys: of("context_keys").keys(&row.context_keys)?,
            mode: of("mode").parse(&row.mode)?,
            status: of("status").parse(&row.status)?,
            reason: row
                .reason
                .map(|code| of("reason").reason(&code))
                .transpose()?,
            provider_error: row.provider_error,
            connection_identifier: of("connection_identifier")
                .parse_optional(row.connection_identifier)?,
            workspace_name: row.workspace_name,
            steps: of("steps").json(&row.steps)?,
            created_at: of("created_at").time(row.created_at)?,
            updated_at: of("updated_at").time(row.updated_at)?,
        })
    }
}

fn of(name: &'static str) -> Column {
    column("connect_attempts", name)
}
