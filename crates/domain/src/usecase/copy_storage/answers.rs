//! Answers under idempotency keys: what was done before the copy and is repeated after it is not done
//! again.

use jiff::Timestamp;

use super::{AT_ONCE, CopyError, CopyStep, CopyStorage, Moved, differs};
use crate::{
    id::EnvironmentId,
    idempotency::IdempotencyRecord,
    ports::{IdempotencyClaim, StoreError},
};

const KIND: Moved = Moved::Answers;

/// Copies page by page. Those that have expired, too: they do no harm, and nobody has to know what
/// time it is.
pub(super) async fn copy(
    copier: &mut CopyStorage<'_>,
    environment: EnvironmentId,
) -> Result<(), CopyError> {
    let mut last = None;
    loop {
        let (here, there) = next(copier, environment, last.as_ref()).await?;
        let missing = here.iter().filter(|record| !there.contains(record));
        let missing: Vec<_> = missing.cloned().collect();
        if !missing.is_empty() {
            insert(copier, &missing).await?;
        }
        (copier.tell)(CopyStep::Copied {
            kind: KIND,
            seen: here.len() as u64,
            written: missing.len() as u64,
        });
        match here.into_iter().next_back() {
            Some(record) => last = Some(record),
            None => return Ok(()),
        }
    }
}

async fn insert(copier: &CopyStorage<'_>, records: &[IdempotencyRecord]) -> Result<(), CopyError> {
    let transaction = copier.transactions.begin().await?;
    let store = &transaction.stores().idempotency;
    // At that time nothing has expired: no record is put in the place of another.
    let claims = store.claim_all(records, Timestamp::MIN).await?;
    for (record, claim) in records.iter().zip(claims) {
        if claim? != IdempotencyClaim::New {
            return Err(parted(record));
        }
    }
    Ok(transaction.commit().await?)
}

/// Compares page by page.
pub(super) async fn verify(
    copier: &mut CopyStorage<'_>,
    environment: EnvironmentId,
) -> Result<(), CopyError> {
    let mut last = None;
    loop {
        let (here, there) = next(copier, environment, last.as_ref()).await?;
        if here != there {
            let parts = here.iter().zip(&there).find(|(a, b)| a != b);
            let first = parts.map(|(here, _)| here);
            return Err(first.map_or_else(
                || differs(KIND, "there are more on one side than on the other"),
                parted,
            ));
        }
        let rows = here.len() as u64;
        (copier.tell)(CopyStep::Verified { kind: KIND, rows });
        match here.into_iter().next_back() {
            Some(record) => last = Some(record),
            None => return Ok(()),
        }
    }
}

/// The next records, here and there.
async fn next(
    copier: &CopyStorage<'_>,
    environment: EnvironmentId,
    last: Option<&IdempotencyRecord>,
) -> Result<(Vec<IdempotencyRecord>, Vec<IdempotencyRecord>), StoreError> {
    let (from, to) = (&copier.from.idempotency, &copier.to.idempotency);
    let here = from.list(environment, last, AT_ONCE).await?;
    let there = to.list(environment, last, AT_ONCE).await?;
    Ok((here, there))
}

fn parted(record: &IdempotencyRecord) -> CopyError {
    let route = &record.scope.route;
    differs(KIND, format!("there is another for one of {route}"))
}
