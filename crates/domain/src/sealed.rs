//! Secrets at rest: what a sealed value is bound to, so that it opens nowhere else, and which key
//! opens it.

use std::fmt;

use uuid::Uuid;

use crate::id::EnvironmentId;

mod column;
mod key_id;

pub use column::SealedColumn;
pub use key_id::KeyId;

/// An encrypted value, as it is stored: it begins with the [`KeyId::header`] of the key that opens
/// it, and what follows is opaque.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl Sealed {
    /// The key that sealed it; nothing where this is no sealed value.
    #[must_use]
    pub fn key_id(&self) -> Option<KeyId> {
        KeyId::split(&self.0).map(|(id, _)| id)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// Where a sealed value belongs: its associated data. A value moved to another environment, row,
/// column or generation does not open there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SealedPlace {
    /// The environment whose secret it is.
    pub environment_id: EnvironmentId,
    /// The row that holds it.
    pub row: Uuid,
    /// Which of the row's secrets it is.
    pub column: SealedColumn,
    /// How often the row's secrets have been replaced.
    pub generation: u64,
}
