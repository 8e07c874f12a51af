//! Where answers are kept for their repetition.

use std::slice;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    id::EnvironmentId,
    idempotency::{IdempotencyRecord, IdempotencyScope},
    ports::StoreError,
    sealed::Sealed,
};

/// The answer to a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdempotencyClaim {
    /// The key was free; the record is stored.
    New,
    /// The key is taken by this record, which has not expired.
    Taken(Box<IdempotencyRecord>),
}

/// How far a deletion came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// How many were deleted.
    pub count: u64,
    /// Whether there may be more to delete.
    pub more: bool,
}

impl Deletion {
    /// Of so many, when no more than `limit` could be deleted.
    #[must_use]
    pub fn of(count: u64, limit: u32) -> Self {
        Self {
            count,
            more: count >= u64::from(limit),
        }
    }
}

/// Keeps answers under idempotency keys.
#[async_trait]
pub trait IdempotencyStore: Send + Sync {
    /// Stores each record unless its scope holds one that has not expired at `now`; a record has
    /// expired from its `expires_at` on, that instant included. Of any number of
    /// callers exactly one stores; the others get what it stored.
    ///
    /// Of a caller's own records no two have the same scope. Answers in their order; one that
    /// cannot be stored is no hindrance to the others.
    async fn claim_all(
        &self,
        records: &[IdempotencyRecord],
        now: Timestamp,
    ) -> Result<Vec<Result<IdempotencyClaim, StoreError>>, StoreError>;

    /// As [`Self::claim_all`], for a single one.
    async fn claim(
        &self,
        record: &IdempotencyRecord,
        now: Timestamp,
    ) -> Result<IdempotencyClaim, StoreError> {
        let claims = self.claim_all(slice::from_ref(record), now).await?;
        let missing = || Err(StoreError::Unavailable("the claim was not answered".into()));
        claims.into_iter().next().unwrap_or_else(missing)
    }

    /// Replaces the answer of a record that is stored; answers whether it is. For a record that
    /// was claimed in the same transaction, before its answer was known: whoever claims the same
    /// scope meanwhile waits for the transaction's end.
    async fn answer(&self, scope: &IdempotencyScope, response: &Sealed)
    -> Result<bool, StoreError>;

    /// The environment's records, expired ones among them: at most `limit`, which come behind
    /// `after`. The first to expire come first, those of one instant by key hash and route, byte
    /// by byte.
    async fn list(
        &self,
        environment: EnvironmentId,
        after: Option<&IdempotencyRecord>,
        limit: u32,
    ) -> Result<Vec<IdempotencyRecord>, StoreError>;

    /// Deletes at most `limit` records that have expired at `now`.
    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<Deletion, StoreError>;
}
