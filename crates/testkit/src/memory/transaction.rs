//! Transactions: a copy of the tables, and the turn to write.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tieline_domain::ports::{StoreError, Stores, Transaction, Transactions};
use tokio::sync::OwnedMutexGuard;

use super::{
    MemoryStorage,
    access::{Access, Committed, Open, lock},
    outage::Outage,
};

#[async_trait]
impl Transactions for MemoryStorage {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let outages = self.outage.check()?;
        let Access::Committed(committed) = &self.access else {
            let problem = "there is no transaction within a transaction";
            return Err(StoreError::Unavailable(problem.into()));
        };
        let turn = Arc::clone(&committed.turn).lock_owned().await;
        let open = Arc::new(Open {
            tables: Mutex::new(Some(committed.tables())),
            outages,
        });
        let inside = Arc::new(Self {
            access: Access::Open(Arc::clone(&open)),
            outage: Arc::clone(&self.outage),
        });
        Ok(Box::new(MemoryTransaction {
            stores: inside.stores(),
            committed: Arc::clone(committed),
            open,
            outage: Arc::clone(&self.outage),
            _turn: turn,
        }))
    }
}

struct MemoryTransaction {
    stores: Stores,
    committed: Arc<Committed>,
    open: Arc<Open>,
    outage: Arc<Outage>,
    _turn: OwnedMutexGuard<()>,
}

#[async_trait]
impl Transaction for MemoryTransaction {
    fn stores(&self) -> &Stores {
        &self.stores
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let outages = self.outage.check()?;
        self.open
            .with(outages, |tables| self.committed.replace(tables.clone()))
    }
}

impl Drop for MemoryTransaction {
    fn drop(&mut self) {
        // Somebody may still have its stores.
        lock(&self.open.tables).take();
    }
}
