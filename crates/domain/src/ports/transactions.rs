//! Several writes that are seen together or not at all.

use async_trait::async_trait;

use crate::ports::{StoreError, Stores};

/// Begins transactions. For writes of several stores that belong together; a single method of a
/// store is whole without.
#[async_trait]
pub trait Transactions: Send + Sync {
    /// Begins a transaction. Storage with one writer makes the caller wait for its turn, and all
    /// other writers for the transaction's end: nothing slow belongs into it, no provider above
    /// all. Whoever only reads outside of it waits for nobody.
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError>;
}

/// A transaction. Dropped without [`Self::commit`], it leaves nothing behind.
#[async_trait]
pub trait Transaction: Send + Sync {
    /// The stores in it. They see what was written in it, which nobody else does before the
    /// commit. A write that is refused or fails leaves what was written before it as it was.
    /// After the transaction's end all of them are [`StoreError::Unavailable`].
    fn stores(&self) -> &Stores;

    /// Makes everything that was written in it durable and seen by all, or, where it fails,
    /// nothing of it.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}
