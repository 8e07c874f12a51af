//! A view of what is asked.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use tieline_domain::{
    api_key::{ApiKey, ApiKeyHash},
    context::Context,
    id::EnvironmentId,
    integration::KnownIntegration,
    ports::{Lookups, StoreError, Stores},
    subscriber::SubscriberId,
};
use tokio::sync::Semaphore;

/// Look-ups that count what they are asked, and can be held up.
pub(super) struct Observed {
    stores: Stores,
    asked: AtomicU32,
    written: AtomicU32,
    held: Mutex<Option<Arc<Held>>>,
}

/// The next question for an API key: it has read its answer, and does not tell it yet.
pub(super) struct Held {
    begun: Semaphore,
    end: Semaphore,
}

impl Held {
    /// Waits until the answer was read.
    pub(super) async fn begun(&self) {
        self.begun.acquire().await.unwrap().forget();
    }

    /// Lets it be told.
    pub(super) fn end(&self) {
        self.end.add_permits(1);
    }
}

impl Observed {
    pub(super) fn new(stores: Stores) -> Self {
        Self {
            stores,
            asked: AtomicU32::new(0),
            written: AtomicU32::new(0),
            held: Mutex::new(None),
        }
    }

    /// How many questions were asked.
    pub(super) fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }

    /// How many contexts were to be written.
    pub(super) fn written(&self) -> u32 {
        self.written.load(Ordering::SeqCst)
    }

    /// Holds up the next question for an API key.
    pub(super) fn hold(&self) -> Arc<Held> {
        let held = Arc::new(Held {
            begun: Semaphore::new(0),
            end: Semaphore::new(0),
        });
        *self.held.lock().unwrap() = Some(Arc::clone(&held));
        held
    }

    fn count(&self) {
        self.asked.fetch_add(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Lookups for Observed {
    async fn api_key(&self, hash: &ApiKeyHash) -> Result<Option<Arc<ApiKey>>, StoreError> {
        self.count();
        let answer = self.stores.api_key(hash).await;
        let held = self.held.lock().unwrap().take();
        if let Some(held) = held {
            held.begun.add_permits(1);
            held.end.acquire().await.unwrap().forget();
        }
        answer
    }

    async fn api_keys(&self, environment: EnvironmentId) -> Result<Vec<ApiKey>, StoreError> {
        self.count();
        Lookups::api_keys(&self.stores, environment).await
    }

    async fn integration(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<Option<Arc<KnownIntegration>>, StoreError> {
        self.count();
        self.stores.integration(environment, identifier).await
    }

    async fn has_subscriber(
        &self,
        environment: EnvironmentId,
        id: &SubscriberId,
    ) -> Result<bool, StoreError> {
        self.count();
        self.stores.has_subscriber(environment, id).await
    }

    async fn keep_contexts(&self, contexts: &[Context]) -> Result<(), StoreError> {
        self.count();
        let contexts_there = u32::try_from(contexts.len()).unwrap();
        self.written.fetch_add(contexts_there, Ordering::SeqCst);
        self.stores.keep_contexts(contexts).await
    }
}
