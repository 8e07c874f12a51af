//! What every route works with.

use std::{fmt, future::Future, sync::Arc};

use tieline_domain::{
    broker::Broker,
    ports::{CursorSealer, StoreError},
    reason::Reason,
    usecase::UseCaseError,
};
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::{
    client::TrustedProxies,
    load::{Place, WorkLimit},
    lockout::Lockout,
    paging::Totals,
    rate_limit::RateLimits,
};

/// The same for all routes: each request clones it.
pub(crate) type SharedApi = Arc<Api>;

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
    /// How long lists are.
    pub totals: Totals,
    /// Whose word counts on where a request comes from.
    pub proxies: TrustedProxies,
    /// Says whether the database is there and its schema the right one.
    pub readiness: Arc<dyn Readiness>,
    /// The tasks that outlive their requests; a shutdown waits for them.
    pub tasks: TaskTracker,
}

impl Api {
    /// Does `work` on a task of its own, which holds the request's place until then: what began
    /// must end, whatever becomes of the request.
    pub(crate) async fn to_its_end<T: Send + 'static>(
        &self,
        place: Place,
        work: impl Future<Output = Result<T, UseCaseError>> + Send + 'static,
    ) -> Result<T, UseCaseError> {
        let held = async move {
            let _held = place;
            work.await
        };
        let ended = self.tasks.spawn(held.in_current_span()).await;
        ended.unwrap_or(Err(Reason::Internal.into()))
    }
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
