//! Redis fails, and nobody who asks can tell.

use serde_json::json;
use tieline_tests::{Fleet, Minted, OwnRedis, Reply, until};
use tokio::task::JoinSet;
use url::Url;

use super::{
    EXCHANGE,
    together::{Answers, assert_written, keys_everywhere, visit_everywhere, write},
};

async fn fleet_on(redis: &OwnRedis) -> Fleet {
    Fleet::start_with(|setup| setup.set("REDIS_URL", redis.url())).await
}

/// Waits until all nodes ask it again.
async fn back(fleet: &Fleet) {
    for node in &fleet.nodes {
        node.has_logged(&["Redis is back"]).await;
    }
}

/// What was promised before something happened.
struct Promised {
    name: &'static str,
    minted: Minted,
    callback: Url,
    written: Reply,
    exchanges: usize,
}

impl Promised {
    /// Promises under this name: a flow, and a write that is not done again.
    async fn by(fleet: &Fleet, name: &'static str) -> Self {
        let minted = fleet.mint(0, "slack").await;
        let written = write(fleet, 1, name).await;
        assert_eq!(written.status, 201, "{}", written.text);
        Self {
            name,
            callback: fleet.allowed(&minted).await,
            minted,
            written,
            exchanges: fleet.control.count(EXCHANGE),
        }
    }

    /// Checks that the promises are kept, and that new ones are given.
    async fn assert_kept(self, fleet: &Fleet, answers: Answers) {
        for page in visit_everywhere(fleet, &self.callback).await {
            assert_eq!(page.status, 303, "{}: {}", self.name, page.text);
        }
        let attempt = fleet.api(1).ended_attempt(&self.minted.attempt).await;
        assert_eq!(attempt["status"], "completed", "{}", self.name);
        assert_eq!(fleet.control.count(EXCHANGE), self.exchanges + 1);
        assert_written(fleet, 2, self.name, &self.written).await;

        let minted = fleet.mint(2, "slack").await;
        let callback = fleet.allowed(&minted).await;
        assert_eq!(fleet.visit(0, &callback).await.status, 200, "{}", self.name);
        keys_everywhere(fleet, &format!("{}-after", self.name), answers).await;
    }
}

#[tokio::test]
async fn a_redis_that_is_killed_and_comes_back_changes_no_result() {
    let mut redis = OwnRedis::start();
    let fleet = fleet_on(&redis).await;
    let promised = Promised::by(&fleet, "before").await;
    redis.kill();
    promised.assert_kept(&fleet, Answers::InDatabase).await;
    let promised = Promised::by(&fleet, "meanwhile").await;
    redis.start_again();
    back(&fleet).await;
    promised.assert_kept(&fleet, Answers::InRedis).await;
}

#[tokio::test]
async fn a_redis_that_is_paused_and_goes_on_changes_no_result() {
    let redis = OwnRedis::start();
    let fleet = fleet_on(&redis).await;
    let promised = Promised::by(&fleet, "before").await;
    redis.pause();
    promised.assert_kept(&fleet, Answers::InDatabase).await;
    let promised = Promised::by(&fleet, "meanwhile").await;
    redis.resume();
    back(&fleet).await;
    promised.assert_kept(&fleet, Answers::InRedis).await;
}

#[tokio::test]
async fn a_redis_that_is_flushed_changes_no_result() {
    let redis = OwnRedis::start();
    let fleet = fleet_on(&redis).await;
    keys_everywhere(&fleet, "forgotten", Answers::InRedis).await;
    assert!(!redis.keys().is_empty(), "there is something to forget");
    let promised = Promised::by(&fleet, "before").await;
    redis.flush();
    promised.assert_kept(&fleet, Answers::InRedis).await;
}

#[tokio::test]
async fn a_redis_that_evicts_changes_no_result() {
    let redis = OwnRedis::start();
    let fleet = fleet_on(&redis).await;
    keys_everywhere(&fleet, "evicted", Answers::InRedis).await;
    assert!(!redis.keys().is_empty(), "there is something to evict");
    let promised = Promised::by(&fleet, "before").await;
    redis.evict();
    promised.assert_kept(&fleet, Answers::InRedis).await;
}

/// So many URLs in a second, and twice as many at once.
const LIMIT: u32 = 10;

/// Asks all nodes for so many URLs each, at once; answers how many were refused.
async fn refused(fleet: &Fleet, each: u32) -> usize {
    let body = Fleet::mint_request("slack", &json!({}));
    let mut asking = JoinSet::new();
    for api in fleet.apis() {
        for _ in 0..each {
            asking.spawn(Reply::of(api.mint_request().json(&body)));
        }
    }
    let replies = asking.join_all().await;
    let refused: Vec<_> = replies.iter().filter(|it| it.status != 201).collect();
    for reply in &refused {
        assert_eq!(reply.status, 429, "{}", reply.text);
        assert!(reply.header("retry-after").is_some());
    }
    refused.len()
}

/// What one node alone lets through at once, three nodes together do not; and the other way about.
#[tokio::test]
async fn nodes_count_rate_limits_together_and_without_redis_each_for_itself() {
    let mut redis = OwnRedis::start();
    let fleet = Fleet::start_with(|setup| {
        setup.set("REDIS_URL", redis.url());
        setup.set("RATE_LIMIT_MINT", LIMIT.to_string());
    })
    .await;
    let each = LIMIT * 2;
    let together = refused(&fleet, each).await;
    assert!(
        (1..fleet.nodes.len() * each as usize).contains(&together),
        "{together}"
    );
    redis.kill();
    // Who was just told to wait for a moment waits for it.
    until("each counts for itself", async || {
        (refused(&fleet, 1).await == 0).then_some(())
    })
    .await;
    let most_of_each = each - LIMIT / 2;
    assert_eq!(refused(&fleet, most_of_each).await, 0, "each for itself");
    assert!(refused(&fleet, 2 * each).await > 0, "but not without end");
}
