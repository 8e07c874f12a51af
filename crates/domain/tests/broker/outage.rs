//! Stores that fail at an exact moment: they stand in front of a real one.

use std::{
    iter::Peekable,
    sync::{Arc, Mutex},
    vec::IntoIter,
};

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    attempt::{AttemptStatus, ConnectAttempt},
    connection::{ChannelConnection, ConnectionIdentifier, Owner},
    id::{EnvironmentId, FlowId, IntegrationId},
    page::{Page, PageRequest},
    ports::{
        AttemptFilter, AttemptStore, Claim, ConnectionFilter, ConnectionStore, LeadingConnection,
        RecordConnection, RecordError, StoreError, Stores, Transaction, Transactions,
    },
    provider::ProviderId,
    reason::Reason,
};

use crate::bench::Bench;

/// What goes wrong with a write.
pub(crate) enum Mishap {
    /// It does not happen.
    Away,
    /// It happens, and its answer is lost.
    AnswerLost,
    /// The answer is lost, and with it goes the database, for so many calls.
    Crashed(u32),
    /// It does not happen, since a row is not what it was.
    Refused(RecordError),
}

/// Mishaps in their order; after the last one all is well.
type Script = Mutex<Peekable<IntoIter<Mishap>>>;

fn unavailable() -> StoreError {
    StoreError::Unavailable("the outage of a test".into())
}

/// Makes the next records of connections go wrong, or the commits of the transactions in which
/// they are written.
pub(crate) fn records_go_wrong(bench: &mut Bench, mishaps: Vec<Mishap>) {
    let storage = bench.storage.clone();
    bench.broker.transactions = Arc::new(UnluckyTransactions {
        inner: bench.broker.transactions.clone(),
        script: script(mishaps),
        crash: Arc::new(move |calls| storage.fail(calls)),
    });
}

fn script(mishaps: Vec<Mishap>) -> Arc<Script> {
    Arc::new(Mutex::new(mishaps.into_iter().peekable()))
}

/// Makes the next claims of flows go wrong.
pub(crate) fn claims_go_wrong(bench: &mut Bench, mishaps: Vec<Mishap>) {
    bench.broker.stores.attempts = Arc::new(UnluckyAttempts {
        inner: bench.broker.stores.attempts.clone(),
        script: script(mishaps),
    });
}

#[derive(Clone)]
struct UnluckyTransactions {
    inner: Arc<dyn Transactions>,
    script: Arc<Script>,
    crash: Arc<dyn Fn(u32) + Send + Sync>,
}

struct UnluckyTransaction {
    inner: Box<dyn Transaction>,
    stores: Stores,
    luck: UnluckyTransactions,
}

#[async_trait]
impl Transactions for UnluckyTransactions {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let inner = self.inner.begin().await?;
        let connections = UnluckyConnections {
            inner: inner.stores().connections.clone(),
            script: self.script.clone(),
        };
        Ok(Box::new(UnluckyTransaction {
            stores: Stores {
                connections: Arc::new(connections),
                ..inner.stores().clone()
            },
            inner,
            luck: self.clone(),
        }))
    }
}

#[async_trait]
impl Transaction for UnluckyTransaction {
    fn stores(&self) -> &Stores {
        &self.stores
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let mishap = self.luck.script.lock().unwrap().next();
        match mishap {
            None => return self.inner.commit().await,
            Some(Mishap::AnswerLost) => self.inner.commit().await?,
            Some(Mishap::Crashed(calls)) => {
                self.inner.commit().await?;
                (self.luck.crash)(calls);
            }
            Some(Mishap::Away | Mishap::Refused(_)) => {}
        }
        Err(unavailable())
    }
}

struct UnluckyConnections {
    inner: Arc<dyn ConnectionStore>,
    script: Arc<Script>,
}

#[async_trait]
impl ConnectionStore for UnluckyConnections {
    async fn record(&self, record: &RecordConnection) -> Result<(), RecordError> {
        let refused = |mishap: &Mishap| matches!(mishap, Mishap::Refused(_));
        let mishap = self.script.lock().unwrap().next_if(refused);
        match mishap {
            Some(Mishap::Refused(error)) => Err(error),
            _ => self.inner.record(record).await,
        }
    }

    async fn insert(&self, connection: &ChannelConnection) -> Result<(), RecordError> {
        self.inner.insert(connection).await
    }

    async fn replace(&self, connection: &ChannelConnection) -> Result<(), RecordError> {
        self.inner.replace(connection).await
    }

    async fn delete(
        &self,
        environment: EnvironmentId,
        identifier: &ConnectionIdentifier,
    ) -> Result<bool, StoreError> {
        self.inner.delete(environment, identifier).await
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        identifier: &ConnectionIdentifier,
    ) -> Result<Option<ChannelConnection>, StoreError> {
        self.inner.find(environment, identifier).await
    }

    async fn find_same(
        &self,
        environment: EnvironmentId,
        integration: IntegrationId,
        owner: &Owner,
        workspace_id: &str,
    ) -> Result<Option<ChannelConnection>, StoreError> {
        let same = self
            .inner
            .find_same(environment, integration, owner, workspace_id);
        same.await
    }

    async fn list_leading(
        &self,
        provider: &ProviderId,
        workspace_id: &str,
    ) -> Result<Vec<LeadingConnection>, StoreError> {
        self.inner.list_leading(provider, workspace_id).await
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &ConnectionFilter,
        page: &PageRequest,
    ) -> Result<Page<ChannelConnection>, StoreError> {
        self.inner.list(environment, filter, page).await
    }
}

struct UnluckyAttempts {
    inner: Arc<dyn AttemptStore>,
    script: Arc<Script>,
}

#[async_trait]
impl AttemptStore for UnluckyAttempts {
    async fn claim(&self, attempt: &ConnectAttempt) -> Result<Claim, StoreError> {
        let mishap = self.script.lock().unwrap().next();
        match mishap {
            None => self.inner.claim(attempt).await,
            Some(Mishap::AnswerLost) => {
                self.inner.claim(attempt).await?;
                Err(unavailable())
            }
            Some(_) => Err(unavailable()),
        }
    }

    async fn advance(
        &self,
        from: AttemptStatus,
        attempt: &ConnectAttempt,
    ) -> Result<Claim, StoreError> {
        self.inner.advance(from, attempt).await
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        id: FlowId,
    ) -> Result<Option<ConnectAttempt>, StoreError> {
        self.inner.find(environment, id).await
    }

    async fn find_anywhere(&self, id: FlowId) -> Result<Option<ConnectAttempt>, StoreError> {
        self.inner.find_anywhere(id).await
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &AttemptFilter,
        page: &PageRequest,
    ) -> Result<Page<ConnectAttempt>, StoreError> {
        self.inner.list(environment, filter, page).await
    }

    async fn fail_stale(
        &self,
        status: AttemptStatus,
        before: Timestamp,
        reason: Reason,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.inner.fail_stale(status, before, reason, now).await
    }

    async fn delete_ended(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.inner.delete_ended(before, limit).await
    }
}
