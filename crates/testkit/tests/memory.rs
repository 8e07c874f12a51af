//! The contracts of the storage ports, kept in memory.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use async_trait::async_trait;
use tieline_domain::{
    attempt::ConnectAttempt,
    id::FlowId,
    ports::{AttemptStore, Claim},
};
use tieline_testkit::{StorageHarness, TestStores, fixtures, memory::MemoryStorage};

tieline_testkit::storage_contract!(MemoryHarness);

struct MemoryHarness {
    storage: Arc<MemoryStorage>,
    stores: TestStores,
}

#[async_trait]
impl StorageHarness for MemoryHarness {
    async fn start() -> Self {
        let storage = MemoryStorage::new();
        Self {
            stores: TestStores {
                stores: storage.stores(),
                transactions: storage.clone(),
            },
            storage,
        }
    }

    fn stores(&self) -> &TestStores {
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
