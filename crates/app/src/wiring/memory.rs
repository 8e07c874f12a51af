//! What the program remembers: in this process, and on Redis where there is one.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use secrecy::ExposeSecret;
use tieline_adapter_local::{
    Capacities, LocalChangeFeed, LocalRateLimiter, LocalRecentChecks, RememberedLookups,
};
use tieline_adapter_redis::{
    RedisChangeFeed, RedisMemory, RedisRateLimiter, RedisRecentChecks, RedisReplayStore,
    RedisSettings, RedisUrl,
};
use tieline_domain::ports::{
    ChangeFeed, ChangeListener, Clock, Lookups, RateLimit, RateLimiter, RecentChecks, ReplayStore,
    Stores,
};

use crate::{config::Settings, system::TokioTimer};

/// The ports that stand on memory.
pub(super) struct Memory {
    pub(super) lookups: Arc<dyn Lookups>,
    pub(super) changes: Arc<dyn ChangeFeed>,
    pub(super) replays: Arc<dyn ReplayStore>,
    pub(super) checks: Arc<dyn RecentChecks>,
    pub(super) limiter: Arc<dyn RateLimiter>,
    pub(super) address_limiter: Arc<dyn RateLimiter>,
}

/// Puts memory around the stores. Without Redis, other nodes hear of changes by what `database_feed`
/// makes for whoever is to hear of theirs.
pub(super) async fn remember(
    settings: &Settings,
    stores: &Stores,
    clock: Arc<dyn Clock>,
    database_feed: impl FnOnce(Arc<dyn ChangeListener>) -> Arc<dyn ChangeFeed>,
) -> anyhow::Result<Memory> {
    let lookups = Arc::new(RememberedLookups::new(
        Arc::new(stores.clone()),
        clock.clone(),
        Capacities::default(),
    ));
    let replays = Arc::new(Arc::clone(&stores.idempotency));
    let limiter = Arc::new(LocalRateLimiter::default());
    let address_limiter = Arc::new(LocalRateLimiter::default());
    let checks_live = Duration::from_secs(settings.verify_memory_seconds.into());
    let Some(redis) = connect(settings).await? else {
        let feed = database_feed(lookups.clone());
        return Ok(Memory {
            changes: Arc::new(LocalChangeFeed::new(lookups.clone(), feed)),
            lookups,
            replays,
            checks: Arc::new(LocalRecentChecks::new(clock, checks_live)),
            limiter,
            address_limiter,
        });
    };
    let feed = Arc::new(RedisChangeFeed::start(redis.clone(), lookups.clone()));
    // What one node remembered of what another remembered would be too old.
    let node = Arc::new(LocalRecentChecks::new(clock.clone(), Duration::ZERO));
    let checks = RedisRecentChecks::new(redis.clone(), node, clock, checks_live);
    Ok(Memory {
        changes: Arc::new(LocalChangeFeed::new(lookups.clone(), feed)),
        lookups,
        replays: Arc::new(RedisReplayStore::new(redis.clone(), replays)),
        checks: Arc::new(checks),
        limiter: Arc::new(RedisRateLimiter::new(redis.clone(), limiter)),
        address_limiter: Arc::new(RedisRateLimiter::new(redis, address_limiter)),
    })
}

/// Connects to the Redis of the settings, if there is one.
pub(crate) async fn connect(settings: &Settings) -> anyhow::Result<Option<RedisMemory>> {
    let Some(url) = &settings.redis_url else {
        return Ok(None);
    };
    let url =
        RedisUrl::parse(url.expose_secret()).context("setting redis_url is not usable: it")?;
    let certificates = settings.redis_ca_path.as_ref().map(|path| {
        std::fs::read(path)
            .with_context(|| format!("setting redis_ca_path: cannot read {}", path.display()))
    });
    let own = RedisSettings {
        prefix: settings.redis_prefix.clone(),
        root_certificates: certificates.transpose()?,
    };
    let memory = RedisMemory::connect(&url, own, Arc::new(TokioTimer)).await;
    memory
        .map(Some)
        .context("setting redis_ca_path is not usable: the file")
}

/// Where nothing says how many.
pub(super) const ONE_PER_SECOND: RateLimit = RateLimit {
    burst: 1,
    interval: Duration::from_secs(1),
};

/// So many at once, and as many in a minute; none for 0.
pub(super) fn per_minute(number: u32) -> Option<RateLimit> {
    let interval = Duration::from_mins(1).checked_div(number)?;
    Some(RateLimit {
        burst: number,
        interval,
    })
}

/// So many in a second, with a burst of two seconds' worth; none for 0.
pub(super) fn per_second(number: u32) -> Option<RateLimit> {
    let interval = Duration::from_secs(1).checked_div(number)?;
    Some(RateLimit {
        burst: number * 2,
        interval,
    })
}
