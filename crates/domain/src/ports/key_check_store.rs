//! Where it is kept which sealing key the stored secrets need.

use async_trait::async_trait;

use crate::{ports::StoreError, sealed::Sealed};

/// Keeps one sealed value by which a start with a wrong key is noticed before anything is written.
#[async_trait]
pub trait KeyCheckStore: Send + Sync {
    /// The value, if one was stored.
    async fn find(&self) -> Result<Option<Sealed>, StoreError>;

    /// Stores the value unless there is one; answers the one that is stored now.
    async fn insert(&self, check: &Sealed) -> Result<Sealed, StoreError>;
}
