//! Secrets at rest: what a sealed value is bound to, so that it opens nowhere else.

use std::fmt;

use uuid::Uuid;

use crate::id::EnvironmentId;

/// An encrypted value, as it is stored: opaque bytes that name the key which opens them.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// Where a sealed value belongs: its associated data. A value moved to another environment, row,
/// column or generation does not open there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedPlace {
    /// The environment whose secret it is.
    pub environment_id: EnvironmentId,
    /// The row that holds it.
    pub row: Uuid,
    /// Table and column, such as `connections.bot.access_token`.
    pub column: &'static str,
    /// How often the row's secrets have been replaced.
    pub generation: u64,
}
