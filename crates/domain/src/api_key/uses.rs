//! When keys were last used, until it is written down.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use crate::id::ApiKeyId;

/// When keys were last used. A request only notes it here; it is written down now and then, so
/// that authentication writes nothing.
#[derive(Clone, Debug, Default)]
pub struct ApiKeyUses(Arc<Mutex<BTreeMap<ApiKeyId, Timestamp>>>);

impl ApiKeyUses {
    /// Notes that a key was used.
    pub fn note(&self, id: ApiKeyId, at: Timestamp) {
        let mut uses = self.lock();
        let last = uses.entry(id).or_insert(at);
        *last = at.max(*last);
    }

    /// All that was noted, and forgets it.
    #[must_use]
    pub fn take(&self) -> Vec<(ApiKeyId, Timestamp)> {
        mem::take(&mut *self.lock()).into_iter().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ApiKeyId, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
