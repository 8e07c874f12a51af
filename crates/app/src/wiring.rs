//! The wiring: which adapter fills which port. The only place that knows two of them.

use std::sync::Arc;

use tieline_adapter_crypto::{KeyRingCursorSealer, KeyRingFlowSealer, KeyRingSealer};
use tieline_adapter_http::{Api, Lockout, RateLimits, Totals, WorkLimit};
use tieline_adapter_local::{FileRefreshJournal, GroupedIdempotencyStore};
use tieline_domain::{
    api_key::ApiKeyUses,
    broker::{Broker, Ports},
    connection::{AppTokens, ProviderPauses},
    ports::{RefreshJournal, SealingKeys},
};
use tieline_providers::{Egress, EgressPolicy, ProviderEndpoints, providers};
use tokio_util::task::TaskTracker;

use crate::{
    config::Settings,
    keys,
    system::{RandomIds, SystemClock, TokioTimer},
};

mod database;
pub(crate) mod memory;

pub(crate) use database::{Database, is_postgres};

/// The parts of a running program.
pub(crate) struct Wired {
    pub(crate) api: Api,
    /// Whether this node looks after connections.
    pub(crate) does_upkeep: bool,
    pub(crate) database: Database,
    /// The keys that seal, and which of them does.
    pub(crate) keys: Arc<dyn SealingKeys>,
}

/// Puts the program together: reads the keys, opens the database, checks that they belong together
/// before anything is written, brings the tables up to date.
pub(crate) async fn wire(settings: &Settings) -> anyhow::Result<Wired> {
    let keys = keys::load(settings).await?;
    let database = Database::open(settings).await?;
    let mut stores = database.stores();
    stores.idempotency = Arc::new(GroupedIdempotencyStore::new(stores.idempotency));
    let checks = Arc::clone(&stores.key_checks);
    let migrated = checks.find().await.is_ok();
    if !migrated {
        database.prepare(settings).await?;
    }
    keys.keep(&*checks).await?;
    let ring = keys.ring;
    let sealer = Arc::new(KeyRingSealer::new(&ring));
    keys::check(&*sealer, &*checks).await?;
    if migrated {
        database.prepare(settings).await?;
    }

    let cursors = Arc::new(KeyRingCursorSealer::new(&ring));
    let clock = Arc::new(SystemClock);
    let timer = Arc::new(TokioTimer);
    let egress = Egress::new(EgressPolicy {
        allow_private_addresses: settings.allow_private_addresses,
        ..EgressPolicy::default()
    })?;
    let endpoints = ProviderEndpoints {
        slack: settings.slack_base_url.clone(),
        entra: settings.entra_base_url.clone(),
        graph: settings.graph_base_url.clone(),
        bot_framework: settings.bot_framework_base_url.clone(),
    };
    let feed = |listener| database.changes(listener);
    let memory = memory::remember(settings, &stores, clock.clone(), feed).await?;
    let upkeep_budget = memory::per_second(settings.upkeep_rate);
    let broker = Broker::from(Ports {
        lookups: memory.lookups,
        replays: memory.replays,
        changes: memory.changes,
        checks: memory.checks,
        stores,
        transactions: database.transactions(),
        journal: journal(settings),
        limiter: memory.limiter.clone(),
        upkeep_budget: upkeep_budget.unwrap_or(memory::ONE_PER_SECOND),
        pauses: ProviderPauses::default(),
        app_tokens: AppTokens::default(),
        key_uses: ApiKeyUses::default(),
        sealer: sealer.clone(),
        flow_sealer: Arc::new(KeyRingFlowSealer::new(ring)),
        clock: clock.clone(),
        timer: timer.clone(),
        ids: Arc::new(RandomIds),
        providers: providers(&endpoints, egress, clock, timer),
        redirect_uri: settings.redirect_uri(),
    });
    let limits = RateLimits {
        limiter: memory.limiter,
        mint: memory::per_second(settings.rate_limit_mint),
        other: memory::per_second(settings.rate_limit_other),
        key: memory::per_second(settings.rate_limit_key),
        address_limiter: memory.address_limiter,
        pages: memory::per_second(settings.rate_limit_pages),
        failures: memory::per_minute(settings.rate_limit_failures),
    };
    let readiness = Arc::new(database.clone());
    let tasks = TaskTracker::new();
    Ok(Wired {
        api: Api {
            broker,
            cursors,
            limits,
            lockout: Lockout::default(),
            totals: Totals::default(),
            work: WorkLimit::of(settings.concurrent_requests()),
            proxies: settings.trusted_proxies()?,
            readiness,
            tasks,
        },
        does_upkeep: upkeep_budget.is_some(),
        database,
        keys: sealer,
    })
}

/// The journal in the data folder. A node that has no place for one does without.
fn journal(settings: &Settings) -> Arc<dyn RefreshJournal> {
    let folder = settings.data_dir.join("journal");
    match FileRefreshJournal::open(&folder) {
        Ok(journal) => Arc::new(journal),
        Err(error) => {
            tracing::warn!(folder = %folder.display(), %error, "no journal: a crash in the middle of a refresh costs the connection its token");
            Arc::new(())
        }
    }
}
