//! Health and upkeep of connections.

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    connection::{ChannelConnection, Lease},
    id::{EnvironmentId, IntegrationId},
    ports::{StoreError, UpkeepStore},
};

use super::{MemoryStorage, Tables};

#[async_trait]
impl UpkeepStore for MemoryStorage {
    async fn list_due(
        &self,
        now: Timestamp,
        paused: &[IntegrationId],
        limit: u32,
    ) -> Result<Vec<ChannelConnection>, StoreError> {
        let tables = self.tables().await?;
        let due = tables.connections.iter().filter(|c| {
            c.upkeep.due_at.is_some_and(|due_at| due_at <= now)
                && !is_in_hand(c, now)
                && !paused.contains(&c.integration_id)
        });
        let mut due: Vec<_> = due.cloned().collect();
        due.sort_by_key(|c| (c.upkeep.due_at, c.id));
        due.truncate(limit as usize);
        Ok(due)
    }

    async fn lease(
        &self,
        connection: &ChannelConnection,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Lease>, StoreError> {
        let mut tables = self.tables().await?;
        let (generation, epoch) = (connection.generation, connection.upkeep.epoch);
        let stored = tables.connection(connection, generation, epoch);
        let Some(stored) = stored.filter(|stored| !is_in_hand(stored, now)) else {
            return Ok(None);
        };
        stored.upkeep.epoch += 1;
        stored.upkeep.leased_until = Some(until);
        Ok(Some(Lease {
            connection: stored.id,
            generation,
            epoch: stored.upkeep.epoch,
        }))
    }

    async fn settle(
        &self,
        lease: &Lease,
        connection: &ChannelConnection,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables().await?;
        let stored = tables.connection(connection, lease.generation, lease.epoch);
        let Some(stored) = stored.filter(|stored| stored.id == lease.connection) else {
            return Ok(false);
        };
        if connection.generation == lease.generation + 1 {
            stored.credentials.clone_from(&connection.credentials);
            stored.generation = connection.generation;
            stored.updated_at = connection.updated_at;
        }
        stored.health = connection.health.clone();
        stored.upkeep.due_at = connection.upkeep.due_at;
        stored.upkeep.failures = connection.upkeep.failures;
        stored.upkeep.leased_until = None;
        Ok(true)
    }

    async fn mark(&self, connection: &ChannelConnection) -> Result<bool, StoreError> {
        let mut tables = self.tables().await?;
        let (generation, epoch) = (connection.generation, connection.upkeep.epoch);
        let Some(stored) = tables.connection(connection, generation, epoch) else {
            return Ok(false);
        };
        stored.health = connection.health.clone();
        stored.upkeep.due_at = connection.upkeep.due_at;
        stored.upkeep.epoch += 1;
        stored.upkeep.leased_until = None;
        Ok(true)
    }

    async fn hasten(
        &self,
        environment: EnvironmentId,
        integration: IntegrationId,
        due_at: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut tables = self.tables().await?;
        let mut hastened = 0;
        let own = |c: &&mut ChannelConnection| {
            c.environment_id == environment
                && c.integration_id == integration
                && !c.health.has_ended()
        };
        for connection in tables.connections.iter_mut().filter(own) {
            let earlier = connection.upkeep.due_at.into_iter().chain([due_at]).min();
            connection.upkeep.due_at = earlier;
            hastened += 1;
        }
        Ok(hastened)
    }
}

impl Tables {
    /// The stored connection of this environment and id, if it has this generation and epoch.
    fn connection(
        &mut self,
        read: &ChannelConnection,
        generation: u64,
        epoch: u64,
    ) -> Option<&mut ChannelConnection> {
        self.connections.iter_mut().find(|c| {
            c.environment_id == read.environment_id
                && c.id == read.id
                && c.generation == generation
                && c.upkeep.epoch == epoch
        })
    }
}

fn is_in_hand(connection: &ChannelConnection, now: Timestamp) -> bool {
    connection
        .upkeep
        .leased_until
        .is_some_and(|until| until > now)
}
