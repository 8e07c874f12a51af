//! Idempotency: one key, one body, one answer.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    id::EnvironmentId,
    sealed::{Sealed, SealedColumn, SealedPlace},
};

/// What an idempotency key is unique within: the same key on another route, or in another
/// environment, is another key. The API key is no part of it, so that a rotated key does not
/// break a retry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyScope {
    /// The environment of the caller.
    pub environment_id: EnvironmentId,
    /// Method and route template, such as `POST /v1/integrations/channel-connections/oauth`.
    pub route: String,
    /// SHA-256 of the client's key.
    pub key_hash: [u8; 32],
}

impl IdempotencyScope {
    /// Where an answer stored under this scope is sealed to.
    #[must_use]
    pub fn place(&self) -> SealedPlace {
        let mut hash = Sha256::new();
        hash.update(self.route.as_bytes());
        hash.update([0]);
        hash.update(self.key_hash);
        let digest: [u8; 32] = hash.finalize().into();
        let mut row = [0; 16];
        row.copy_from_slice(&digest[..16]);
        SealedPlace {
            environment_id: self.environment_id,
            row: Uuid::from_bytes(row),
            column: SealedColumn::IdempotencyResponse,
            generation: 1,
        }
    }
}

/// An answer kept for its repetition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// Under which key.
    pub scope: IdempotencyScope,
    /// SHA-256 over all that makes two requests the same.
    pub fingerprint: [u8; 32],
    /// The answer, sealed: it holds a bearer's state.
    pub response: Sealed,
    /// When it ceases to be repeated.
    pub expires_at: Timestamp,
}
