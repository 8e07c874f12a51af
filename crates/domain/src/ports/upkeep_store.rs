//! Where it is kept when connections are to be looked after, and who is at it.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    connection::{ChannelConnection, Lease},
    id::{EnvironmentId, IntegrationId},
    ports::StoreError,
};

/// Keeps health and upkeep of connections, which [`crate::ports::ConnectionStore`] shows. There
/// they are written along with a connection: as they are given with one that is new. With one that
/// is replaced, health and due time are; a new epoch begins, nobody has it in hand any more, and it
/// has not failed yet, whatever it is given with.
#[async_trait]
pub trait UpkeepStore: Send + Sync {
    /// Connections of all environments that are due at `now` and that nobody has in hand then, the
    /// longest due first, at most `limit`. Those of the integrations in `paused` are left out.
    async fn list_due(
        &self,
        now: Timestamp,
        paused: &[IntegrationId],
        limit: u32,
    ) -> Result<Vec<ChannelConnection>, StoreError>;

    /// Takes a connection in hand until `until`, unless somebody has it in hand at `now` or it is
    /// not as it was read: its generation and epoch are those that are given. Of many at once one
    /// gets it; a new epoch begins, and is durable when this returns. What was due later is due at
    /// `until`: nobody else knows by then how far it came.
    async fn lease(
        &self,
        connection: &ChannelConnection,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Lease>, StoreError>;

    /// Gives a connection back with the health, the due time and the failures that it is given
    /// with. Where its generation is one more than the lease's, tokens and `updated_at` are
    /// replaced as well. Nothing is written, and `false` is answered, where the lease is another
    /// connection's, or its epoch or generation are no longer the stored ones: one that ran out and
    /// that nobody took is as good as any. All or nothing, and durable when this returns.
    async fn settle(
        &self,
        lease: &Lease,
        connection: &ChannelConnection,
    ) -> Result<bool, StoreError>;

    /// Writes health and due time of a connection that is as it was read, in generation and epoch,
    /// and takes it out of whosever hands it is in: a new epoch begins. Answers whether it did.
    async fn mark(&self, connection: &ChannelConnection) -> Result<bool, StoreError>;

    /// Makes the connections of an integration due at `due_at` or, where that is earlier, when
    /// they are anyway. Ended ones stay as they are. Answers how many there are.
    async fn hasten(
        &self,
        environment: EnvironmentId,
        integration: IntegrationId,
        due_at: Timestamp,
    ) -> Result<u64, StoreError>;
}
