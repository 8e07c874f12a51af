//! The same of all nodes at once.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::{Value, json};
use tieline_tests::{Browser, Fleet, OwnRedis, Page, Reply, SUBSCRIBER, until};
use tokio::task::JoinSet;
use url::Url;

const HEADER: &str = "idempotency-key";
const REPLAY: &str = "idempotency-replay";

/// Where URLs are minted.
const MINT: &str = "/v1/integrations/channel-connections/oauth";

/// The path of what [`endpoint`] makes.
const ENDPOINTS: &str = "/v1/channel-endpoints";

/// So many visits or requests at each node.
const EACH: usize = 5;

/// A request that writes.
fn endpoint(channel: &str) -> Value {
    json!({
        "subscriberId": SUBSCRIBER, "integrationIdentifier": "slack", "type": "webhook",
        "endpoint": { "url": format!("https://hooks.example.com/{channel}") },
    })
}

/// Opens a callback at all nodes at once, several times at each; answers the first page of each
/// visit.
pub(super) async fn visit_everywhere(fleet: &Fleet, callback: &Url) -> Vec<Page> {
    let mut visits = JoinSet::new();
    for url in fleet.at_all(callback).into_iter().cycle().take(3 * EACH) {
        visits.spawn(async move { Browser::new().get(&url).await });
    }
    visits.join_all().await
}

/// Sends a request with one key to all nodes at once, several times to each.
async fn send_everywhere(fleet: &Fleet, path: &str, key: &str, body: &Value) -> Vec<Reply> {
    let mut asking = JoinSet::new();
    for api in fleet.apis() {
        for _ in 0..EACH {
            let request = api.request(Method::POST, path).header(HEADER, key);
            asking.spawn(Reply::of(request.json(body)));
        }
    }
    asking.join_all().await
}

/// Where the answers of mints are kept.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answers {
    InDatabase,
    /// A node that waited longer than 50 ms for it asks the database, so that one key may have two
    /// answers, each as good as the other.
    InRedis,
}

/// Whether all of them are one answer, which was made once and repeated otherwise.
fn is_one_answer(replies: &[Reply]) -> bool {
    for reply in replies {
        assert_eq!(reply.status, 201, "{}", reply.text);
    }
    let texts: HashSet<_> = replies.iter().map(|reply| &reply.text).collect();
    let made = replies
        .iter()
        .filter(|reply| reply.header(REPLAY).is_none());
    (texts.len(), made.count()) == (1, 1)
}

/// One mint and one write, each with one key at all nodes at once.
pub(super) async fn keys_everywhere(fleet: &Fleet, key: &str, answers: Answers) {
    let body = Fleet::mint_request("slack", &json!({}));
    let mint = async |key: String| {
        let replies = send_everywhere(fleet, MINT, &key, &body).await;
        is_one_answer(&replies)
    };
    match answers {
        Answers::InDatabase => assert!(mint(key.to_owned()).await, "{key} has many answers"),
        Answers::InRedis => {
            let mut tries = 0;
            until("one key has one answer", async || {
                tries += 1;
                mint(format!("{key}-{tries}")).await.then_some(())
            })
            .await;
        }
    }
    let before = fleet.api(0).endpoints().await.len();
    let written = send_everywhere(fleet, ENDPOINTS, key, &endpoint(key)).await;
    assert!(is_one_answer(&written), "{key}: {written:?}");
    assert_eq!(fleet.api(0).endpoints().await.len(), before + 1);
}

/// A write with a key at one node.
pub(super) async fn write(fleet: &Fleet, node: usize, key: &str) -> Reply {
    let api = fleet.api(node);
    let request = api.request(Method::POST, ENDPOINTS).header(HEADER, key);
    Reply::of(request.json(&endpoint(key))).await
}

/// Repeats a [`write`] at another node, which must have been done before.
pub(super) async fn assert_written(fleet: &Fleet, node: usize, key: &str, first: &Reply) {
    let again = write(fleet, node, key).await;
    assert_eq!((again.status, &again.text), (201, &first.text));
    assert_eq!(again.header(REPLAY), Some("true"));
}

#[tokio::test]
async fn one_idempotency_key_at_all_nodes_has_one_answer() {
    let redis = OwnRedis::start();
    let fleet = Fleet::start_with(|setup| setup.set("REDIS_URL", redis.url())).await;
    for key in ["k1", "k2", "k3"] {
        keys_everywhere(&fleet, key, Answers::InRedis).await;
    }
    let kept = redis.keys();
    assert!(kept.iter().any(|key| key.contains("replay")), "{kept:?}");
}

#[tokio::test]
async fn one_idempotency_key_at_all_nodes_has_one_answer_without_redis() {
    let fleet = Fleet::start_with(|setup| setup.set("REDIS_URL", "")).await;
    for key in ["k1", "k2", "k3"] {
        keys_everywhere(&fleet, key, Answers::InDatabase).await;
    }
}

#[tokio::test]
async fn nodes_that_start_at_once_on_an_empty_database_share_what_they_make() {
    let fleet = Fleet::start_empty().await;
    let environments = fleet.operator.tell(&["environments", "list"]).await;
    assert_eq!(environments.lines().count(), 1, "{environments}");
    let keys = fleet.operator.tell(&["api-keys", "list"]).await;
    assert_eq!(keys.lines().count(), 1, "{keys}");
    let body = json!({ "subscriberId": "somebody" });
    let made = fleet.api(0).made("/v2/subscribers", &body).await;
    for api in fleet.apis() {
        let read = api.read("/v2/subscribers/somebody").await;
        assert_eq!(read["_id"], made["_id"]);
    }
}
