//! The outages that a test asks for.

use std::sync::Mutex;

use tieline_domain::ports::StoreError;

use super::access::lock;

/// Which of the coming calls fail.
#[derive(Debug, Default)]
pub(super) struct Outage(Mutex<Plan>);

#[derive(Debug, Default)]
struct Plan {
    /// So many more succeed.
    spared: u32,
    /// And then so many fail.
    failing: u32,
}

impl Outage {
    pub(super) fn plan(&self, spared: u32, failing: u32) {
        *lock(&self.0) = Plan { spared, failing };
    }

    /// Fails if this call is one that is to.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let mut plan = lock(&self.0);
        if plan.failing == 0 {
            return Ok(());
        }
        if let Some(spared) = plan.spared.checked_sub(1) {
            plan.spared = spared;
            return Ok(());
        }
        plan.failing -= 1;
        Err(StoreError::Unavailable("the outage of a test".into()))
    }
}
