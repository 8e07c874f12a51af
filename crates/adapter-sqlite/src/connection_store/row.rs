//! Rows of `connections` and `connection_credentials`.

use sqlx::FromRow;
use tieline_domain::{
    connection::{ChannelConnection, Owner, SealedCredential, Workspace},
    id::{ConnectionId, EnvironmentId, IntegrationId},
    ports::StoreError,
    sealed::Sealed,
};
use uuid::Uuid;

use crate::column::{Column, column};

#[derive(FromRow)]
pub(super) struct ConnectionRow {
    pub(super) id: Uuid,
    pub(super) environment_id: Uuid,
    identifier: String,
    integration_id: Uuid,
    integration_identifier: String,
    provider: String,
    subscriber_id: Option<String>,
    context_keys: String,
    workspace_id: String,
    workspace_name: Option<String>,
    bot_user_id: Option<String>,
    generation: i64,
    created_at: i64,
    updated_at: i64,
}

impl ConnectionRow {
    pub(super) fn with_credentials(
        self,
        credentials: Vec<SealedCredential>,
    ) -> Result<ChannelConnection, StoreError> {
        Ok(ChannelConnection {
            id: ConnectionId(self.id),
            environment_id: EnvironmentId(self.environment_id),
            identifier: of("identifier").parse(&self.identifier)?,
            integration_id: IntegrationId(self.integration_id),
            integration_identifier: self.integration_identifier,
            provider: column("integrations", "provider").parse(&self.provider)?,
            owner: Owner {
                subscriber_id: of("subscriber_id").parse_optional(self.subscriber_id)?,
                context_keys: of("context_keys").json(&self.context_keys)?,
            },
            workspace: Workspace {
                id: self.workspace_id,
                name: self.workspace_name,
                bot_user_id: self.bot_user_id,
            },
            credentials,
            generation: of("generation").generation(self.generation)?,
            created_at: of("created_at").time(self.created_at)?,
            updated_at: of("updated_at").time(self.updated_at)?,
        })
    }
}

#[derive(FromRow)]
pub(super) struct CredentialRow {
    pub(super) connection_id: Uuid,
    kind: String,
    access_token: Vec<u8>,
    refresh_token: Option<Vec<u8>>,
    scopes: String,
    expires_at: Option<i64>,
}

impl TryFrom<CredentialRow> for SealedCredential {
    type Error = StoreError;

    fn try_from(row: CredentialRow) -> Result<Self, StoreError> {
        let of = |name| column("connection_credentials", name);
        Ok(Self {
            kind: of("kind").parse(&row.kind)?,
            access_token: Sealed(row.access_token),
            refresh_token: row.refresh_token.map(Sealed),
            scopes: of("scopes").json(&row.scopes)?,
            expires_at: of("expires_at").optional_time(row.expires_at)?,
        })
    }
}

fn of(name: &'static str) -> Column {
    column("connections", name)
}
