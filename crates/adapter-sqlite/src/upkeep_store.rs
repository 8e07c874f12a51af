//! [`UpkeepStore`] on SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    connection::{ChannelConnection, Lease, Standing},
    id::{EnvironmentId, IntegrationId},
    ports::{StoreError, UpkeepStore},
};

use crate::{connection_store, database::Access, error::unavailable};

mod write;

/// Keeps health and upkeep of connections in SQLite.
#[derive(Clone, Debug)]
pub struct SqliteUpkeepStore {
    pub(crate) access: Access,
}

#[async_trait]
impl UpkeepStore for SqliteUpkeepStore {
    async fn list_due(
        &self,
        now: Timestamp,
        paused: &[IntegrationId],
        limit: u32,
    ) -> Result<Vec<ChannelConnection>, StoreError> {
        let mut query = connection_store::select();
        query
            .push("connections.due_at <= ")
            .push_bind(now.as_microsecond());
        query
            .push(" AND (connections.leased_until IS NULL OR connections.leased_until <= ")
            .push_bind(now.as_microsecond());
        query.push(") AND connections.integration_id NOT IN (");
        let mut ids = query.separated(", ");
        for integration in paused {
            ids.push_bind(integration.0);
        }
        query.push(") ORDER BY connections.due_at, connections.id LIMIT ");
        query.push_bind(limit);
        let mut tx = self.access.begin_read().await?;
        connection_store::fetch(&mut tx, query).await
    }

    async fn lease(
        &self,
        connection: &ChannelConnection,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Lease>, StoreError> {
        let mut db = self.access.writer().await?;
        let leased = write::lease(&mut db, connection, now, until).await;
        Ok(leased.map_err(unavailable)?.then(|| Lease {
            connection: connection.id,
            generation: connection.generation,
            epoch: connection.upkeep.epoch + 1,
        }))
    }

    async fn settle(
        &self,
        lease: &Lease,
        connection: &ChannelConnection,
    ) -> Result<bool, StoreError> {
        if lease.connection != connection.id {
            return Ok(false);
        }
        let mut tx = self.access.begin_write().await?;
        let settled = write::settle(&mut tx, lease, connection).await;
        if !settled.map_err(unavailable)? {
            return Ok(false);
        }
        if write::is_renewed(lease, connection) {
            connection_store::replace_credentials(&mut tx, connection)
                .await
                .map_err(unavailable)?;
        }
        tx.commit().await.map_err(unavailable)?;
        Ok(true)
    }

    async fn mark(&self, connection: &ChannelConnection) -> Result<bool, StoreError> {
        let mut db = self.access.writer().await?;
        write::mark(&mut db, connection).await.map_err(unavailable)
    }

    async fn hasten(
        &self,
        environment: EnvironmentId,
        integration: IntegrationId,
        due_at: Timestamp,
    ) -> Result<u64, StoreError> {
        let result = sqlx::query(
            "UPDATE connections SET due_at = min(coalesce(due_at, ?1), ?1)
             WHERE environment_id = ?2 AND integration_id = ?3
                 AND health_standing NOT IN (?4, ?5)",
        )
        .bind(due_at.as_microsecond())
        .bind(environment.0)
        .bind(integration.0)
        .bind(Standing::ReauthRequired.as_str())
        .bind(Standing::Revoked.as_str())
        .execute(&mut *self.access.writer().await?)
        .await
        .map_err(unavailable)?;
        Ok(result.rows_affected())
    }
}
