//! Health and upkeep of connections.

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    connection::{ChannelConnection, Lease},
    id::{EnvironmentId, IntegrationId},
    ports::{StoreError, UpkeepStore},
};

use super::{MemoryStorage, connection_store::read, tables::Tables};

#[async_trait]
impl UpkeepStore for MemoryStorage {
    async fn list_due(
        &self,
        now: Timestamp,
        paused: &[IntegrationId],
        limit: u32,
    ) -> Result<Vec<ChannelConnection>, StoreError> {
        self.read(|tables| {
            let due = tables.connections.rows().filter(|c| {
                c.upkeep.due_at.is_some_and(|due_at| due_at <= now)
                    && !is_in_hand(c, now)
                    && !paused.contains(&c.integration_id)
            });
            let mut due: Vec<_> = due.collect();
            due.sort_unstable_by_key(|c| (c.upkeep.due_at, c.id));
            let due = due.into_iter().take(limit as usize);
            due.map(|row| read(tables, row)).collect()
        })
    }

    async fn lease(
        &self,
        connection: &ChannelConnection,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Lease>, StoreError> {
        self.write(|tables| {
            let (generation, epoch) = (connection.generation, connection.upkeep.epoch);
            let row = find_mut(tables, connection, generation, epoch);
            let Some(row) = row.filter(|row| !is_in_hand(row, now)) else {
                return Ok(None);
            };
            row.upkeep.epoch += 1;
            row.upkeep.leased_until = Some(until);
            row.upkeep.due_at = row.upkeep.due_at.map(|due_at| due_at.min(until));
            Ok(Some(Lease {
                connection: row.id,
                generation,
                epoch: row.upkeep.epoch,
            }))
        })
        .await
    }

    async fn settle(
        &self,
        lease: &Lease,
        connection: &ChannelConnection,
    ) -> Result<bool, StoreError> {
        self.write(|tables| {
            let row = find_mut(tables, connection, lease.generation, lease.epoch);
            let Some(row) = row.filter(|row| row.id == lease.connection) else {
                return Ok(false);
            };
            if connection.generation == lease.generation + 1 {
                row.credentials.clone_from(&connection.credentials);
                row.generation = connection.generation;
                row.updated_at = connection.updated_at;
            }
            row.health = connection.health.clone();
            row.upkeep.due_at = connection.upkeep.due_at;
            row.upkeep.failures = connection.upkeep.failures;
            row.upkeep.leased_until = None;
            Ok(true)
        })
        .await
    }

    async fn mark(&self, connection: &ChannelConnection) -> Result<bool, StoreError> {
        self.write(|tables| {
            let (generation, epoch) = (connection.generation, connection.upkeep.epoch);
            let Some(row) = find_mut(tables, connection, generation, epoch) else {
                return Ok(false);
            };
            row.health = connection.health.clone();
            row.upkeep.due_at = connection.upkeep.due_at;
            row.upkeep.epoch += 1;
            row.upkeep.leased_until = None;
            Ok(true)
        })
        .await
    }

    async fn hasten(
        &self,
        environment: EnvironmentId,
        integration: IntegrationId,
        due_at: Timestamp,
    ) -> Result<u64, StoreError> {
        self.write(|tables| {
            let own = tables.connections.rows().filter(|c| {
                c.environment_id == environment
                    && c.integration_id == integration
                    && !c.health.has_ended()
            });
            let own: Vec<_> = own.map(|c| c.id).collect();
            for id in &own {
                if let Some(row) = tables.connections.get_mut(id) {
                    row.upkeep.due_at = row.upkeep.due_at.into_iter().chain([due_at]).min();
                }
            }
            Ok(own.len() as u64)
        })
        .await
    }
}

/// The stored connection of this environment and id, if it has this generation and epoch.
fn find_mut<'a>(
    tables: &'a mut Tables,
    read: &ChannelConnection,
    generation: u64,
    epoch: u64,
) -> Option<&'a mut ChannelConnection> {
    tables.connections.get_mut(&read.id).filter(|c| {
        c.environment_id == read.environment_id
            && c.generation == generation
            && c.upkeep.epoch == epoch
    })
}

fn is_in_hand(connection: &ChannelConnection, now: Timestamp) -> bool {
    connection
        .upkeep
        .leased_until
        .is_some_and(|until| until > now)
}
