//! The contracts of ports that may stand on memory, kept by storage.

use std::sync::Arc;

use async_trait::async_trait;
use tieline_domain::ports::ReplayStore;
use tieline_testkit::{FixedClock, MemoryStorage, PortHarness};

tieline_testkit::replay_store_contract!(Storage);

struct Storage(Arc<MemoryStorage>);

#[async_trait]
impl PortHarness for Storage {
    type Port = dyn ReplayStore;

    async fn start(_: Arc<FixedClock>) -> Self {
        Self(MemoryStorage::new())
    }

    fn port(&self) -> Arc<Self::Port> {
        Arc::new(Arc::clone(&self.0.stores().idempotency))
    }
}
