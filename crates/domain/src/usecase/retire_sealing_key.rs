//! Whether a sealing key may go.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::{
    key_check::KeyCheck,
    ports::{OpenError, SealedValues, SealingKeys, StoreError, Stores},
    sealed::{KeyId, SealedColumn},
};

/// How long after a rotation what the key before sealed may still turn up: a node looks every few
/// seconds which key seals, a request has half a minute, and a minted answer that is kept for its
/// repetition lives for six minutes.
pub const SETTLING: SignedDuration = SignedDuration::from_mins(10);

/// Why a sealing key has to stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StillNeeded {
    /// It is the one that seals.
    Seals,
    /// So many values of these columns only it opens.
    Opens(BTreeMap<SealedColumn, u64>),
    /// Until then somebody may still have sealed with it.
    Settling(Timestamp),
}

/// Why it is not known whether a sealing key may go.
#[derive(Debug, thiserror::Error)]
pub enum RetireError {
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys are not those of this database.
    #[error("the keys are not those of this database")]
    WrongKeys(#[from] OpenError),
}

/// Whether a key may be taken out of the ring: `None` if nothing needs it any more.
pub async fn still_needed(
    stores: &Stores,
    keys: &dyn SealingKeys,
    key: &KeyId,
    now: Timestamp,
) -> Result<Option<StillNeeded>, RetireError> {
    let check = stores.key_checks.find().await?;
    let opened = check.as_ref().map(|check| KeyCheck::open(check, keys));
    let since = opened.transpose()?.and_then(|opened| opened.since);
    if check.is_some_and(|check| check.key_id().as_ref() == Some(key)) {
        return Ok(Some(StillNeeded::Seals));
    }
    let uses = count_uses(&*stores.sealed_values, Some(key)).await?;
    if !uses.is_empty() {
        return Ok(Some(StillNeeded::Opens(uses)));
    }
    let settled = since.map(|since| since + SETTLING);
    Ok(settled
        .filter(|settled| now < *settled)
        .map(StillNeeded::Settling))
}

/// How many values of each column a key sealed, or all keys together; columns without any are left
/// out.
pub async fn count_uses(
    values: &dyn SealedValues,
    key: Option<&KeyId>,
) -> Result<BTreeMap<SealedColumn, u64>, StoreError> {
    let mut uses = BTreeMap::new();
    for column in SealedColumn::ALL {
        let count = values.count(column, key).await?;
        if count > 0 {
            uses.insert(column, count);
        }
    }
    Ok(uses)
}
