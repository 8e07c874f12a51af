//! A row of `connect_attempts`.

use sqlx::FromRow;
use tieline_domain::{
    attempt::ConnectAttempt,
    id::{EnvironmentId, FlowId, IntegrationId},
    ports::StoreError,
};
use uuid::Uuid;

use crate::column::{Column, column};

#[derive(FromRow)]
pub(super) struct AttemptRow {
    id: Uuid,
    environment_id: Uuid,
    integration_id: Uuid,
    integration_identifier: String,
    provider: String,
    purpose: String,
    subscriber_id: Option<String>,
    context_keys: String,
    mode: String,
    status: String,
    reason: Option<String>,
    provider_error: Option<String>,
    connection_identifier: Option<String>,
    workspace_name: Option<String>,
    steps: String,
    created_at: i64,
    updated_at: i64,
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
            context_keys: of("context_keys").json(&row.context_keys)?,
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
