//! [`Transactions`] on Postgres.

use std::sync::Arc;

use async_trait::async_trait;
use tieline_domain::ports::{StoreError, Stores, Transaction, Transactions};
use tokio::sync::Mutex;

use super::access::{Access, OpenTransaction, Server};
use crate::{
    PgApiKeyStore, PgAttemptStore, PgAuditStore, PgConnectionStore, PgContextStore,
    PgEndpointStore, PgEnvironmentStore, PgIdempotencyStore, PgIntegrationStore, PgKeyCheckStore,
    PgRevocationStore, PgSealedValues, PgSubscriberStore, PgUpkeepStore, error::unavailable,
};

/// Begins transactions on Postgres.
#[derive(Clone, Debug)]
pub struct PgTransactions {
    pub(super) server: Server,
}

#[async_trait]
impl Transactions for PgTransactions {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let open = OpenTransaction::begin(&self.server).await;
        let open = Arc::new(Mutex::new(open.map_err(unavailable)?));
        let stores = Access::Transaction(Arc::downgrade(&open)).stores();
        Ok(Box::new(SharedTransaction { open, stores }))
    }
}

/// The transaction lives here alone: its stores only look at it, and end with it.
struct SharedTransaction {
    open: Arc<Mutex<OpenTransaction>>,
    stores: Stores,
}

#[async_trait]
impl Transaction for SharedTransaction {
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
    pub(super) fn stores(&self) -> Stores {
        let access = || self.clone();
        Stores {
            environments: Arc::new(PgEnvironmentStore { access: access() }),
            api_keys: Arc::new(PgApiKeyStore { access: access() }),
            integrations: Arc::new(PgIntegrationStore { access: access() }),
            subscribers: Arc::new(PgSubscriberStore { access: access() }),
            contexts: Arc::new(PgContextStore { access: access() }),
            attempts: Arc::new(PgAttemptStore { access: access() }),
            connections: Arc::new(PgConnectionStore { access: access() }),
            upkeep: Arc::new(PgUpkeepStore { access: access() }),
            revocations: Arc::new(PgRevocationStore { access: access() }),
            audit: Arc::new(PgAuditStore { access: access() }),
            endpoints: Arc::new(PgEndpointStore { access: access() }),
            idempotency: Arc::new(PgIdempotencyStore { access: access() }),
            key_checks: Arc::new(PgKeyCheckStore { access: access() }),
            sealed_values: Arc::new(PgSealedValues { access: access() }),
        }
    }
}
