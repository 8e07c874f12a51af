//! Who tries out keys.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request},
};
use jiff::SignedDuration;
use tieline_adapter_http::{ForwardedHeader, Lockout, RateLimits, TrustedProxies, router};
use tieline_domain::{
    api_key::{ApiKey, ApiKeyHash, ApiKeyRole},
    context::Context,
    id::EnvironmentId,
    integration::KnownIntegration,
    ports::{Lookups, RateLimit, StoreError},
    subscriber::SubscriberId,
};
use tower::ServiceExt;

use crate::bench::{Answer, Bench, Counter};

const LIMIT: RateLimit = RateLimit {
    burst: 10,
    interval: Duration::from_secs(6),
};

/// Counts how often the database is asked for a key.
struct Counted {
    lookups: Arc<dyn Lookups>,
    keys: AtomicUsize,
}

#[async_trait]
impl Lookups for Counted {
    async fn api_key(&self, hash: &ApiKeyHash) -> Result<Option<Arc<ApiKey>>, StoreError> {
        self.keys.fetch_add(1, Ordering::Relaxed);
        self.lookups.api_key(hash).await
    }

    async fn api_keys(&self, environment: EnvironmentId) -> Result<Vec<ApiKey>, StoreError> {
        self.lookups.api_keys(environment).await
    }

    async fn integration(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<Option<Arc<KnownIntegration>>, StoreError> {
        self.lookups.integration(environment, identifier).await
    }

    async fn has_subscriber(
        &self,
        environment: EnvironmentId,
        id: &SubscriberId,
    ) -> Result<bool, StoreError> {
        self.lookups.has_subscriber(environment, id).await
    }

    async fn keep_contexts(&self, contexts: &[Context]) -> Result<(), StoreError> {
        self.lookups.keep_contexts(contexts).await
    }
}

/// A node that locks out, with its limiter and the count of its look-ups.
struct Node {
    bench: Bench,
    limiter: Arc<Counter>,
    lookups: Arc<Counted>,
}

impl Node {
    async fn start() -> Self {
        Self::of(Bench::start().await, Counter::new())
    }

    fn of(mut bench: Bench, limiter: Arc<Counter>) -> Self {
        bench.api.limits = RateLimits {
            address_limiter: limiter.clone(),
            failures: Some(LIMIT),
            ..RateLimits::off()
        };
        bench.api.lockout = Lockout::default();
        let lookups = Arc::new(Counted {
            lookups: bench.api.broker.lookups.clone(),
            keys: AtomicUsize::new(0),
        });
        bench.api.broker.lookups = lookups.clone();
        Self {
            bench,
            limiter,
            lookups,
        }
    }

    /// Another node beside it: what they share is the limiter and the database.
    fn beside(&self) -> Self {
        let mut bench = self.bench.holding(&self.bench.key);
        bench.api.broker.lookups = self.lookups.lookups.clone();
        Self::of(bench, self.limiter.clone())
    }

    fn asked(&self) -> usize {
        self.lookups.keys.load(Ordering::Relaxed)
    }

    /// Asks with this key, if it is one, from this address, with more headers.
    async fn ask_with(&self, key: Option<&str>, peer: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder()
            .method(Method::GET)
            .uri("/v1/channel-connections");
        if let Some(key) = key {
            request = request.header("authorization", format!("ApiKey {key}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let peer: SocketAddr = peer.parse().unwrap();
        let request = request.extension(ConnectInfo(peer));
        self.bench.send(request.body(Body::empty()).unwrap()).await
    }

    async fn ask(&self, key: &str, peer: &str) -> Answer {
        self.ask_with(Some(key), peer, &[]).await
    }

    /// Tries as many keys, each refused one way or another.
    async fn try_keys(&self, number: usize, peer: &str) {
        let app = router(self.bench.api.clone());
        let peer: SocketAddr = peer.parse().unwrap();
        for number in 0..number {
            let request = Request::get("/v1/channel-connections")
                .header("authorization", format!("ApiKey tl_wrong-{number:06}"))
                .extension(ConnectInfo(peer));
            let request = request.body(Body::empty()).unwrap();
            let answer = app.clone().oneshot(request).await.unwrap();
            assert!(matches!(answer.status().as_u16(), 401 | 429));
        }
    }
}

const HERE: &str = "192.0.2.1:4711";
const THERE: &str = "198.51.100.7:4711";

#[tokio::test]
async fn after_some_failures_an_address_is_told_to_wait() {
    let node = Node::start().await;
    for number in 0..10 {
        let answer = node.ask(&format!("tl_wrong-{number}"), HERE).await;
        assert_eq!(answer.refusal(), (401, "unauthorized".to_owned()));
        assert_eq!(answer.header("ratelimit"), None);
    }
    let answer = node.ask("tl_wrong-again", HERE).await;
    assert_eq!(answer.refusal(), (429, "too_many_failures".to_owned()));
    assert_eq!(answer.header("retry-after"), Some("6"));
    assert_eq!(
        answer.header("ratelimit-policy"),
        Some("\"failures\";q=10;w=60")
    );
    // Another port is no other address, and no key is as bad as a wrong one.
    node.ask("tl_wrong-again", "192.0.2.1:5")
        .await
        .assert_is(429);
    node.ask_with(None, HERE, &[]).await.assert_is(429);
    node.ask("tl_wrong-elsewhere", THERE).await.assert_is(401);
}

#[tokio::test]
async fn requests_without_a_key_count_as_well() {
    let node = Node::start().await;
    for _ in 0..10 {
        node.ask_with(None, HERE, &[]).await.assert_is(401);
    }
    node.ask_with(None, HERE, &[]).await.assert_is(429);
    assert_eq!(node.asked(), 0);
}

/// T14
#[tokio::test]
async fn however_many_wrong_keys_cost_a_few_look_ups() {
    let node = Node::start().await;
    node.try_keys(20_000, HERE).await;
    assert_eq!(node.asked(), 10);
}

/// T14: at whichever node, however they are spread.
#[tokio::test]
async fn each_other_node_learns_of_it_from_one_failure() {
    let first = Node::start().await;
    let others = [first.beside(), first.beside()];
    first.try_keys(1000, HERE).await;
    for other in &others {
        other.try_keys(1000, HERE).await;
        assert_eq!(other.asked(), 1);
    }
    assert_eq!(first.asked(), 10);
}

#[tokio::test]
async fn it_ends_when_another_failure_is_free() {
    let node = Node::start().await;
    node.try_keys(20, HERE).await;
    node.bench.clock.advance(SignedDuration::from_millis(5999));
    node.ask("tl_wrong-again", HERE).await.assert_is(429);
    let good = node.bench.key.clone();
    node.bench.clock.advance(SignedDuration::from_millis(1));
    node.ask(&good, HERE).await.assert_is(200);
    // The limiter has none left yet.
    node.ask("tl_wrong-again", HERE).await.assert_is(401);
    node.ask("tl_wrong-again", HERE).await.assert_is(429);
    node.limiter.forget();
    node.bench.clock.advance(SignedDuration::from_secs(6));
    for _ in 0..10 {
        node.ask("tl_wrong-again", HERE).await.assert_is(401);
    }
}

#[tokio::test]
async fn a_clock_that_was_put_back_keeps_nobody_out() {
    let node = Node::start().await;
    node.try_keys(20, HERE).await;
    node.ask("tl_wrong-again", HERE).await.assert_is(429);
    node.bench.clock.advance(SignedDuration::from_hours(-1));
    node.ask("tl_wrong-again", HERE).await.assert_is(401);
}

/// Behind one proxy, or in one house, are others.
#[tokio::test]
async fn a_key_that_is_known_to_be_good_goes_on_at_the_same_address() {
    let node = Node::start().await;
    let (known, unknown) = (
        node.bench.key.clone(),
        node.bench.key_of(ApiKeyRole::Read).await,
    );
    node.ask(&known, THERE).await.assert_is(200);
    node.try_keys(20, HERE).await;
    for _ in 0..3 {
        node.ask(&known, HERE).await.assert_is(200);
        node.ask(&unknown, HERE).await.assert_is(429);
    }
    node.ask(&unknown, THERE).await.assert_is(200);
    node.ask(&unknown, HERE).await.assert_is(200);
}

#[tokio::test]
async fn a_key_that_was_revoked_is_not_known_any_more() {
    let node = Node::start().await;
    let key = node.bench.key_of(ApiKeyRole::Read).await;
    node.ask(&key, HERE).await.assert_is(200);
    let broker = &node.bench.api.broker;
    let keys = broker.stores.api_keys.list(node.bench.environment).await;
    let id = keys.unwrap().last().unwrap().id;
    let revoked = broker.revoke_api_key(node.bench.environment, id).await;
    revoked.unwrap();
    node.try_keys(20, HERE).await;
    let asked = node.asked();
    node.ask(&key, HERE).await.assert_is(401);
    for _ in 0..100 {
        node.ask(&key, HERE).await.assert_is(429);
    }
    assert_eq!(node.asked(), asked + 1);
}

#[tokio::test]
async fn only_a_wrong_key_is_a_failure() {
    let node = Node::start().await;
    let reader = node.bench.key_of(ApiKeyRole::Read).await;
    for _ in 0..20 {
        // It may not: 403.
        let request =
            Request::get("/v1/api-keys").header("authorization", format!("ApiKey {reader}"));
        let answer = node.bench.send(request.body(Body::empty()).unwrap()).await;
        answer.assert_is(403);
    }
    node.bench.storage.fail(20);
    for _ in 0..20 {
        node.ask("tl_wrong-perhaps", HERE).await.assert_is(503);
    }
    assert!(node.limiter.taken().is_empty());
}

/// T40
#[tokio::test]
async fn no_header_makes_another_address() {
    for proxies in [
        TrustedProxies::default(),
        TrustedProxies::in_networks("10.0.0.0/8", ForwardedHeader::XForwardedFor).unwrap(),
    ] {
        let mut node = Node::start().await;
        node.bench.api.proxies = proxies;
        for number in 0..200 {
            let forged = format!("203.0.113.{number}");
            let forwarded = format!("for={forged}");
            let headers = [
                ("x-forwarded-for", &*forged),
                ("forwarded", &forwarded),
                ("x-real-ip", &forged),
                ("true-client-ip", &forged),
                ("cf-connecting-ip", &forged),
                ("x-client-ip", &forged),
            ];
            node.ask_with(Some("tl_wrong-key"), HERE, &headers).await;
        }
        assert_eq!(node.asked(), 10);
    }
}

/// T40: the proxy appends where it had the request from to what the client wrote.
#[tokio::test]
async fn behind_a_proxy_it_is_its_client_that_is_locked_out() {
    let mut node = Node::start().await;
    let header = ForwardedHeader::XForwardedFor;
    node.bench.api.proxies = TrustedProxies::in_networks("10.0.0.0/8", header).unwrap();
    let proxy = "10.1.2.3:4711";
    for number in 0..50 {
        let told = format!("203.0.113.{number}, 192.0.2.1");
        let headers = [("x-forwarded-for", &*told)];
        node.ask_with(Some("tl_wrong-key"), proxy, &headers).await;
    }
    assert_eq!(node.asked(), 10);
    let others = [("x-forwarded-for", "192.0.2.2")];
    let answer = node.ask_with(Some("tl_wrong-key"), proxy, &others).await;
    answer.assert_is(401);
}

#[tokio::test]
async fn a_network_of_64_bits_is_one_address() {
    let node = Node::start().await;
    for number in 0..50 {
        let peer = format!("[2001:db8:1:2::{number:x}]:4711");
        node.ask("tl_wrong-key", &peer).await;
    }
    assert_eq!(node.asked(), 10);
    let answer = node.ask("tl_wrong-key", "[2001:db8:1:3::1]:4711").await;
    answer.assert_is(401);
}
