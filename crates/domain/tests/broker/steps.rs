//! Moments at which something else may happen, or everything ends.

use std::{future::poll_fn, sync::Arc, task::Poll, time::Duration};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tieline_domain::{
    connection::{ChannelConnection, Lease},
    id::{EnvironmentId, IntegrationId},
    ports::{
        Clock, JournalEntry, RefreshJournal, StoreError, Stores, Timer, Transaction, Transactions,
        UpkeepStore,
    },
};
use tieline_testkit::FixedClock;

/// Lets whoever polls do something else first.
pub(crate) async fn step() {
    let mut polled = false;
    poll_fn(|context| {
        if std::mem::replace(&mut polled, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Waits until somebody has moved the clock.
pub(crate) struct PatientTimer(pub(crate) Arc<FixedClock>);

#[async_trait]
impl Timer for PatientTimer {
    async fn pause(&self, duration: Duration) {
        let end = self.0.now() + SignedDuration::try_from(duration).unwrap();
        while self.0.now() < end {
            step().await;
        }
    }
}

/// A port with a step before and after each call.
pub(crate) struct Stepwise<T: ?Sized>(pub(crate) Arc<T>);

#[async_trait]
impl UpkeepStore for Stepwise<dyn UpkeepStore> {
    async fn list_due(
        &self,
        now: Timestamp,
        paused: &[IntegrationId],
        limit: u32,
    ) -> Result<Vec<ChannelConnection>, StoreError> {
        let due = self.0.list_due(now, paused, limit).await;
        step().await;
        due
    }

    async fn lease(
        &self,
        connection: &ChannelConnection,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Lease>, StoreError> {
        step().await;
        let lease = self.0.lease(connection, now, until).await;
        step().await;
        lease
    }

    async fn settle(
        &self,
        lease: &Lease,
        connection: &ChannelConnection,
    ) -> Result<bool, StoreError> {
        step().await;
        let settled = self.0.settle(lease, connection).await;
        step().await;
        settled
    }

    async fn mark(&self, connection: &ChannelConnection) -> Result<bool, StoreError> {
        step().await;
        self.0.mark(connection).await
    }

    async fn hasten(
        &self,
        environment: EnvironmentId,
        integration: IntegrationId,
        due_at: Timestamp,
    ) -> Result<u64, StoreError> {
        self.0.hasten(environment, integration, due_at).await
    }
}

#[async_trait]
impl RefreshJournal for Stepwise<dyn RefreshJournal> {
    async fn append(&self, entry: &JournalEntry) -> Result<(), StoreError> {
        step().await;
        let appended = self.0.append(entry).await;
        step().await;
        appended
    }

    async fn list(&self) -> Result<Vec<JournalEntry>, StoreError> {
        self.0.list().await
    }

    async fn remove(&self, entry: &JournalEntry) -> Result<(), StoreError> {
        step().await;
        self.0.remove(entry).await
    }
}

#[async_trait]
impl Transactions for Stepwise<dyn Transactions> {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let inner = self.0.begin().await?;
        let upkeep = Arc::new(Stepwise(inner.stores().upkeep.clone()));
        let stores = Stores {
            upkeep,
            ..inner.stores().clone()
        };
        Ok(Box::new(StepwiseTransaction { inner, stores }))
    }
}

struct StepwiseTransaction {
    inner: Box<dyn Transaction>,
    stores: Stores,
}

#[async_trait]
impl Transaction for StepwiseTransaction {
    fn stores(&self) -> &Stores {
        &self.stores
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        step().await;
        let committed = self.inner.commit().await;
        step().await;
        committed
    }
}
