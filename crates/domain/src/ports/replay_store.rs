//! Where the answers of requests without an effect are kept for their repetition.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    idempotency::IdempotencyRecord,
    ports::{IdempotencyClaim, IdempotencyStore, StoreError},
};

/// Keeps answers to requests that have no effect, such as minted URLs: where one is lost, a
/// repetition gets another answer that is just as good. So it may stand on memory that forgets.
#[async_trait]
pub trait ReplayStore: Send + Sync {
    /// As [`IdempotencyStore::claim`], as long as nothing is lost.
    async fn claim(
        &self,
        record: &IdempotencyRecord,
        now: Timestamp,
    ) -> Result<IdempotencyClaim, StoreError>;
}

/// On a store that does not forget.
#[async_trait]
impl ReplayStore for Arc<dyn IdempotencyStore> {
    async fn claim(
        &self,
        record: &IdempotencyRecord,
        now: Timestamp,
    ) -> Result<IdempotencyClaim, StoreError> {
        (**self).claim(record, now).await
    }
}
