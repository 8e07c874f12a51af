//! Telling all nodes what changed, so that they forget what they remember of it.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{context::ContextKey, id::EnvironmentId, subscriber::SubscriberId};

/// What changed, of what [`crate::ports::Lookups`] may remember.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Change {
    /// A key of this environment died, or will.
    ApiKeys(EnvironmentId),
    /// An integration of this environment changed or went.
    Integrations(EnvironmentId),
    /// This subscriber went.
    Subscriber(EnvironmentId, SubscriberId),
    /// This context went.
    Context(EnvironmentId, ContextKey),
}

/// Tells all nodes, this one included, what changed.
#[async_trait]
pub trait ChangeFeed: Send + Sync {
    /// Tells of a change that is committed. Quick, and at its best effort: a node that does not
    /// hear of it forgets by itself within seconds.
    async fn publish(&self, change: Change);
}

/// Where nobody remembers anything, nobody has to be told.
#[async_trait]
impl ChangeFeed for () {
    async fn publish(&self, _: Change) {}
}

/// Hears what other nodes tell. Both are quick and never fail.
pub trait ChangeListener: Send + Sync {
    /// Something changed.
    fn changed(&self, change: &Change);

    /// Something may have changed without our hearing of it: nobody can say what.
    fn missed(&self);
}
