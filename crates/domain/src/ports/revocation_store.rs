//! Where revocations are kept.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    id::{EnvironmentId, RevocationId},
    page::{Page, PageRequest},
    ports::StoreError,
    revocation::Revocation,
};

/// Keeps revocations. They outlive what they name, and refer to nothing but their environment.
#[async_trait]
pub trait RevocationStore: Send + Sync {
    /// Adds a revocation; fails if its id is there already.
    async fn insert(&self, revocation: &Revocation) -> Result<(), StoreError>;

    /// The environment's revocation with this id.
    async fn find(
        &self,
        environment: EnvironmentId,
        id: RevocationId,
    ) -> Result<Option<Revocation>, StoreError>;

    /// A page of the environment's revocations.
    async fn list(
        &self,
        environment: EnvironmentId,
        page: &PageRequest,
    ) -> Result<Page<Revocation>, StoreError>;

    /// Takes at most `limit` revocations of all environments that are due at `now`, the longest
    /// due first, and makes each due again at `until`: of many at once each gets others. They are
    /// answered as they were, with one try more.
    async fn claim_due(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Revocation>, StoreError>;

    /// Writes items, secrets and times of a revocation that nobody took since it was read, as its
    /// `tries` tell: the stored ones are those that are given. Answers whether it did.
    async fn update(&self, revocation: &Revocation) -> Result<bool, StoreError>;

    /// Deletes at most `limit` revocations that ended, and last moved before `before`; answers how
    /// many.
    async fn delete_ended(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
