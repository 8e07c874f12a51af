//! [`Transactions`] on SQLite.

use std::sync::Arc;

use async_trait::async_trait;
use tieline_domain::ports::{StoreError, Stores, Transaction, Transactions};
use tokio::sync::Mutex;

use super::access::{Access, OpenTransaction, Pools};
use crate::{
    SqliteApiKeyStore, SqliteAttemptStore, SqliteAuditStore, SqliteConnectionStore,
    SqliteContextStore, SqliteEndpointStore, SqliteEnvironmentStore, SqliteIdempotencyStore,
    SqliteIntegrationStore, SqliteKeyCheckStore, SqliteRevocationStore, SqliteSealedValues,
    SqliteSubscriberStore, SqliteUpkeepStore, error::unavailable,
};

/// Begins transactions on SQLite, one at a time.
#[derive(Clone, Debug)]
pub struct SqliteTransactions {
    pub(crate) pools: Pools,
}

#[async_trait]
impl Transactions for SqliteTransactions {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let open = OpenTransaction::new(self.pools.begin().await?);
        let open = Arc::new(Mutex::new(open));
        let stores = Access::Transaction(Arc::downgrade(&open)).stores();
        Ok(Box::new(SqliteTransaction { open, stores }))
    }
}

/// The transaction lives here alone: its stores only look at it, and end with it.
struct SqliteTransaction {
    open: Arc<Mutex<OpenTransaction>>,
    stores: Stores,
}

#[async_trait]
impl Transaction for SqliteTransaction {
    fn stores(&self) -> &Stores {
        &self.stores
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let busy = || StoreError::Unavailable("a store of the transaction is still at work".into());
        let open = Arc::into_inner(self.open).ok_or_else(busy)?.into_inner();
        open.commit().await.map_err(unavailable)
    }
}

impl Access {
    /// The stores that go this way.
    pub(crate) fn stores(&self) -> Stores {
        let access = || self.clone();
        Stores {
            environments: Arc::new(SqliteEnvironmentStore { access: access() }),
            api_keys: Arc::new(SqliteApiKeyStore { access: access() }),
            integrations: Arc::new(SqliteIntegrationStore { access: access() }),
            subscribers: Arc::new(SqliteSubscriberStore { access: access() }),
            contexts: Arc::new(SqliteContextStore { access: access() }),
            attempts: Arc::new(SqliteAttemptStore { access: access() }),
            connections: Arc::new(SqliteConnectionStore { access: access() }),
            upkeep: Arc::new(SqliteUpkeepStore { access: access() }),
            revocations: Arc::new(SqliteRevocationStore { access: access() }),
            audit: Arc::new(SqliteAuditStore { access: access() }),
            endpoints: Arc::new(SqliteEndpointStore { access: access() }),
            idempotency: Arc::new(SqliteIdempotencyStore { access: access() }),
            key_checks: Arc::new(SqliteKeyCheckStore { access: access() }),
            sealed_values: Arc::new(SqliteSealedValues { access: access() }),
        }
    }
}
