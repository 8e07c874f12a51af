//! The audit log.

use super::{AT_ONCE, CopyError, CopyStep, CopyStorage, Moved, differs};
use crate::{
    audit::{AuditEvent, AuditHead},
    id::EnvironmentId,
    ports::StoreError,
};

const KIND: Moved = Moved::AuditEvents;

/// Copies a log by appending its entries anew: what comes of an entry is the same event where the
/// chain before it is the same, and nothing was changed in it.
pub(super) async fn copy(
    copier: &mut CopyStorage<'_>,
    environment: EnvironmentId,
) -> Result<(), CopyError> {
    let mut after = 0;
    loop {
        let (here, there) = next(copier, environment, after).await?;
        let new = here.strip_prefix(&*there).ok_or_else(|| parted(after))?;
        if !new.is_empty() {
            append(copier, new).await?;
        }
        (copier.tell)(CopyStep::Copied {
            kind: KIND,
            seen: here.len() as u64,
            written: new.len() as u64,
        });
        match here.last() {
            Some(last) => after = last.sequence,
            None => return Ok(()),
        }
    }
}

async fn append(copier: &CopyStorage<'_>, events: &[AuditEvent]) -> Result<(), CopyError> {
    let transaction = copier.transactions.begin().await?;
    for event in events {
        let audit = &transaction.stores().audit;
        if audit.append(event.entry.clone()).await? != *event {
            return Err(broken(event));
        }
    }
    Ok(transaction.commit().await?)
}

/// Compares the logs, and checks that they are chains from their beginning.
pub(super) async fn verify(
    copier: &mut CopyStorage<'_>,
    environment: EnvironmentId,
) -> Result<(), CopyError> {
    let mut head = AuditHead::default();
    loop {
        let (here, there) = next(copier, environment, head.sequence).await?;
        if here != there {
            return Err(parted(head.sequence));
        }
        let rows = here.len() as u64;
        (copier.tell)(CopyStep::Verified { kind: KIND, rows });
        if here.is_empty() {
            return Ok(());
        }
        for event in here {
            if !event.follows(head) {
                return Err(broken(&event));
            }
            head = event.head();
        }
    }
}

/// The next events, here and there.
async fn next(
    copier: &CopyStorage<'_>,
    environment: EnvironmentId,
    after: u64,
) -> Result<(Vec<AuditEvent>, Vec<AuditEvent>), StoreError> {
    let (from, to) = (&copier.from.audit, &copier.to.audit);
    let here = from.list_after(environment, after, AT_ONCE).await?;
    let there = to.list_after(environment, after, AT_ONCE).await?;
    Ok((here, there))
}

fn parted(after: u64) -> CopyError {
    differs(KIND, format!("they part after the event {after}"))
}

fn broken(event: &AuditEvent) -> CopyError {
    let sequence = event.sequence;
    let what = format!("the event {sequence} here is not what it was when it was written");
    differs(KIND, what)
}
