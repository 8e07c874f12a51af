//! Making sure of the sealing keys.

use crate::{
    key_check::KeyCheck,
    ports::{KeyCheckStore, OpenError, SealingKeys, StoreError},
};

/// Makes sure that the keys are those of this database, and seals with the one that its key check
/// names, before anything is written. A fresh database gets a key check of the key that seals so
/// far. `Ok(Err(_))` says why the keys are the wrong ones.
///
/// A process that goes on for long asks again and again: another one may have chosen another key
/// meanwhile.
pub async fn check_keys(
    keys: &dyn SealingKeys,
    checks: &dyn KeyCheckStore,
) -> Result<Result<(), OpenError>, StoreError> {
    let stored = match checks.find().await? {
        Some(stored) => stored,
        None => checks.insert(&KeyCheck { since: None }.seal(keys)).await?,
    };
    Ok(KeyCheck::open(&stored, keys).map(|_| {
        if let Some(key) = stored.key_id() {
            keys.seal_with(&key);
        }
    }))
}
