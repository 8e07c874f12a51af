//! Fields of a partial change: absent, null, or a value.

use serde::{Deserialize, Deserializer};
use tieline_domain::patch::Patch;

/// Reads a field that is there; with `#[serde(default)]` an absent one is kept.
pub(crate) fn patch<'de, T, D>(deserializer: D) -> Result<Patch<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(match Option::deserialize(deserializer)? {
        None => Patch::Clear,
        Some(value) => Patch::Set(value),
    })
}
