//! Rows of `connections` and `connection_credentials`.

use sqlx::FromRow;
use tieline_domain::{
    attempt::Failure,
    connection::{ChannelConnection, Health, Owner, SealedCredential, Upkeep, Workspace},
    id::{ConnectionId, EnvironmentId, IntegrationId},
    ports::{LeadingConnection, StoreError},
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
    health_standing: String,
    failure_reason: Option<String>,
    failure_provider_error: Option<String>,
    health_since: i64,
    proved_at: Option<i64>,
    due_at: Option<i64>,
    failures: i64,
    lease_epoch: i64,
    leased_until: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

impl ConnectionRow {
    pub(super) fn with_credentials(
        self,
        credentials: Vec<SealedCredential>,
    ) -> Result<ChannelConnection, StoreError> {
        let (health, upkeep) = (self.health()?, self.upkeep()?);
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
            health,
            upkeep,
            created_at: of("created_at").time(self.created_at)?,
            updated_at: of("updated_at").time(self.updated_at)?,
        })
    }

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

/// A connection that leads to an account.
#[derive(FromRow)]
pub(super) struct LeadingRow {
    environment_id: Uuid,
    identifier: String,
    integration_id: Uuid,
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

fn of(name: &'static str) -> Column {
    column("connections", name)
}
