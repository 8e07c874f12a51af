//! The outages that a test asks for.

use std::sync::Mutex;

use tieline_domain::ports::StoreError;

use super::access::lock;

/// Whether the storage is there, and which of the coming calls fail.
#[derive(Debug, Default)]
pub(super) struct Outage(Mutex<Plan>);

#[derive(Debug, Default)]
struct Plan {
    is_away: bool,
    /// How often it went away.
    outages: u64,
    /// So many calls more succeed.
    spared: u32,
    /// And then so many fail.
    failing: u32,
}

impl Outage {
    pub(super) fn plan(&self, spared: u32, failing: u32) {
        let mut plan = lock(&self.0);
        (plan.spared, plan.failing) = (spared, failing);
    }

    pub(super) fn sever(&self) {
        let mut plan = lock(&self.0);
        plan.is_away = true;
        plan.outages += 1;
    }

    pub(super) fn restore(&self) {
        lock(&self.0).is_away = false;
    }

    /// Fails if this call is one that is to. Answers how many outages there were before: it tells
    /// a transaction that has come through one from a new one.
    pub(super) fn check(&self) -> Result<u64, StoreError> {
        let mut plan = lock(&self.0);
        if plan.is_away {
            return Err(StoreError::Unavailable("the storage is away".into()));
        }
        if plan.failing == 0 {
            return Ok(plan.outages);
        }
        if let Some(spared) = plan.spared.checked_sub(1) {
            plan.spared = spared;
            return Ok(plan.outages);
        }
        plan.failing -= 1;
        Err(StoreError::Unavailable("the outage of a test".into()))
    }
}
