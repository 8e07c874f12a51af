//! Rows of `connections` with those of `connection_credentials`.

use tieline_domain::{
    connection::{ChannelConnection, Owner, SealedCredential, Workspace},
    id::{ConnectionId, EnvironmentId, IntegrationId},
    ports::StoreError,
    sealed::Sealed,
};
use uuid::Uuid;

use crate::column::{Column, column};

/// A connection with one of its credentials, if it has any.
#[derive(Debug)]
pub(super) struct ConnectionRow {
    pub(super) id: Uuid,
    pub(super) environment_id: Uuid,
    pub(super) identifier: String,
    pub(super) integration_id: Uuid,
    pub(super) integration_identifier: String,
    pub(super) provider: String,
    pub(super) subscriber_id: Option<String>,
    pub(super) context_keys: Vec<String>,
    pub(super) workspace_id: String,
    pub(super) workspace_name: Option<String>,
    pub(super) bot_user_id: Option<String>,
    pub(super) generation: i64,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
    pub(super) kind: Option<String>,
    pub(super) access_token: Option<Vec<u8>>,
    pub(super) refresh_token: Option<Vec<u8>>,
    pub(super) scopes: Option<String>,
    pub(super) expires_at: Option<i64>,
}

/// The connections of rows that are in the order of their connections.
pub(super) fn gather(rows: Vec<ConnectionRow>) -> Result<Vec<ChannelConnection>, StoreError> {
    let mut connections: Vec<ChannelConnection> = Vec::new();
    for mut row in rows {
        let credential = row.take_credential()?;
        match connections.last_mut() {
            Some(last) if last.id.0 == row.id => last.credentials.extend(credential),
            _ => {
                let mut connection = ChannelConnection::try_from(row)?;
                connection.credentials.extend(credential);
                connections.push(connection);
            }
        }
    }
    Ok(connections)
}

impl ConnectionRow {
    fn take_credential(&mut self) -> Result<Option<SealedCredential>, StoreError> {
        let of = |name| column("connection_credentials", name);
        let Some(kind) = &self.kind else {
            return Ok(None);
        };
        Ok(Some(SealedCredential {
            kind: of("kind").parse(kind)?,
            access_token: Sealed(self.access_token.take().unwrap_or_default()),
            refresh_token: self.refresh_token.take().map(Sealed),
            scopes: of("scopes").json(self.scopes.as_deref().unwrap_or_default())?,
            expires_at: of("expires_at").optional_time(self.expires_at)?,
        }))
    }
}

/// Without its credentials.
impl TryFrom<ConnectionRow> for ChannelConnection {
    type Error = StoreError;

    fn try_from(row: ConnectionRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: ConnectionId(row.id),
            environment_id: EnvironmentId(row.environment_id),
            identifier: of("identifier").parse(&row.identifier)?,
            integration_id: IntegrationId(row.integration_id),
            integration_identifier: row.integration_identifier,
            provider: column("integrations", "provider").parse(&row.provider)?,
            owner: Owner {
                subscriber_id: of("subscriber_id").parse_optional(row.subscriber_id)?,
                context_keys: of("context_keys").keys(&row.context_keys)?,
            },
            workspace: Workspace {
                id: row.workspace_id,
                name: row.workspace_name,
                bot_user_id: row.bot_user_id,
            },
            credentials: Vec::new(),
            generation: of("generation").generation(row.generation)?,
            created_at: of("created_at").time(row.created_at)?,
            updated_at: of("updated_at").time(row.updated_at)?,
        })
    }
}

fn of(name: &'static str) -> Column {
    column("connections", name)
}
