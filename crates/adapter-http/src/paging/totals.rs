//! How long lists are, remembered for a while: to count fifty thousand rows takes longer than to
//! read the page of them that is asked for.

use std::{fmt, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use quick_cache::sync::Cache;
use tieline_domain::{id::EnvironmentId, page::Page};

/// A list with fewer rows is counted each time.
const LONG: u64 = 1000;

/// How long a count is remembered. A list so long hardly changes in it.
const LIFE: SignedDuration = SignedDuration::from_secs(10);

/// So many lists are remembered at the most.
const LISTS: usize = 1000;

/// A list: its environment, its name, and what it is filtered by.
pub(super) type Place = (EnvironmentId, String);

/// The counts that one node remembers.
#[derive(Clone)]
pub struct Totals(Arc<Cache<Place, (u64, Timestamp)>>);

impl Default for Totals {
    fn default() -> Self {
        Self(Arc::new(Cache::new(LISTS)))
    }
}

impl fmt::Debug for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Totals").finish_non_exhaustive()
    }
}

impl Totals {
    /// What a list had not long ago, if it is a long one.
    pub(super) fn recall(&self, place: &Place, now: Timestamp) -> Option<u64> {
        let (total, counted_at) = self.0.get(place)?;
        let age = now.duration_since(counted_at);
        // A clock that was put back knows no ages.
        (!age.is_negative() && age < LIFE).then_some(total)
    }

    /// Remembers what a list was counted to have.
    pub(super) fn note<T>(&self, place: Place, page: &Page<T>, now: Timestamp) {
        if page.total >= LONG {
            let counted = page.total + u64::from(page.total_capped);
            self.0.insert(place, (counted, now));
        }
    }
}
