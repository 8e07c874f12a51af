//! Misbehaviour on demand.

use super::SandboxControl;
use crate::endpoint::Endpoint;
use crate::fault::{Fault, RateLimit};

impl SandboxControl {
    /// Every following request of this endpoint meets this fault, until
    /// [`clear_faults`](Self::clear_faults).
    pub fn fault(&self, endpoint: Endpoint, fault: Fault) {
        self.world.faults.set(endpoint, fault);
    }

    /// The next request of this endpoint meets this fault. Several calls queue.
    pub fn fault_once(&self, endpoint: Endpoint, fault: Fault) {
        self.fault_times(endpoint, 1, fault);
    }

    /// So many requests of this endpoint meet this fault. Several calls queue.
    pub fn fault_times(&self, endpoint: Endpoint, times: usize, fault: Fault) {
        self.world.faults.set_times(endpoint, times, fault);
    }

    /// Ends all faults; whatever is held goes on.
    pub fn clear_faults(&self) {
        self.world.faults.clear();
        self.world.gate.open_all();
    }

    /// Waits until at least so many requests of this endpoint are held at the
    /// same time, by [`Fault::Hold`] or [`Fault::HoldReply`]; for 0, until none
    /// is.
    pub async fn wait_for_held(&self, endpoint: Endpoint, requests: usize) {
        self.world.gate.holds(endpoint, requests).await;
    }

    /// Lets the requests of this endpoint go on that are held at present. The
    /// fault that holds them stays for those to come, unless it was for these
    /// alone.
    pub fn release(&self, endpoint: Endpoint) {
        self.world.gate.open(endpoint);
    }

    /// From now on an app that calls this endpoint more often meets `429` with
    /// `Retry-After`. Such a call counts as a request, but does nothing and
    /// uses up no fault. All that names no app counts as one.
    pub fn limit_rate(&self, endpoint: Endpoint, limit: RateLimit) {
        self.world.budgets.set(endpoint, limit);
    }

    /// Ends all limits of rate.
    pub fn clear_rate_limits(&self) {
        self.world.budgets.clear();
    }
}
