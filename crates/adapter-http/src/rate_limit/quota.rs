//! What may still be asked, in an answer's headers.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts};
use tieline_domain::ports::{Allowance, RateLimit};

/// draft-ietf-httpapi-ratelimit-headers, as of its tenth revision.
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const QUOTA: HeaderName = HeaderName::from_static("ratelimit");

/// Where a request notes what it took, for the headers of its answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quota(Arc<Mutex<Vec<Taken>>>);

/// What was taken of a limit, and what is left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) name: &'static str,
    pub(crate) limit: RateLimit,
    pub(crate) allowance: Allowance,
}

impl Quota {
    /// Notes it for the answer to this request.
    pub(crate) fn note(parts: &Parts, taken: Taken) {
        if let Some(quota) = parts.extensions.get::<Self>() {
            quota.lock().push(taken);
        }
    }

    /// Tells in an answer's headers what may still be asked.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        let taken = self.lock();
        if taken.is_empty() {
            return;
        }
        insert(headers, POLICY, list(&taken, Taken::policy));
        insert(headers, QUOTA, list(&taken, Taken::quota));
        if let Some(refused) = taken.iter().find(|taken| !taken.allowance.allowed) {
            let wait = seconds(refused.allowance.retry_after).max(1);
            insert(headers, header::RETRY_AFTER, wait.to_string());
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Taken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn policy(&self, list: &mut String) {
        let RateLimit { burst, interval } = self.limit;
        let window = seconds(interval.saturating_mul(burst));
        self.put(list, [(";q=", burst.into()), (";w=", window)]);
    }

    fn quota(&self, list: &mut String) {
        let (limit, allowance) = (self.limit, self.allowance);
        let remaining = allowance.remaining;
        let missing = limit.burst.saturating_sub(remaining.saturating_add(1));
        let reset = limit.interval.saturating_mul(missing);
        let reset = seconds(reset.saturating_add(allowance.retry_after));
        self.put(list, [(";r=", remaining.into()), (";t=", reset)]);
    }

    /// Adds an item with these parameters; not with `write!`, which takes longer than all the rest
    /// of these headers.
    fn put(&self, list: &mut String, parameters: [(&str, u64); 2]) {
        for text in ["\"", self.name, "\""] {
            list.push_str(text);
        }
        for (name, value) in parameters {
            list.push_str(name);
            list.push_str(itoa::Buffer::new().format(value));
        }
    }
}

fn list(taken: &[Taken], put: fn(&Taken, &mut String)) -> String {
    let mut list = String::with_capacity(64);
    for (number, taken) in taken.iter().enumerate() {
        if number > 0 {
            list.push_str(", ");
        }
        put(taken, &mut list);
    }
    list
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
