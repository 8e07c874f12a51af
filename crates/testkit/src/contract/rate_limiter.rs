//! The contract of [`tieline_domain::ports::RateLimiter`].

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tieline_domain::ports::{Allowance, RateLimit, RateLimiter};

use crate::{
    FixedClock,
    contract::concurrency::at_once,
    fixtures::{NOON, seconds_later},
};

mod shared;

pub use shared::*;

/// Puts an adapter through the contract of `RateLimiter`.
#[macro_export]
macro_rules! rate_limiter_contract {
    ($harness:ty) => {
        $crate::port_cases! { rate_limiter $harness [
            a_burst_is_allowed_and_no_more,
            one_more_is_allowed_after_each_interval,
            what_was_refused_was_not_taken,
            all_of_the_burst_is_there_again_in_the_end,
            keys_are_counted_apart,
            of_many_at_once_exactly_the_burst_is_allowed,
            a_clock_that_was_put_back_costs_a_burst_at_the_most,
            a_limit_that_was_lowered_holds_at_once,
        ] }
    };
}

/// Puts an adapter of nodes that share a server through what they do without it.
#[macro_export]
macro_rules! shared_rate_limiter_contract {
    ($harness:ty) => {
        $crate::shared_cases! { rate_limiter shared_rate_limiter $harness [
            without_the_server_each_node_counts_for_itself,
            once_the_server_is_back_nodes_count_together,
        ] }
    };
}

const LIMIT: RateLimit = RateLimit {
    burst: 3,
    interval: Duration::from_secs(2),
};

type Limiter = Arc<dyn RateLimiter>;

fn millis_later(millis: i64) -> Timestamp {
    NOON + SignedDuration::from_millis(millis)
}

fn allowance(allowed: bool, remaining: u32, retry_after_ms: u64) -> Allowance {
    Allowance {
        allowed,
        remaining,
        retry_after: Duration::from_millis(retry_after_ms),
    }
}

pub async fn a_burst_is_allowed_and_no_more(limiter: Limiter, _: &FixedClock) {
    for (allowed, remaining) in [(true, 2), (true, 1), (true, 0), (false, 0)] {
        let taken = limiter.take("key", LIMIT, NOON).await;
        assert_eq!(taken, allowance(allowed, remaining, 2000));
    }
}

pub async fn one_more_is_allowed_after_each_interval(limiter: Limiter, _: &FixedClock) {
    for _ in 0..3 {
        limiter.take("key", LIMIT, NOON).await;
    }
    let steps = [
        (1999, false, 1),
        (2000, true, 2000),
        (2000, false, 2000),
        (3500, false, 500),
        (4000, true, 2000),
        (5000, false, 1000),
    ];
    for (at, allowed, retry_after) in steps {
        let taken = limiter.take("key", LIMIT, millis_later(at)).await;
        assert_eq!(taken, allowance(allowed, 0, retry_after), "{at}");
    }
}

pub async fn what_was_refused_was_not_taken(limiter: Limiter, _: &FixedClock) {
    for _ in 0..50 {
        limiter.take("key", LIMIT, NOON).await;
    }
    let taken = limiter.take("key", LIMIT, seconds_later(2)).await;
    assert!(taken.allowed);
}

pub async fn all_of_the_burst_is_there_again_in_the_end(limiter: Limiter, _: &FixedClock) {
    for _ in 0..3 {
        limiter.take("key", LIMIT, NOON).await;
    }
    for later in [6, 7000] {
        for remaining in [2, 1, 0] {
            let taken = limiter.take("key", LIMIT, seconds_later(later)).await;
            assert_eq!(taken, allowance(true, remaining, 2000));
        }
    }
}

pub async fn keys_are_counted_apart(limiter: Limiter, _: &FixedClock) {
    for _ in 0..3 {
        limiter.take("key", LIMIT, NOON).await;
    }
    for key in ["other", "key:", "Key", ""] {
        let taken = limiter.take(key, LIMIT, NOON).await;
        assert_eq!(taken, allowance(true, 2, 2000), "{key:?}");
    }
}

pub async fn of_many_at_once_exactly_the_burst_is_allowed(limiter: Limiter, _: &FixedClock) {
    let limit = RateLimit {
        burst: 20,
        interval: Duration::from_secs(1),
    };
    let taken = at_once(100, |_| {
        let limiter = Arc::clone(&limiter);
        async move { limiter.take("key", limit, NOON).await }
    })
    .await;
    let mut remaining: Vec<u32> = taken
        .iter()
        .filter(|taken| taken.allowed)
        .map(|taken| taken.remaining)
        .collect();
    remaining.sort_unstable();
    assert_eq!(remaining, (0..20).collect::<Vec<u32>>());
}

pub async fn a_clock_that_was_put_back_costs_a_burst_at_the_most(limiter: Limiter, _: &FixedClock) {
    limiter.take("key", LIMIT, seconds_later(3600)).await;
    let taken = limiter.take("key", LIMIT, NOON).await;
    assert_eq!(taken, allowance(false, 0, 2000));
    let taken = limiter.take("key", LIMIT, seconds_later(2)).await;
    assert_eq!(taken, allowance(true, 0, 2000));
}

pub async fn a_limit_that_was_lowered_holds_at_once(limiter: Limiter, _: &FixedClock) {
    let lower = RateLimit { burst: 1, ..LIMIT };
    limiter.take("key", LIMIT, NOON).await;
    let taken = limiter.take("key", lower, NOON).await;
    assert_eq!(taken, allowance(false, 0, 2000));
}
