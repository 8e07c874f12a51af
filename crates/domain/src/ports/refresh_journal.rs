//! What a node keeps for itself between a provider's answer and its being stored.

use async_trait::async_trait;

use crate::{
    connection::{ConnectionIdentifier, SealedCredential},
    id::{ConnectionId, EnvironmentId},
    ports::StoreError,
};

/// Tokens that a provider issued and that may not be stored yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// The environment of the connection.
    pub environment_id: EnvironmentId,
    /// The connection's identifier.
    pub identifier: ConnectionIdentifier,
    /// The connection.
    pub connection_id: ConnectionId,
    /// The generation that the credential is to be.
    pub generation: u64,
    /// SHA-256 of the access token in whose place it is to be: where that is still stored, nothing
    /// newer is.
    pub replaces: [u8; 32],
    /// The credential, sealed for the connection's row in that generation.
    pub credential: SealedCredential,
}

/// Keeps what must not be lost with the process, on this node alone. Where there is no place for
/// that, it keeps nothing: what a crash takes then is found in doubt.
#[async_trait]
pub trait RefreshJournal: Send + Sync {
    /// Keeps an entry; durable when this returns. One of the same connection, generation
    /// and kind of credential is replaced.
    async fn append(&self, entry: &JournalEntry) -> Result<(), StoreError>;

    /// All entries, in no order.
    async fn list(&self) -> Result<Vec<JournalEntry>, StoreError>;

    /// Removes an entry, if it is there.
    async fn remove(&self, entry: &JournalEntry) -> Result<(), StoreError>;
}

/// Without a place of its own, a node keeps nothing.
#[async_trait]
impl RefreshJournal for () {
    async fn append(&self, _: &JournalEntry) -> Result<(), StoreError> {
        Ok(())
    }

    async fn list(&self) -> Result<Vec<JournalEntry>, StoreError> {
        Ok(Vec::new())
    }

    async fn remove(&self, _: &JournalEntry) -> Result<(), StoreError> {
        Ok(())
    }
}
