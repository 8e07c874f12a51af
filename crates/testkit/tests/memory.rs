//! The contracts of the storage ports, kept in memory.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use async_trait::async_trait;
use tieline_domain::id::FlowId;
use tieline_testkit::{MemoryStorage, Outage, StorageHarness, TestStores};

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
        self.storage.copy_attempt(id, copies).await.unwrap();
    }

    const OUTAGE: Outage = Outage::Everything;

    async fn sever(&self) {
        self.storage.sever();
    }

    async fn restore(&self) {
        self.storage.restore();
    }
}
