//! The broker: the ports gathered in one place, on which the use cases run.

use std::{
    fmt, mem,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;

use crate::{
    api_key::ApiKeyUses,
    audit::Actor,
    connection::{AppTokens, ProviderPauses},
    integration::{Credentials, Integration},
    ports::{
        Change, ChangeFeed, Clock, FlowSealer, IdGenerator, Lookups, OpenError, RateLimit,
        RateLimiter, RecentChecks, RefreshJournal, ReplayStore, Sealer, StoreError, Stores, Timer,
        Transaction, Transactions,
    },
    provider::{ConnectPolicy, Provider, Providers},
    reason::Reason,
    usecase::{Refusal, UseCaseError},
};

/// Does what Tieline does, on the ports, in somebody's name. Each use case is a method, in a file
/// of its own under [`crate::usecase`]. Cheap to clone.
#[derive(Clone)]
pub struct Broker {
    ports: Arc<Ports>,
    actor: Actor,
}

/// The ports, and what else all use cases share.
#[derive(Clone)]
pub struct Ports {
    /// The stores.
    pub stores: Stores,
    /// What every mint looks up in them.
    pub lookups: Arc<dyn Lookups>,
    /// Tells all nodes what changed.
    pub changes: Arc<dyn ChangeFeed>,
    /// Where the answers of mints are kept for their repetition.
    pub replays: Arc<dyn ReplayStore>,
    /// What providers said of connections a moment ago.
    pub checks: Arc<dyn RecentChecks>,
    /// Transactions on the same storage.
    pub transactions: Arc<dyn Transactions>,
    /// Keeps new tokens between their issue and their being stored.
    pub journal: Arc<dyn RefreshJournal>,
    /// Counts what is asked of providers.
    pub limiter: Arc<dyn RateLimiter>,
    /// How often the upkeep asks the provider of one integration.
    pub upkeep_budget: RateLimit,
    /// Which integrations' providers are to be left alone for a while.
    pub pauses: ProviderPauses,
    /// The tokens of apps that authenticate by themselves.
    pub app_tokens: AppTokens,
    /// When API keys were used.
    pub key_uses: ApiKeyUses,
    /// Seals secrets for storage.
    pub sealer: Arc<dyn Sealer>,
    /// Seals flows into states.
    pub flow_sealer: Arc<dyn FlowSealer>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Lets time pass.
    pub timer: Arc<dyn Timer>,
    /// Makes ids.
    pub ids: Arc<dyn IdGenerator>,
    /// The providers.
    pub providers: Providers,
    /// Our callback, as registered with the providers. Comes from configuration alone.
    pub redirect_uri: String,
}

impl From<Ports> for Broker {
    /// A broker on these ports, that does what it does of its own accord.
    fn from(ports: Ports) -> Self {
        Self {
            ports: Arc::new(ports),
            actor: Actor::System,
        }
    }
}

impl Deref for Broker {
    type Target = Ports;

    fn deref(&self) -> &Ports {
        &self.ports
    }
}

impl DerefMut for Broker {
    /// Ports of its own, which no clone shares.
    fn deref_mut(&mut self) -> &mut Ports {
        Arc::make_mut(&mut self.ports)
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker")
            .field("ports", &self.ports)
            .field("actor", &self.actor)
            .finish()
    }
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ports")
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}

/// A transaction, and a broker that does everything in it.
pub struct Within {
    /// The broker. What it tells of changes is told when they are committed.
    pub broker: Broker,
    transaction: Box<dyn Transaction>,
    held: Arc<HeldChanges>,
    feed: Arc<dyn ChangeFeed>,
}

impl Within {
    /// Commits what the broker did.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.transaction.commit().await?;
        for change in self.held.take() {
            self.feed.publish(change).await;
        }
        Ok(())
    }
}

impl fmt::Debug for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Within").finish_non_exhaustive()
    }
}

/// Changes that are not committed yet.
#[derive(Debug, Default)]
struct HeldChanges(Mutex<Vec<Change>>);

impl HeldChanges {
    fn take(&self) -> Vec<Change> {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl ChangeFeed for HeldChanges {
    async fn publish(&self, change: Change) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.push(change);
    }
}

/// Within a transaction what begins is a part of it: it is committed with the whole, and only
/// then.
struct Joined(Stores);

#[async_trait]
impl Transactions for Joined {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        Ok(Box::new(Self(self.0.clone())))
    }
}

#[async_trait]
impl Transaction for Joined {
    fn stores(&self) -> &Stores {
        &self.0
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Broker {
    /// The same broker, doing what this actor does.
    #[must_use]
    pub fn acting_as(&self, actor: Actor) -> Self {
        Self {
            ports: Arc::clone(&self.ports),
            actor,
        }
    }

    /// In whose name it does what it does.
    pub(crate) fn actor(&self) -> Actor {
        self.actor
    }

    /// Begins a transaction, and the same broker on its stores. Of a broker that is in one
    /// already, it is a part of that.
    pub async fn begin(&self) -> Result<Within, StoreError> {
        let transaction = self.transactions.begin().await?;
        let stores = transaction.stores().clone();
        let changes = Arc::new(HeldChanges::default());
        let ports = Ports {
            lookups: Arc::new(stores.clone()),
            transactions: Arc::new(Joined(stores.clone())),
            stores,
            changes: changes.clone(),
            ..Ports::clone(self)
        };
        let broker = Self::from(ports).acting_as(self.actor);
        Ok(Within {
            broker,
            transaction,
            held: changes,
            feed: Arc::clone(&self.changes),
        })
    }

    /// Does `work` in a transaction, and commits what it did unless it fails.
    pub(crate) async fn within<T>(
        &self,
        work: impl AsyncFnOnce(Self) -> Result<T, UseCaseError>,
    ) -> Result<T, UseCaseError> {
        let within = self.begin().await?;
        let made = work(within.broker.clone()).await?;
        within.commit().await?;
        Ok(made)
    }

    /// The provider of an integration, and its OAuth flow.
    pub(crate) fn flow_of<'a>(
        &'a self,
        integration: &Integration,
    ) -> Result<(&'a Provider, &'a ConnectPolicy), Refusal> {
        let unsupported = || {
            let message = format!("OAuth not supported for provider: {}", integration.provider);
            Refusal::new(Reason::OauthNotSupported, message)
        };
        let provider = self
            .providers
            .find(&integration.provider)
            .ok_or_else(unsupported)?;
        let connect = provider.policy.connect.as_ref().ok_or_else(unsupported)?;
        Ok((provider, connect))
    }

    /// An integration's credentials in the clear.
    pub(crate) fn open_credentials(
        &self,
        integration: &Integration,
    ) -> Result<Credentials, UseCaseError> {
        use secrecy::ExposeSecret;
        let json = self
            .sealer
            .open(&integration.credentials, &integration.credentials_place())?;
        Credentials::from_json(json.expose_secret())
            .map_err(|_| UseCaseError::Open(OpenError::Refused))
    }
}
