//! Misbehaviour on demand.

use super::SandboxControl;
use crate::endpoint::Endpoint;
use crate::fault::Fault;

impl SandboxControl {
    /// Every following request of this endpoint meets this fault, until
    /// [`clear_faults`](Self::clear_faults).
    pub fn fault(&self, endpoint: Endpoint, fault: Fault) {
        self.world.faults.set(endpoint, fault);
    }

    /// The next request of this endpoint meets this fault. Several calls queue.
    pub fn fault_once(&self, endpoint: Endpoint, fault: Fault) {
        self.world.faults.set_once(endpoint, fault);
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.world.faults.clear();
    }
}
