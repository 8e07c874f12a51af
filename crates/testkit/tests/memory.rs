//! The contracts of the storage ports, kept in memory.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use async_trait::async_trait;
use tieline_domain::{
    attempt::ConnectAttempt,
    id::FlowId,
    ports::{AttemptStore, Claim},
};
use tieline_testkit::{StorageHarness, Stores, fixtures, memory::MemoryStorage};

tieline_testkit::storage_contract!(MemoryHarness);

struct MemoryHarness {
    storage: Arc<MemoryStorage>,
    stores: Stores,
}

#[async_trait]
impl StorageHarness for MemoryHarness {
    async fn start() -> Self {
        let storage = MemoryStorage::new();
        Self {
            stores: storage.stores(),
            storage,
        }
    }

    fn stores(&self) -> &Stores {
        &self.stores
    }

    async fn copy_attempt(&self, id: FlowId, copies: u32) {
        let attempt = self.storage.find_anywhere(id).await.unwrap().unwrap();
        for _ in 0..copies {
            let copy = ConnectAttempt {
                id: FlowId(fixtures::uuid()),
                ..attempt.clone()
            };
            assert_eq!(self.storage.claim(&copy).await.unwrap(), Claim::Won);
        }
    }
}
