//! All that is sealed, wherever it is stored.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    idempotency::IdempotencyScope,
    ports::StoreError,
    sealed::{KeyId, Sealed, SealedColumn, SealedPlace},
};

/// A row that holds a sealed value of a column.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SealedRow {
    /// The one with this id: of an integration, a connection, an endpoint, an API key.
    Id(Uuid),
    /// The answer under this idempotency key.
    Answer(IdempotencyScope),
    /// The only one that there is.
    Only,
}

/// A sealed value where it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredValue {
    /// The row that holds it.
    pub row: SealedRow,
    /// What it is bound to; names its column.
    pub place: SealedPlace,
    /// The value.
    pub value: Sealed,
}

/// A value that is to take the place of a stored one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResealedValue {
    /// What was read.
    pub stored: StoredValue,
    /// The same secret for the same place, sealed with another key.
    pub value: Sealed,
}

/// Finds and replaces sealed values of all environments, whatever they are: for keys that take one
/// another's place.
#[async_trait]
pub trait SealedValues: Send + Sync {
    /// How many values of a column there are; with a key, how many of them that key sealed.
    async fn count(&self, column: SealedColumn, key: Option<&KeyId>) -> Result<u64, StoreError>;

    /// The next values of a column, at most `limit` of them, behind the row `after`, in an order of
    /// the storage's own that does not change. Who goes on behind the last one until nothing comes
    /// has seen every value that was there all the time.
    async fn list(
        &self,
        column: SealedColumn,
        after: Option<&SealedRow>,
        limit: u32,
    ) -> Result<Vec<StoredValue>, StoreError>;

    /// Puts each value in the place of the stored one if that is still what was read, byte for
    /// byte; answers how many took their places. Of a row nothing else changes, its generation and
    /// times among it. Whatever is written meanwhile wins: a value that somebody is just writing is
    /// passed over. What took its place is durable, or, where this fails, nothing of it is there.
    async fn replace(&self, changes: &[ResealedValue]) -> Result<u64, StoreError>;
}
