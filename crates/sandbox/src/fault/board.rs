//! Which endpoint misbehaves at present.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use crate::endpoint::Endpoint;
use crate::fault::Fault;
use crate::world::lock;

/// Faults by endpoint: those for one request each come first, in order, then
/// the standing one.
#[derive(Debug, Default)]
pub(crate) struct FaultBoard {
    faults: Mutex<Faults>,
}

#[derive(Debug, Default)]
struct Faults {
    once: HashMap<Endpoint, VecDeque<Fault>>,
    standing: HashMap<Endpoint, Fault>,
}

impl FaultBoard {
    pub(crate) fn set(&self, endpoint: Endpoint, fault: Fault) {
        lock(&self.faults).standing.insert(endpoint, fault);
    }

    /// For so many requests to come.
    pub(crate) fn set_times(&self, endpoint: Endpoint, times: usize, fault: Fault) {
        let mut faults = lock(&self.faults);
        let queue = faults.once.entry(endpoint).or_default();
        queue.extend(std::iter::repeat_n(fault, times));
    }

    pub(crate) fn clear(&self) {
        *lock(&self.faults) = Faults::default();
    }

    /// The fault for the request that has just arrived.
    pub(crate) fn take(&self, endpoint: Endpoint) -> Option<Fault> {
        let mut faults = lock(&self.faults);
        let once = faults.once.get_mut(&endpoint).and_then(VecDeque::pop_front);
        once.or_else(|| faults.standing.get(&endpoint).cloned())
    }
}
