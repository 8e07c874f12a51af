//! What every route works with.

use std::{fmt, sync::Arc};

use tieline_domain::{
    broker::Broker,
    ports::{CursorSealer, StoreError},
};
use tokio_util::task::TaskTracker;

use crate::{client::TrustedProxies, load::WorkLimit, lockout::Lockout, rate_limit::RateLimits};

/// What every route works with.
#[derive(Clone)]
pub struct Api {
    /// The use cases.
    pub broker: Broker,
    /// Makes cursors.
    pub cursors: Arc<dyn CursorSealer>,
    /// How much may be asked.
    pub limits: RateLimits,
    /// Who is not asked for a key any more.
    pub lockout: Lockout,
    /// How much is worked on at once.
    pub work: WorkLimit,
    /// Whose word counts on where a request comes from.
    pub proxies: TrustedProxies,
    /// Says whether the database is there and its schema the right one.
    pub readiness: Arc<dyn Readiness>,
    /// The tasks of callbacks, which outlive their requests; a shutdown waits for them.
    pub tasks: TaskTracker,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("broker", &self.broker)
            .finish_non_exhaustive()
    }
}

/// Whether the process can do its work.
#[async_trait::async_trait]
pub trait Readiness: Send + Sync {
    /// Asks the database.
    async fn check(&self) -> Result<(), StoreError>;
}
