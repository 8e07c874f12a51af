//! Many connections at once.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use jiff::SignedDuration;
use tieline_domain::ports::{Clock, RateLimit};

use super::{Bench, StrictProvider};
use crate::bench::for_ada;

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
async fn a_herd_keeps_to_the_budget(herd: u32, per_second: u32) {
    let mut bench = Bench::start().await;
    let provider = StrictProvider::new(&bench.clock);
    bench.broker.providers = provider.providers();
    for number in 0..herd {
        provider.next_is(&format!("T{number}"));
        bench.connect(for_ada("slack")).await;
    }
    bench.later(SignedDuration::from_hours(24));
    let burst = f64::from(2 * per_second);
    bench.broker.limiter = Arc::new(Bucket(std::sync::Mutex::new((burst, None))));
    bench.broker.upkeep_budget = RateLimit {
        burst: 2 * per_second,
        interval: Duration::from_secs(1) / per_second,
    };
    let begun = bench.clock.now();
    let seconds = f64::from(herd) / f64::from(per_second);
    while provider.refreshes.load(Ordering::Relaxed) < herd {
        bench.look_after_all().await;
        bench.later(SignedDuration::from_millis(125));
        let passed = bench.clock.now().duration_since(begun).as_secs_f64();
        let asked = f64::from(provider.refreshes.load(Ordering::Relaxed));
        let allowed = burst + passed * f64::from(per_second);
        assert!(asked <= allowed, "{asked} after {passed} s");
        assert!(
            passed < 2.0 * seconds,
            "the herd is not worked off: {asked}"
        );
    }
    // What was due is spread from then on.
    let listed = bench.connections().await;
    let due: std::collections::BTreeSet<_> = listed.iter().map(|c| c.upkeep.due_at).collect();
    assert!(due.len() > listed.len() / 4, "{}", due.len());
}

#[tokio::test]
async fn a_herd_that_is_due_at_once_keeps_to_the_budget() {
    a_herd_keeps_to_the_budget(200, 8).await;
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn a_herd_of_ten_thousand_keeps_to_the_budget() {
    a_herd_keeps_to_the_budget(10_000, 500).await;
}
