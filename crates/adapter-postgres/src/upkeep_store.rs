//! [`UpkeepStore`] on Postgres.

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    connection::{ChannelConnection, Lease, Standing},
    id::{EnvironmentId, IntegrationId},
    ports::{StoreError, UpkeepStore},
};

use crate::{
    connection_store::{self, ConnectionRow},
    database::Access,
    error::{retried, unavailable},
};

mod write;

/// Keeps health and upkeep of connections in Postgres.
#[derive(Clone, Debug)]
pub struct PgUpkeepStore {
    pub(crate) access: Access,
}

#[async_trait]
impl UpkeepStore for PgUpkeepStore {
    async fn list_due(
        &self,
        now: Timestamp,
        paused: &[IntegrationId],
        limit: u32,
    ) -> Result<Vec<ChannelConnection>, StoreError> {
        let paused: Vec<_> = paused.iter().map(|integration| integration.0).collect();
        let rows = select_connections!(
            ["connections.id = ANY (ARRAY (
                     SELECT due.id FROM connections AS due
                     WHERE due.due_at <= $1 AND (due.leased_until IS NULL OR due.leased_until <= $1)
                         AND due.integration_id <> ALL ($2)
                     ORDER BY due.due_at, due.id LIMIT $3))
                 ORDER BY connections.due_at, connections.id, connection_credentials.kind"],
            now.as_microsecond(),
            &paused,
            i64::from(limit)
        )
        .fetch_all(&mut self.access.reader().await?)
        .await
        .map_err(unavailable)?;
        connection_store::gather(rows)
    }

    async fn lease(
        &self,
        connection: &ChannelConnection,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Lease>, StoreError> {
        let mut session = self.access.writer().await?;
        let leased = write::lease(&mut session, connection, now, until).await;
        let leased = leased.map_err(unavailable)?;
        session.commit().await.map_err(unavailable)?;
        Ok(leased.then(|| Lease {
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
        retried(|| async {
            let mut session = self.access.begin_write().await?;
            let settled = write::settle(&mut session, lease, connection).await;
            if !settled.map_err(unavailable)? {
                return Ok(false);
            }
            if write::is_renewed(lease, connection) {
                connection_store::replace_credentials(&mut session, connection)
                    .await
                    .map_err(unavailable)?;
            }
            session.commit().await.map_err(unavailable)?;
            Ok(true)
        })
        .await
    }

    async fn mark(&self, connection: &ChannelConnection) -> Result<bool, StoreError> {
        let mut session = self.access.writer().await?;
        let marked = write::mark(&mut session, connection).await;
        let marked = marked.map_err(unavailable)?;
        session.commit().await.map_err(unavailable)?;
        Ok(marked)
    }

    async fn hasten(
        &self,
        environment: EnvironmentId,
        integration: IntegrationId,
        due_at: Timestamp,
    ) -> Result<u64, StoreError> {
        // It locks many, in any order: two at once may each wait for the other.
        retried(|| async {
            let mut session = self.access.writer().await?;
            let result = sqlx::query!(
                "UPDATE connections SET due_at = least(due_at, $1)
                 WHERE environment_id = $2 AND integration_id = $3
                     AND health_standing NOT IN ($4, $5)",
                due_at.as_microsecond(),
                environment.0,
                integration.0,
                Standing::ReauthRequired.as_str(),
                Standing::Revoked.as_str()
            )
            .execute(&mut session)
            .await
            .map_err(unavailable)?;
            session.commit().await.map_err(unavailable)?;
            Ok(result.rows_affected())
        })
        .await
    }
}
