//! All storage ports in memory: for tests of use cases and routes, which need stores that keep
//! what they promise, quickly. It passes the same contract suites as every adapter.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex as StdMutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;

use tieline_domain::{
    api_key::ApiKey,
    attempt::ConnectAttempt,
    audit::AuditEvent,
    connection::ChannelConnection,
    context::Context,
    endpoint::ChannelEndpoint,
    environment::{Environment, Organization},
    id::{EnvironmentId, FlowId, IntegrationId},
    idempotency::IdempotencyRecord,
    integration::Integration,
    page::{From, Order, Page, PageRequest, Position},
    ports::{RecordError, StoreError, Stores, Transaction, Transactions},
    revocation::Revocation,
    sealed::Sealed,
    subscriber::{Subscriber, SubscriberId},
};
use tokio::sync::{Mutex, MutexGuard, OwnedMutexGuard};

mod accounts;
mod attempts;
mod audit;
mod connections;
mod contexts;
mod endpoints;
mod integrations;
mod records;
mod revocations;
mod sealed_values;
mod subscribers;
mod upkeep;

/// Storage in memory.
#[derive(Debug, Default)]
pub struct MemoryStorage {
    tables: Arc<Mutex<Tables>>,
    outage: Arc<StdMutex<Outage>>,
    /// Whether these are the tables of a transaction that is over.
    ended: AtomicBool,
}

/// Which of the coming calls fail.
#[derive(Clone, Copy, Debug, Default)]
struct Outage {
    /// So many more succeed.
    spared: u32,
    /// And then so many fail.
    failing: u32,
}

#[derive(Clone, Debug, Default)]
struct Tables {
    organizations: Vec<Organization>,
    environments: Vec<Environment>,
    api_keys: Vec<ApiKey>,
    integrations: Vec<Integration>,
    subscribers: Vec<Subscriber>,
    contexts: Vec<Context>,
    attempts: BTreeMap<FlowId, ConnectAttempt>,
    connections: Vec<ChannelConnection>,
    revocations: Vec<Revocation>,
    audit_events: Vec<AuditEvent>,
    endpoints: Vec<ChannelEndpoint>,
    idempotency: Vec<IdempotencyRecord>,
    key_check: Option<Sealed>,
}

impl MemoryStorage {
    /// Fresh storage.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The stores in it.
    #[must_use]
    pub fn stores(self: &Arc<Self>) -> Stores {
        Stores {
            environments: self.clone(),
            api_keys: self.clone(),
            integrations: self.clone(),
            subscribers: self.clone(),
            contexts: self.clone(),
            attempts: self.clone(),
            connections: self.clone(),
            upkeep: self.clone(),
            revocations: self.clone(),
            audit: self.clone(),
            endpoints: self.clone(),
            idempotency: self.clone(),
            key_checks: self.clone(),
            sealed_values: self.clone(),
        }
    }

    /// Makes the next so many calls fail, as if the database were away.
    pub fn fail(&self, calls: u32) {
        self.plan(Outage {
            spared: 0,
            failing: calls,
        });
    }

    /// Lets the next so many calls succeed and makes all after them fail.
    pub fn fail_after(&self, calls: u32) {
        self.plan(Outage {
            spared: calls,
            failing: u32::MAX,
        });
    }

    fn plan(&self, outage: Outage) {
        *self.outage.lock().unwrap_or_else(PoisonError::into_inner) = outage;
    }

    async fn tables(&self) -> Result<MutexGuard<'_, Tables>, StoreError> {
        if self.is_away() {
            return Err(StoreError::Unavailable("the outage of a test".into()));
        }
        if self.ended.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("the transaction has ended".into()));
        }
        Ok(self.tables.lock().await)
    }

    fn is_away(&self) -> bool {
        let mut outage = self.outage.lock().unwrap_or_else(PoisonError::into_inner);
        if outage.failing == 0 {
            return false;
        }
        if let Some(spared) = outage.spared.checked_sub(1) {
            outage.spared = spared;
            return false;
        }
        outage.failing -= 1;
        true
    }
}

impl Tables {
    fn has_integration(&self, environment: EnvironmentId, id: IntegrationId) -> bool {
        let mut own = self.integrations.iter();
        own.any(|integration| integration.environment_id == environment && integration.id == id)
    }

    fn has_environment(&self, id: EnvironmentId) -> bool {
        self.environments
            .iter()
            .any(|environment| environment.id == id)
    }

    fn check_subscriber(
        &self,
        environment: EnvironmentId,
        id: &SubscriberId,
    ) -> Result<(), RecordError> {
        let known = |s: &Subscriber| s.environment_id == environment && s.subscriber_id == *id;
        if self.subscribers.iter().any(known) {
            Ok(())
        } else {
            Err(RecordError::SubscriberGone)
        }
    }

    /// Deletes the connections for which `goes` says so, and the endpoints in them.
    fn delete_connections(&mut self, goes: impl Fn(&ChannelConnection) -> bool) {
        let (gone, kept): (Vec<_>, Vec<_>) = self.connections.drain(..).partition(goes);
        self.connections = kept;
        let inside = |endpoint: &ChannelEndpoint| {
            gone.iter().any(|connection| {
                connection.environment_id == endpoint.environment_id
                    && Some(&connection.identifier) == endpoint.connection_identifier.as_ref()
            })
        };
        self.endpoints.retain(|endpoint| !inside(endpoint));
    }
}

#[async_trait]
impl Transactions for MemoryStorage {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        drop(self.tables().await?);
        let tables = Arc::clone(&self.tables).lock_owned().await;
        let inside = Arc::new(Self {
            tables: Arc::new(Mutex::new(tables.clone())),
            outage: Arc::clone(&self.outage),
            ended: AtomicBool::new(false),
        });
        Ok(Box::new(MemoryTransaction {
            tables,
            stores: inside.stores(),
            inside,
        }))
    }
}

/// A copy of the tables, whose originals are locked until its end.
struct MemoryTransaction {
    tables: OwnedMutexGuard<Tables>,
    inside: Arc<MemoryStorage>,
    stores: Stores,
}

#[async_trait]
impl Transaction for MemoryTransaction {
    fn stores(&self) -> &Stores {
        &self.stores
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        let inside = self.inside.tables().await?.clone();
        *self.tables = inside;
        Ok(())
    }
}

impl Drop for MemoryTransaction {
    fn drop(&mut self) {
        self.inside.ended.store(true, Ordering::SeqCst);
    }
}

/// What a database's foreign keys would say.
fn dangling(what: &str) -> StoreError {
    StoreError::Unavailable(format!("there is no such {what}").into())
}

/// The page of `rows` that a request asks for.
fn page_of<T>(
    mut rows: Vec<T>,
    request: &PageRequest,
    position: impl Fn(&T) -> Position,
) -> Page<T> {
    let key = |row: &T| (position(row).created_at, position(row).id);
    rows.sort_by_key(&key);
    if request.order == Order::Descending {
        rows.reverse();
    }
    let total = rows.len() as u64;
    let follows = |row: &T, border: Position| match request.order {
        Order::Ascending => key(row) > (border.created_at, border.id),
        Order::Descending => key(row) < (border.created_at, border.id),
    };
    let precedes = |row: &T, border: Position| {
        key(row) != (border.created_at, border.id) && !follows(row, border)
    };
    match request.from {
        From::Start => {}
        From::After(border) => rows.retain(|row| follows(row, border)),
        From::Before(border) => {
            rows.retain(|row| precedes(row, border));
            rows.reverse();
        }
    }
    rows.truncate(request.limit as usize + 1);
    Page::of(rows, request, total, position)
}

/// Whether a filter that may be absent lets a value pass.
fn passes<T: PartialEq>(filter: Option<&T>, value: Option<&T>) -> bool {
    filter.is_none() || filter == value
}
