//! A revoked key is dead everywhere.

use std::time::Duration;

use serde_json::{Value, json};
use tieline_tests::{Api, Fleet, OwnRedis, until};
use tokio::time::timeout;

/// What is promised.
const PROMISED: Duration = Duration::from_secs(5);

/// Sooner than a node forgets by itself what it looked up.
const TOLD: Duration = Duration::from_secs(3);

/// A key that all nodes have seen work a moment ago.
async fn known_key(fleet: &Fleet) -> (Value, Vec<Api>) {
    let body = json!({ "name": "soon revoked", "role": "admin" });
    let made = fleet.api(0).made("/v1/api-keys", &body).await;
    let key = made["key"].as_str().expect("the key itself");
    let apis: Vec<Api> = fleet.apis().map(|api| api.with_key(key)).collect();
    for api in &apis {
        api.read("/v1/connect-attempts").await;
    }
    (made["id"].clone(), apis)
}

/// Revokes it on the first node, and waits until all of them refuse it.
async fn revoke(fleet: &Fleet, (id, apis): (Value, Vec<Api>), limit: Duration) {
    let path = format!("/v1/api-keys/{}", id.as_str().expect("an id"));
    let refused = async {
        assert_eq!(fleet.api(0).deleted(&path).await, 204);
        let reply = apis[0].get("/v1/connect-attempts").await;
        assert_eq!(reply.status, 401, "where it was revoked, at once");
        for api in &apis {
            until("the key is refused", async || {
                let reply = api.get("/v1/connect-attempts").await;
                (reply.status == 401).then_some(())
            })
            .await;
        }
    };
    let soon = timeout(limit, refused).await;
    assert!(soon.is_ok(), "it lives on after {limit:?}");
}

#[tokio::test]
async fn a_key_revoked_on_one_node_is_refused_by_all_before_they_forget_it() {
    let fleet = Fleet::start().await;
    let key = known_key(&fleet).await;
    revoke(&fleet, key, TOLD).await;
}

#[tokio::test]
async fn with_redis_down_a_revoked_key_is_refused_by_all_within_five_seconds() {
    let mut redis = OwnRedis::start();
    let fleet = Fleet::start_with(|setup| setup.set("REDIS_URL", redis.url())).await;
    redis.kill();
    let key = known_key(&fleet).await;
    revoke(&fleet, key, PROMISED).await;
}

#[tokio::test]
async fn with_redis_stopped_a_revoked_key_is_refused_by_all_within_five_seconds() {
    let redis = OwnRedis::start();
    let fleet = Fleet::start_with(|setup| setup.set("REDIS_URL", redis.url())).await;
    redis.pause();
    let key = known_key(&fleet).await;
    revoke(&fleet, key, PROMISED).await;
}

/// T14: what the nodes count they count together, so each other one needs a failure of its own only
/// to hear of it, or a few where its Redis took too long to answer.
#[tokio::test]
async fn who_tries_keys_at_one_node_is_locked_out_at_all() {
    let fleet = Fleet::start_with(|setup| setup.set("RATE_LIMIT_FAILURES", "30")).await;
    let mut refused_after = Vec::new();
    for node in 0..fleet.nodes.len() {
        let mut failures = 0;
        loop {
            let api = fleet
                .api(node)
                .with_key(&format!("tl_wrong-{node}-{failures}"));
            match api.get("/v1/channel-connections").await.status {
                401 => failures += 1,
                status => break assert_eq!(status, 429),
            }
        }
        refused_after.push(failures);
    }
    assert!((30..40).contains(&refused_after[0]), "{refused_after:?}");
    assert!(
        refused_after[1..].iter().all(|it| *it < 15),
        "{refused_after:?}"
    );
}
