//! Rows of `connections` with those of `connection_credentials`.

use tieline_domain::{
    attempt::Failure,
    connection::{ChannelConnection, Health, Owner, SealedCredential, Upkeep, Workspace},
    id::{ConnectionId, EnvironmentId, IntegrationId},
    ports::{LeadingConnection, StoreError},
    sealed::Sealed,
};
use uuid::Uuid;

use crate::column::{Column, column};

/// A connection with one of its credentials, if it has any.
#[derive(Debug)]
pub(crate) struct ConnectionRow {
    pub(crate) id: Uuid,
    pub(crate) environment_id: Uuid,
    pub(crate) identifier: String,
    pub(crate) integration_id: Uuid,
    pub(crate) integration_identifier: String,
    pub(crate) provider: String,
    pub(crate) subscriber_id: Option<String>,
    pub(crate) context_keys: Vec<String>,
    pub(crate) workspace_id: String,
    pub(crate) workspace_name: Option<String>,
    pub(crate) bot_user_id: Option<String>,
    pub(crate) generation: i64,
    pub(crate) health_standing: String,
    pub(crate) failure_reason: Option<String>,
    pub(crate) failure_provider_error: Option<String>,
    pub(crate) health_since: i64,
    pub(crate) proved_at: Option<i64>,
    pub(crate) due_at: Option<i64>,
    pub(crate) failures: i64,
    pub(crate) lease_epoch: i64,
    pub(crate) leased_until: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) kind: Option<String>,
    pub(crate) access_token: Option<Vec<u8>>,
    pub(crate) refresh_token: Option<Vec<u8>>,
    pub(crate) scopes: Option<String>,
    pub(crate) expires_at: Option<i64>,
}

/// A connection that leads to an account.
#[derive(Debug)]
pub(super) struct LeadingRow {
    pub(super) environment_id: Uuid,
    pub(super) identifier: String,
    pub(super) integration_id: Uuid,
}

impl TryFrom<LeadingRow> for LeadingConnection {
    type Error = StoreError;

    fn try_from(row: LeadingRow) -> Result<Self, StoreError> {
        Ok(Self {
            environment_id: EnvironmentId(row.environment_id),
            identifier: of("identifier").parse(&row.identifier)?,
            integration_id: IntegrationId(row.integration_id),
        })
    }
}

/// The connections of rows that are in the order of their connections.
pub(crate) fn gather(rows: Vec<ConnectionRow>) -> Result<Vec<ChannelConnection>, StoreError> {
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
    fn health(&self) -> Result<Health, StoreError> {
        let reason = self.failure_reason.as_deref();
        let reason = reason.map(|code| of("failure_reason").reason(code));
        Ok(Health {
            standing: of("health_standing").parse(&self.health_standing)?,
            failure: reason.transpose()?.map(|reason| Failure {
                reason,
                provider_error: self.failure_provider_error.clone(),
            }),
            since: of("health_since").time(self.health_since)?,
            proved_at: of("proved_at").optional_time(self.proved_at)?,
        })
    }

    fn upkeep(&self) -> Result<Upkeep, StoreError> {
        Ok(Upkeep {
            due_at: of("due_at").optional_time(self.due_at)?,
            failures: of("failures").count(self.failures)?,
            epoch: of("lease_epoch").generation(self.lease_epoch)?,
            leased_until: of("leased_until").optional_time(self.leased_until)?,
        })
    }

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
        let (health, upkeep) = (row.health()?, row.upkeep()?);
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
            health,
            upkeep,
            created_at: of("created_at").time(row.created_at)?,
            updated_at: of("updated_at").time(row.updated_at)?,
        })
    }
}

fn of(name: &'static str) -> Column {
    column("connections", name)
}
