//! Many connections at once.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use jiff::SignedDuration;
use tieline_domain::ports::{Clock, RateLimit};

use super::{Bench, StrictProvider};
use crate::bench::for_ada;

const HERD: u32 = 200;

/// A limiter that counts as a bucket does, for one key.
struct Bucket(std::sync::Mutex<(f64, Option<jiff::Timestamp>)>);

#[async_trait::async_trait]
impl tieline_domain::ports::RateLimiter for Bucket {
    async fn take(
        &self,
        _: &str,
        limit: RateLimit,
        now: jiff::Timestamp,
    ) -> tieline_domain::ports::Allowance {
        let mut bucket = self.0.lock().unwrap();
        let passed = bucket
            .1
            .map_or(0.0, |at| now.duration_since(at).as_secs_f64());
        let full = f64::from(limit.burst);
        bucket.0 = (bucket.0 + passed / limit.interval.as_secs_f64()).min(full);
        bucket.1 = Some(now);
        let allowed = bucket.0 >= 1.0;
        if allowed {
            bucket.0 -= 1.0;
        }
        tieline_domain::ports::Allowance {
            allowed,
            remaining: 0,
            retry_after: limit.interval,
        }
    }
}

/// R6: all tokens die at once, after an outage of a day, and the provider is asked no more often
/// than the budget allows.
#[tokio::test]
async fn a_herd_that_is_due_at_once_keeps_to_the_budget() {
    let mut bench = Bench::start().await;
    let provider = StrictProvider::new(&bench.clock);
    bench.broker.providers = provider.providers();
    for number in 0..HERD {
        provider.next_is(&format!("T{number}"));
        bench.connect(for_ada("slack")).await;
    }
    bench.later(SignedDuration::from_hours(24));
    let budget = RateLimit {
        burst: 16,
        interval: Duration::from_millis(125),
    };
    bench.broker.limiter = Arc::new(Bucket(std::sync::Mutex::new((16.0, None))));
    bench.broker.upkeep_budget = budget;
    let begun = bench.clock.now();
    while provider.refreshes.load(Ordering::Relaxed) < HERD {
        bench.look_after_all().await;
        bench.later(SignedDuration::from_millis(125));
        let passed = bench.clock.now().duration_since(begun).as_secs_f64();
        let asked = f64::from(provider.refreshes.load(Ordering::Relaxed));
        assert!(asked <= 16.0 + passed * 8.0, "{asked} after {passed} s");
        assert!(passed < 60.0, "the herd is not worked off: {asked}");
    }
    // What was due is spread from then on.
    let due: std::collections::BTreeSet<_> = bench
        .connections()
        .await
        .into_iter()
        .map(|c| c.upkeep.due_at)
        .collect();
    assert!(due.len() > HERD as usize / 4, "{}", due.len());
}
