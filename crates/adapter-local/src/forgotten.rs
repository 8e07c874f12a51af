//! What was forgotten, from which follows what is fresh.
//!
//! Nothing is taken out of a memory: a change is counted, and what was read before it no longer
//! counts. So a read that began before a change and ends after it does no harm either.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use jiff::{SignedDuration, Timestamp};
use tieline_domain::ports::{Change, Clock};

/// So many changes are told apart; with one more, everything is forgotten.
const MAX_NOTES: usize = 4096;

/// When something was read: just before the question was asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// After so many changes.
    change: u64,
    at: Timestamp,
}

pub(crate) struct Forgotten {
    clock: Arc<dyn Clock>,
    max_age: SignedDuration,
    /// How many changes there were.
    changes: AtomicU64,
    notes: RwLock<Notes>,
}

#[derive(Default)]
struct Notes {
    /// The last change that concerned everything.
    all: u64,
    /// The last one that concerned this.
    each: HashMap<Change, u64>,
}

impl Forgotten {
    pub(crate) fn new(clock: Arc<dyn Clock>, max_age: SignedDuration) -> Self {
        Self {
            clock,
            max_age,
            changes: AtomicU64::new(0),
            notes: RwLock::default(),
        }
    }

    /// The present moment.
    pub(crate) fn now(&self) -> Moment {
        Moment {
            change: self.changes.load(Ordering::SeqCst),
            at: self.clock.now(),
        }
    }

    /// Whether what was read at that moment, and ceases to be true with `change`, may be told.
    pub(crate) fn is_fresh(&self, read: Moment, change: &Change) -> bool {
        let age = self.clock.now().duration_since(read.at);
        // A clock that was put back knows no ages.
        if age.is_negative() || age >= self.max_age {
            return false;
        }
        if read.change == self.changes.load(Ordering::SeqCst) {
            return true;
        }
        let notes = self.notes.read().unwrap_or_else(PoisonError::into_inner);
        let last = notes.each.get(change).copied().unwrap_or_default();
        read.change >= last.max(notes.all)
    }

    /// Notes a change; none means that everything may have changed.
    pub(crate) fn note(&self, change: Option<&Change>) {
        let mut notes = self.notes.write().unwrap_or_else(PoisonError::into_inner);
        // Under the lock: whoever sees the number finds the note.
        let number = self.changes.fetch_add(1, Ordering::SeqCst) + 1;
        match change {
            Some(change) if notes.each.len() < MAX_NOTES => {
                notes.each.insert(change.clone(), number);
            }
            _ => {
                notes.all = number;
                notes.each.clear();
            }
        }
    }
}
