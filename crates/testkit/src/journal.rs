//! A journal that outlives a broker and not the test.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tieline_domain::ports::{JournalEntry, RefreshJournal, StoreError};

/// A journal in memory.
#[derive(Debug, Default)]
pub struct MemoryJournal(Mutex<Vec<JournalEntry>>);

impl MemoryJournal {
    fn lock(&self) -> MutexGuard<'_, Vec<JournalEntry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_same(one: &JournalEntry, other: &JournalEntry) -> bool {
    let key = |entry: &JournalEntry| {
        let kind = entry.credential.kind;
        (entry.connection_id, entry.generation, kind)
    };
    key(one) == key(other)
}

#[async_trait]
impl RefreshJournal for MemoryJournal {
    async fn append(&self, entry: &JournalEntry) -> Result<(), StoreError> {
        let mut entries = self.lock();
        entries.retain(|kept| !is_same(kept, entry));
        entries.push(entry.clone());
        Ok(())
    }

    async fn list(&self) -> Result<Vec<JournalEntry>, StoreError> {
        Ok(self.lock().clone())
    }

    async fn remove(&self, entry: &JournalEntry) -> Result<(), StoreError> {
        self.lock().retain(|kept| !is_same(kept, entry));
        Ok(())
    }
}
