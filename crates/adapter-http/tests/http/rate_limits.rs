//! What one environment and one key may ask at once.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::json;
use tieline_adapter_http::RateLimits;
use tieline_domain::{
    api_key::ApiKeyRole,
    ports::{Allowance, RateLimit, RateLimiter},
};
use tieline_testkit::{MemoryStorage, fixtures::NOON};

use crate::bench::{Bench, Counter, for_ada};

const MINT: RateLimit = RateLimit {
    burst: 400,
    interval: Duration::from_millis(5),
};

const OTHER: RateLimit = RateLimit {
    burst: 3,
    interval: Duration::from_millis(1500),
};

/// Answers always the same, and notes what was asked.
struct Says {
    allowance: Allowance,
    asked: Mutex<Vec<(String, RateLimit, Timestamp)>>,
}

#[async_trait::async_trait]
impl RateLimiter for Says {
    async fn take(&self, key: &str, limit: RateLimit, now: Timestamp) -> Allowance {
        let mut asked = self.asked.lock().unwrap();
        asked.push((key.to_owned(), limit, now));
        self.allowance
    }
}

fn refused() -> Allowance {
    Allowance {
        allowed: false,
        remaining: 0,
        retry_after: Duration::from_millis(1200),
    }
}

fn limited(mut bench: Bench, allowance: Allowance) -> (Bench, Arc<Says>) {
    let limiter = Arc::new(Says {
        allowance,
        asked: Mutex::default(),
    });
    bench.api.limits = RateLimits {
        limiter: limiter.clone(),
        mint: Some(MINT),
        other: Some(OTHER),
        ..RateLimits::off()
    };
    (bench, limiter)
}

#[tokio::test]
async fn an_environment_is_told_what_it_may_still_ask() {
    let allowance = Allowance {
        allowed: true,
        remaining: 1,
        retry_after: Duration::from_millis(1500),
    };
    let (bench, limiter) = limited(Bench::start().await, allowance);
    let answer = bench.get("/v1/channel-connections").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("ratelimit-policy"), Some("\"other\";q=3;w=5"));
    assert_eq!(answer.header("ratelimit"), Some("\"other\";r=1;t=3"));
    assert_eq!(answer.header("retry-after"), None);
    let key = format!("other:{}", bench.environment);
    assert_eq!(*limiter.asked.lock().unwrap(), [(key, OTHER, NOON)]);
}

#[tokio::test]
async fn an_environment_that_asks_too_much_is_told_when_to_come_back() {
    let (bench, limiter) = limited(Bench::start().await, refused());
    let answer = bench.mint(&for_ada()).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.json()["code"], "rate_limited");
    assert_eq!(answer.header("retry-after"), Some("2"));
    assert_eq!(
        answer.header("ratelimit-policy"),
        Some("\"mint\";q=400;w=2")
    );
    assert_eq!(answer.header("ratelimit"), Some("\"mint\";r=0;t=4"));
    let key = format!("mint:{}", bench.environment);
    assert_eq!(*limiter.asked.lock().unwrap(), [(key, MINT, NOON)]);
}

#[tokio::test]
async fn all_routes_that_mint_are_counted_together_and_all_others_too() {
    let (bench, limiter) = limited(Bench::start().await, refused());
    for path in [
        "/v1/integrations/channel-connections/oauth",
        "/v1/integrations/channel-endpoints/oauth",
        "/v1/integrations/chat/oauth",
        "/v1/api-keys",
        "/v1/channel-connections",
    ] {
        let answer = bench.post(path, &json!({})).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
    }
    let asked = limiter.asked.lock().unwrap();
    let classes: Vec<_> = asked.iter().map(|(key, ..)| &key[..5]).collect();
    assert_eq!(classes, ["mint:", "mint:", "mint:", "other", "other"]);
}

#[tokio::test]
async fn all_keys_of_an_environment_count_together_and_environments_apart() {
    let storage = MemoryStorage::new();
    let first = Bench::on(storage.clone(), "Development").await;
    let (first, limiter) = limited(first, refused());
    let other_key = first.holding(&first.key_of(ApiKeyRole::Read).await);
    let mut second = Bench::on(storage, "Production").await;
    second.api.limits = first.api.limits.clone();
    for bench in [&first, &other_key, &second] {
        bench.get("/v1/channel-connections").await;
    }
    let asked = limiter.asked.lock().unwrap();
    assert_eq!(asked[0].0, asked[1].0);
    assert_ne!(asked[0].0, asked[2].0);
}

#[tokio::test]
async fn who_has_no_key_or_needs_none_is_not_counted() {
    let (bench, limiter) = limited(Bench::start().await, refused());
    let stranger = bench.holding("tl_unknown-unknown");
    let answer = stranger.get("/v1/channel-connections").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.header("ratelimit"), None);
    assert_eq!(bench.open("/healthz").await.status, StatusCode::OK);
    assert!(limiter.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_refused_mint_leaves_its_idempotency_key_free() {
    let (mut bench, _) = limited(Bench::start().await, refused());
    let headers = [("idempotency-key", "one")];
    let refused = bench.mint_with(&for_ada(), &headers).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    bench.api.limits = RateLimits::off();
    let minted = bench.mint_with(&for_ada(), &headers).await;
    assert_eq!(minted.status, StatusCode::CREATED);
    assert_eq!(minted.header("idempotency-replay"), None);
}

fn up_to(burst: u32) -> RateLimit {
    let interval = Duration::from_secs(1);
    RateLimit { burst, interval }
}

#[tokio::test]
async fn a_key_that_runs_wild_leaves_the_others_of_its_environment_room() {
    let mut bench = Bench::start().await;
    bench.api.limits = RateLimits {
        limiter: Counter::new(),
        mint: Some(up_to(10)),
        other: Some(up_to(10)),
        key: Some(up_to(4)),
        ..RateLimits::off()
    };
    let other = bench.holding(&bench.key_of(ApiKeyRole::Read).await);
    // Whatever it asks for counts.
    bench.mint(&for_ada()).await.assert_is(201);
    for _ in 0..3 {
        bench.get("/v1/channel-connections").await.assert_is(200);
    }
    for _ in 0..20 {
        let refused = bench.get("/v1/channel-connections").await;
        assert_eq!(refused.refusal(), (429, "rate_limited".to_owned()));
        assert_eq!(refused.header("retry-after"), Some("1"));
        assert_eq!(refused.header("ratelimit-policy"), Some("\"key\";q=4;w=4"));
        bench.mint(&for_ada()).await.assert_is(429);
    }
    // What the first was refused is not counted against both.
    for _ in 0..4 {
        other.get("/v1/channel-connections").await.assert_is(200);
    }
    let refused = other.get("/v1/channel-connections").await;
    refused.assert_is(429);
}

#[tokio::test]
async fn an_answer_tells_of_both_limits() {
    let mut bench = Bench::start().await;
    bench.api.limits = RateLimits {
        limiter: Counter::new(),
        other: Some(up_to(9)),
        key: Some(up_to(4)),
        ..RateLimits::off()
    };
    let answer = bench.get("/v1/channel-connections").await;
    let policy = "\"key\";q=4;w=4, \"other\";q=9;w=9";
    assert_eq!(answer.header("ratelimit-policy"), Some(policy));
    let quota = "\"key\";r=3;t=1, \"other\";r=8;t=1";
    assert_eq!(answer.header("ratelimit"), Some(quota));
    assert_eq!(answer.header("retry-after"), None);
}
