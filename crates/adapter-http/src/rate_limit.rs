//! How much may be asked: by one environment, so that none of them starves the others, by one key,
//! so that none starves the others of its environment, and by one address, of those who have no key.

use std::{fmt, sync::Arc};

use axum::{extract::MatchedPath, http::request::Parts};
use tieline_domain::{
    api_key::ApiKey,
    ports::{RateLimit, RateLimiter},
    reason::Reason,
};

use crate::{
    api::Api,
    error::ApiError,
    routes::{channel_connections, connect_oauth, link_oauth},
};

mod quota;

pub(crate) use quota::{Quota, Taken};

/// The routes that mint a URL.
const MINTS: [&str; 4] = [
    connect_oauth::PATH,
    channel_connections::reconnect::PATH,
    link_oauth::LINK_PATH,
    link_oauth::CHAT_PATH,
];

/// What may be asked; none where something is not limited.
#[derive(Clone)]
pub struct RateLimits {
    /// Who counts what environments and keys ask.
    pub limiter: Arc<dyn RateLimiter>,
    /// Requests that mint a URL, of one environment, whichever of its keys it asks with.
    pub mint: Option<RateLimit>,
    /// All other requests with a key, likewise.
    pub other: Option<RateLimit>,
    /// All requests with one key.
    pub key: Option<RateLimit>,
    /// Who counts what comes from one address: another one, since anybody can come from many
    /// addresses, and must not have the counts of environments forgotten for it.
    pub address_limiter: Arc<dyn RateLimiter>,
    /// Callbacks and pages, from one address.
    pub pages: Option<RateLimit>,
    /// Requests whose key is missing or wrong, from one address.
    pub failures: Option<RateLimit>,
}

impl RateLimits {
    /// Nothing is limited.
    #[must_use]
    pub fn off() -> Self {
        Self {
            limiter: Arc::new(()),
            mint: None,
            other: None,
            key: None,
            address_limiter: Arc::new(()),
            pages: None,
            failures: None,
        }
    }
}

impl fmt::Debug for RateLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimits")
            .field("mint", &self.mint)
            .field("other", &self.other)
            .field("key", &self.key)
            .field("pages", &self.pages)
            .field("failures", &self.failures)
            .finish_non_exhaustive()
    }
}

/// Takes one of what the key may ask, and one of what its environment may, or refuses.
pub(crate) async fn take(parts: &Parts, api: &Api, key: &ApiKey) -> Result<(), ApiError> {
    let route = parts.extensions.get::<MatchedPath>();
    let mints = route.is_some_and(|route| MINTS.contains(&route.as_str()));
    let limits = &api.limits;
    let (class, of_environment) = if mints {
        ("mint", limits.mint)
    } else {
        ("other", limits.other)
    };
    // The key first: what it is refused its environment, and so its other keys, do not pay for.
    take_one(parts, api, "key", limits.key, key.id).await?;
    take_one(parts, api, class, of_environment, key.environment_id).await
}

async fn take_one(
    parts: &Parts,
    api: &Api,
    name: &'static str,
    limit: Option<RateLimit>,
    whose: impl fmt::Display,
) -> Result<(), ApiError> {
    let Some(limit) = limit else { return Ok(()) };
    let (key, now) = (format!("{name}:{whose}"), api.broker.clock.now());
    let allowance = api.limits.limiter.take(&key, limit, now).await;
    let taken = Taken {
        name,
        limit,
        allowance,
    };
    Quota::note(parts, taken);
    if allowance.allowed {
        Ok(())
    } else {
        Err(Reason::RateLimited.into())
    }
}
