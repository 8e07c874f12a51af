//! Which connections are to be looked after now.

use crate::{broker::Broker, connection::ChannelConnection, ports::StoreError};

impl Broker {
    /// At most `limit` connections that are due, the longest due first, as far as their providers
    /// may be asked: each integration has a budget, and what goes beyond it, or what its provider
    /// refused for the moment, waits and lets others pass. Each is to be handed to
    /// [`Self::look_after`].
    pub async fn plan_upkeep(&self, limit: u32) -> Result<Vec<ChannelConnection>, StoreError> {
        let now = self.clock.now();
        let paused = self.pauses.list(now);
        let due = self.stores.upkeep.list_due(now, &paused, limit).await?;
        let mut planned = Vec::with_capacity(due.len());
        for connection in due {
            if self.may_ask(&connection).await {
                planned.push(connection);
            }
        }
        Ok(planned)
    }

    async fn may_ask(&self, connection: &ChannelConnection) -> bool {
        let (integration, now) = (connection.integration_id, self.clock.now());
        if self.pauses.is_paused(integration, now) {
            return false;
        }
        let key = format!("upkeep:{integration}");
        let allowance = self.limiter.take(&key, self.upkeep_budget, now).await;
        if !allowance.allowed {
            self.pauses.pause(integration, now + allowance.retry_after);
        }
        allowance.allowed
    }
}
