//! A row of `revocations`.

use tieline_domain::{
    connection::Workspace,
    id::{EnvironmentId, IntegrationId, RevocationId},
    ports::StoreError,
    revocation::Revocation,
    sealed::Sealed,
};
use uuid::Uuid;

use crate::column::{Column, column};

#[derive(Debug)]
pub(super) struct RevocationRow {
    pub(super) id: Uuid,
    pub(super) environment_id: Uuid,
    pub(super) connection_identifier: String,
    pub(super) integration_id: Uuid,
    pub(super) integration_identifier: String,
    pub(super) provider: String,
    pub(super) workspace_id: String,
    pub(super) workspace_name: Option<String>,
    pub(super) bot_user_id: Option<String>,
    pub(super) items: String,
    pub(super) secrets: Option<Vec<u8>>,
    pub(super) tries: i64,
    pub(super) due_at: Option<i64>,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
}

impl TryFrom<RevocationRow> for Revocation {
    type Error = StoreError;

    fn try_from(row: RevocationRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: RevocationId(row.id),
            environment_id: EnvironmentId(row.environment_id),
            connection_identifier: of("connection_identifier").parse(&row.connection_identifier)?,
            integration_id: IntegrationId(row.integration_id),
            integration_identifier: row.integration_identifier,
            provider: of("provider").parse(&row.provider)?,
            workspace: Workspace {
                id: row.workspace_id,
                name: row.workspace_name,
                bot_user_id: row.bot_user_id,
            },
            items: of("items").json(&row.items)?,
            secrets: row.secrets.map(Sealed),
            tries: of("tries").count(row.tries)?,
            due_at: of("due_at").optional_time(row.due_at)?,
            created_at: of("created_at").time(row.created_at)?,
            updated_at: of("updated_at").time(row.updated_at)?,
        })
    }
}

fn of(name: &'static str) -> Column {
    column("revocations", name)
}
