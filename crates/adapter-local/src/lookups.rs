//! Look-ups that are remembered.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use jiff::SignedDuration;
use tieline_domain::{
    api_key::{ApiKey, ApiKeyHash},
    context::{Context, ContextKey},
    id::EnvironmentId,
    integration::KnownIntegration,
    ports::{Change, ChangeListener, Clock, Lookups, StoreError},
    subscriber::SubscriberId,
};

use crate::{forgotten::Forgotten, memory::Memory};

/// How old what is remembered may be: a change that nobody told us of is seen after that. The rest
/// of the promised five seconds is for what is under way.
pub const MAX_AGE: SignedDuration = SignedDuration::from_secs(4);

/// How many of each kind are remembered at the most; the least used go first.
#[derive(Clone, Copy, Debug)]
pub struct Capacities {
    /// API keys.
    pub api_keys: usize,
    /// Integrations.
    pub integrations: usize,
    /// Subscribers, of which it is only remembered that they are there.
    pub subscribers: usize,
    /// Contexts, likewise.
    pub contexts: usize,
}

impl Default for Capacities {
    /// Some tens of megabytes when all of it is full.
    fn default() -> Self {
        Self {
            api_keys: 10_000,
            integrations: 10_000,
            subscribers: 50_000,
            contexts: 50_000,
        }
    }
}

type ContextPlace = (EnvironmentId, ContextKey);

/// Remembers for [`MAX_AGE`] what `Lookups` found.
pub struct RememberedLookups {
    lookups: Arc<dyn Lookups>,
    forgotten: Arc<Forgotten>,
    api_keys: Memory<ApiKeyHash, Arc<ApiKey>>,
    key_lists: Memory<EnvironmentId, Arc<Vec<ApiKey>>>,
    integrations: Memory<(EnvironmentId, String), Arc<KnownIntegration>>,
    subscribers: Memory<(EnvironmentId, SubscriberId), ()>,
    contexts: Memory<ContextPlace, ()>,
}

impl RememberedLookups {
    /// A memory of what `lookups` finds.
    #[must_use]
    pub fn new(lookups: Arc<dyn Lookups>, clock: Arc<dyn Clock>, capacities: Capacities) -> Self {
        let forgotten = Arc::new(Forgotten::new(clock, MAX_AGE));
        let shared = || Arc::clone(&forgotten);
        Self {
            lookups,
            api_keys: Memory::new(capacities.api_keys, shared(), |_, key| {
                Change::ApiKeys(key.environment_id)
            }),
            key_lists: Memory::new(capacities.api_keys / 10, shared(), |environment, _| {
                Change::ApiKeys(*environment)
            }),
            integrations: Memory::new(capacities.integrations, shared(), |(environment, _), _| {
                Change::Integrations(*environment)
            }),
            subscribers: Memory::new(capacities.subscribers, shared(), |(environment, id), ()| {
                Change::Subscriber(*environment, id.clone())
            }),
            contexts: Memory::new(capacities.contexts, shared(), |(environment, key), ()| {
                Change::Context(*environment, key.clone())
            }),
            forgotten,
        }
    }
}

#[async_trait]
impl Lookups for RememberedLookups {
    async fn api_key(&self, hash: &ApiKeyHash) -> Result<Option<Arc<ApiKey>>, StoreError> {
        let load = || self.lookups.api_key(hash);
        self.api_keys.get(*hash, load).await
    }

    async fn api_keys(&self, environment: EnvironmentId) -> Result<Vec<ApiKey>, StoreError> {
        let load = async || {
            let keys = self.lookups.api_keys(environment).await?;
            Ok((!keys.is_empty()).then(|| Arc::new(keys)))
        };
        let keys = self.key_lists.get(environment, load).await?;
        Ok(keys.map(|keys| keys.to_vec()).unwrap_or_default())
    }

    async fn integration(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<Option<Arc<KnownIntegration>>, StoreError> {
        let load = || self.lookups.integration(environment, identifier);
        let key = (environment, identifier.to_owned());
        self.integrations.get(key, load).await
    }

    async fn has_subscriber(
        &self,
        environment: EnvironmentId,
        id: &SubscriberId,
    ) -> Result<bool, StoreError> {
        let load = async || {
            let there = self.lookups.has_subscriber(environment, id).await?;
            Ok(there.then_some(()))
        };
        let found = self
            .subscribers
            .get((environment, id.clone()), load)
            .await?;
        Ok(found.is_some())
    }

    fn knows_context(&self, environment: EnvironmentId, key: &ContextKey) -> bool {
        self.contexts.recall(&(environment, key.clone())).is_some()
    }

    async fn keep_contexts(&self, contexts: &[Context]) -> Result<(), StoreError> {
        // The first that is missing brings the others along, in one write.
        for context in contexts {
            let load = || self.write_missing(contexts);
            self.contexts.get(place(context), load).await?;
        }
        Ok(())
    }
}

impl RememberedLookups {
    async fn write_missing(&self, contexts: &[Context]) -> Result<Option<()>, StoreError> {
        let read = self.forgotten.now();
        let unknown = |context: &&Context| self.contexts.recall(&place(context)).is_none();
        let missing: Vec<Context> = contexts.iter().filter(unknown).cloned().collect();
        self.lookups.keep_contexts(&missing).await?;
        for context in &missing {
            self.contexts.remember(&place(context), (), read);
        }
        Ok(Some(()))
    }
}

fn place(context: &Context) -> ContextPlace {
    (context.environment_id, context.key.clone())
}

impl fmt::Debug for RememberedLookups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RememberedLookups").finish_non_exhaustive()
    }
}

impl ChangeListener for RememberedLookups {
    fn changed(&self, change: &Change) {
        self.forgotten.note(Some(change));
    }

    fn missed(&self) {
        self.forgotten.note(None);
    }
}
