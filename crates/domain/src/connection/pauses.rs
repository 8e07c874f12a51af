//! Providers that asked to be left alone.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use crate::id::IntegrationId;

/// Until when the providers of which integrations are not asked by the upkeep: they asked for it,
/// or the budget is used up. This node's own memory.
#[derive(Clone, Debug, Default)]
pub struct ProviderPauses(Arc<Mutex<HashMap<IntegrationId, Timestamp>>>);

impl ProviderPauses {
    /// Leaves the provider of an integration alone until then.
    pub fn pause(&self, integration: IntegrationId, until: Timestamp) {
        let mut pauses = self.lock();
        let known = pauses.entry(integration).or_insert(until);
        *known = until.max(*known);
    }

    /// The integrations that are paused at `now`; forgets those that were.
    #[must_use]
    pub fn list(&self, now: Timestamp) -> Vec<IntegrationId> {
        let mut pauses = self.lock();
        pauses.retain(|_, until| *until > now);
        pauses.keys().copied().collect()
    }

    /// Whether an integration is paused at `now`.
    #[must_use]
    pub fn is_paused(&self, integration: IntegrationId, now: Timestamp) -> bool {
        self.lock()
            .get(&integration)
            .is_some_and(|until| *until > now)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IntegrationId, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
