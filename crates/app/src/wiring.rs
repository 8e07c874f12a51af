//! The wiring: which adapter fills which port. The only place that knows two of them.

use std::sync::Arc;

use tieline_adapter_crypto::{KeyRingCursorSealer, KeyRingFlowSealer, KeyRingSealer};
use tieline_adapter_http::{Api, RateLimits};
use tieline_domain::{api_key::ApiKeyUses, broker::Broker};
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
    pub(crate) database: Database,
}

/// Puts the program together: opens the database, checks the keys before anything is written,
/// brings the tables up to date.
pub(crate) async fn wire(settings: &Settings) -> anyhow::Result<Wired> {
    let database = Database::open(settings).await?;
    let stores = database.stores();
    let checks = Arc::clone(&stores.key_checks);
    let migrated = checks.find().await.is_ok();
    if !migrated {
        database.prepare(settings).await?;
    }
    let ring = keys::load(settings, &*checks).await?;
    let sealer = KeyRingSealer::new(&ring);
    keys::check(&sealer, &*checks).await?;
    if migrated {
        database.prepare(settings).await?;
    }

    let cursors = Arc::new(KeyRingCursorSealer::new(&ring));
    let clock = Arc::new(SystemClock);
    let egress = Egress::new(EgressPolicy {
        allow_private_addresses: settings.allow_private_addresses,
        ..EgressPolicy::default()
    })?;
    let endpoints = ProviderEndpoints {
        slack: settings.slack_base_url.clone(),
        entra: settings.entra_base_url.clone(),
        graph: settings.graph_base_url.clone(),
    };
    let feed = |listener| database.changes(listener);
    let memory = memory::remember(settings, &stores, clock.clone(), feed).await?;
    let broker = Broker {
        lookups: memory.lookups,
        replays: memory.replays,
        changes: memory.changes,
        checks: memory.checks,
        stores,
        transactions: database.transactions(),
        key_uses: ApiKeyUses::default(),
        sealer: Arc::new(sealer),
        flow_sealer: Arc::new(KeyRingFlowSealer::new(ring)),
        clock: clock.clone(),
        timer: Arc::new(TokioTimer),
        ids: Arc::new(RandomIds),
        providers: providers(&endpoints, egress, clock),
        redirect_uri: settings.redirect_uri(),
    };
    let limits = RateLimits {
        limiter: memory.limiter,
        mint: memory::per_second(settings.rate_limit_mint),
        other: memory::per_second(settings.rate_limit_other),
    };
    let readiness = Arc::new(database.clone());
    let tasks = TaskTracker::new();
    Ok(Wired {
        api: Api {
            broker,
            cursors,
            limits,
            readiness,
            tasks,
        },
        database,
    })
}
