//! How much one environment may ask, so that none of them starves the others.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{
    extract::MatchedPath,
    http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts},
};
use tieline_domain::{
    id::EnvironmentId,
    ports::{Allowance, RateLimit, RateLimiter},
    reason::Reason,
};

use crate::{
    api::Api,
    error::ApiError,
    routes::{connect_oauth, link_oauth},
};

/// draft-ietf-httpapi-ratelimit-headers, as of its tenth revision.
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const QUOTA: HeaderName = HeaderName::from_static("ratelimit");

/// The routes that mint a URL.
const MINTS: [&str; 3] = [
    connect_oauth::PATH,
    link_oauth::LINK_PATH,
    link_oauth::CHAT_PATH,
];

/// What one environment may ask, whichever of its keys it asks with.
#[derive(Clone)]
pub struct RateLimits {
    /// Who counts.
    pub limiter: Arc<dyn RateLimiter>,
    /// Requests that mint a URL; none where that is not limited.
    pub mint: Option<RateLimit>,
    /// All other requests with a key.
    pub other: Option<RateLimit>,
}

impl RateLimits {
    /// Nothing is limited.
    #[must_use]
    pub fn off() -> Self {
        Self {
            limiter: Arc::new(()),
            mint: None,
            other: None,
        }
    }
}

impl fmt::Debug for RateLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimits")
            .field("mint", &self.mint)
            .field("other", &self.other)
            .finish_non_exhaustive()
    }
}

/// Where a request notes what it may still ask, for the headers of its answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quota(Arc<OnceLock<Taken>>);

#[derive(Clone, Copy, Debug)]
struct Taken {
    name: &'static str,
    limit: RateLimit,
    allowance: Allowance,
}

/// Takes one of what the environment may ask, or refuses.
pub(crate) async fn take(
    parts: &Parts,
    api: &Api,
    environment: EnvironmentId,
) -> Result<(), ApiError> {
    let route = parts.extensions.get::<MatchedPath>();
    let mints = route.is_some_and(|route| MINTS.contains(&route.as_str()));
    let limits = &api.limits;
    let (name, limit) = if mints {
        ("mint", limits.mint)
    } else {
        ("other", limits.other)
    };
    let Some(limit) = limit else { return Ok(()) };
    let (key, now) = (format!("{name}:{environment}"), api.broker.clock.now());
    let allowance = limits.limiter.take(&key, limit, now).await;
    if let Some(quota) = parts.extensions.get::<Quota>() {
        quota.note(Taken {
            name,
            limit,
            allowance,
        });
    }
    if allowance.allowed {
        Ok(())
    } else {
        Err(Reason::RateLimited.into())
    }
}

impl Quota {
    fn note(&self, taken: Taken) {
        // One request asks once.
        let _ = self.0.set(taken);
    }

    /// Tells in an answer's headers what may still be asked.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        let Some(taken) = self.0.get() else { return };
        let Taken {
            name,
            limit,
            allowance,
        } = taken;
        let burst = limit.burst;
        let window = seconds(limit.interval.saturating_mul(burst));
        insert(headers, POLICY, format!("\"{name}\";q={burst};w={window}"));
        let remaining = allowance.remaining;
        let missing = burst.saturating_sub(remaining.saturating_add(1));
        let reset = limit.interval.saturating_mul(missing);
        let reset = seconds(reset.saturating_add(allowance.retry_after));
        insert(
            headers,
            QUOTA,
            format!("\"{name}\";r={remaining};t={reset}"),
        );
        if !allowance.allowed {
            let wait = seconds(allowance.retry_after).max(1);
            insert(headers, header::RETRY_AFTER, wait.to_string());
        }
    }
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: String) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

/// Whole seconds, of which a part is one.
fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
