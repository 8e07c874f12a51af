//! All storage ports in memory: for tests of use cases and routes, which need stores that keep
//! what they promise, quickly. It passes the same contract suites as every adapter.
//!
//! What is committed is one value, `tables::Tables`. A write waits for its turn, changes a copy,
//! and puts the copy in the place of what was there; a transaction does the same, and keeps its
//! turn until its end. So nothing is half done, and whoever reads waits for nobody.

use std::sync::Arc;

use tieline_domain::{
    attempt::ConnectAttempt,
    id::FlowId,
    ports::{StoreError, Stores},
};

use crate::fixtures;

mod access;
mod api_key_store;
mod attempt_store;
mod audit_store;
mod connection_store;
mod context_store;
mod endpoint_store;
mod environment_store;
mod idempotency_store;
mod integration_store;
mod key_check_store;
mod outage;
mod paging;
mod revocation_store;
mod sealed_values;
mod subscriber_store;
mod tables;
mod transaction;
mod upkeep_store;

use access::Access;
use outage::Outage;

/// Storage in memory.
#[derive(Debug, Default)]
pub struct MemoryStorage {
    access: Access,
    outage: Arc<Outage>,
}

impl MemoryStorage {
    /// Fresh storage.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The stores in it.
    #[must_use]
    pub fn stores(self: &Arc<Self>) -> Stores {
        Stores {
            environments: self.clone(),
            api_keys: self.clone(),
            integrations: self.clone(),
            subscribers: self.clone(),
            contexts: self.clone(),
            attempts: self.clone(),
            connections: self.clone(),
            upkeep: self.clone(),
            revocations: self.clone(),
            audit: self.clone(),
            endpoints: self.clone(),
            idempotency: self.clone(),
            key_checks: self.clone(),
            sealed_values: self.clone(),
        }
    }

    /// Makes the next so many calls fail, as if the database were away.
    pub fn fail(&self, calls: u32) {
        self.outage.plan(0, calls);
    }

    /// Lets the next so many calls succeed and makes all after them fail.
    pub fn fail_after(&self, calls: u32) {
        self.outage.plan(calls, u32::MAX);
    }

    /// Takes the storage away: from now on every call fails, and so do all of the transactions that
    /// are open, for ever.
    pub fn sever(&self) {
        self.outage.sever();
    }

    /// Brings it back.
    pub fn restore(&self) {
        self.outage.restore();
    }

    /// Adds so many copies of a stored attempt under fresh ids.
    pub async fn copy_attempt(&self, id: FlowId, copies: u32) -> Result<(), StoreError> {
        self.write(|tables| {
            let Some(attempt) = tables.attempts.get(&id).cloned() else {
                return Err(attempt_store::no_such_attempt());
            };
            for _ in 0..copies {
                let id = FlowId(fixtures::uuid());
                let copy = ConnectAttempt {
                    id,
                    ..attempt.clone()
                };
                tables.attempts.put(id, copy);
            }
            Ok(())
        })
        .await
    }
}

/// Whether a filter that may be absent lets a value pass.
fn passes<T: PartialEq + ?Sized>(filter: Option<&T>, value: Option<&T>) -> bool {
    filter.is_none() || filter == value
}
