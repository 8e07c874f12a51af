//! Postgres does what it is asked to, and its reply is lost: nobody knows whether it was done.

use std::time::Duration;

use tieline_sandbox::Fault;
use tieline_tests::{Browser, until};

use super::{
    EXCHANGE,
    outage::relayed,
    together::{assert_written, visit_everywhere, write},
};

/// The statement that makes a flow somebody's own.
const CLAIM: &str = "INSERT INTO connect_attempts";

#[tokio::test]
async fn a_connection_is_there_once_though_the_reply_to_its_commit_was_lost() {
    let (fleet, relay) = relayed().await;
    let slow = Fault::Delay(Duration::from_millis(700));
    fleet.control.fault_once(EXCHANGE, slow);
    let minted = fleet.mint(0, "slack").await;
    let callback = fleet.at(1, &fleet.allowed(&minted).await);
    let visit = tokio::spawn(async move { Browser::new().get(&callback).await });
    until("the code is sent", async || {
        (fleet.control.count(EXCHANGE) == 1).then_some(())
    })
    .await;
    relay.lose_reply_to_commit_of("INSERT INTO connections");

    assert_eq!(visit.await.expect("a page").status, 303);
    assert_eq!(relay.lost(), 1);
    let attempt = fleet.api(2).ended_attempt(&minted.attempt).await;
    assert_eq!(attempt["status"], "completed");
    let connection = fleet.api(0).only_connection().await;
    assert_eq!(connection["identifier"], attempt["connectionIdentifier"]);
    fleet.api(0).only_endpoint().await;
    assert_eq!(fleet.control.count(EXCHANGE), 1);
}

/// Nobody can tell whether it was done, so it is refused; whoever repeats it is told what came of
/// it.
#[tokio::test]
async fn a_write_is_done_once_though_the_reply_to_its_commit_was_lost() {
    let (fleet, relay) = relayed().await;
    relay.lose_reply_to_commit_of("INSERT INTO endpoints");
    let refused = write(&fleet, 0, "lost").await;
    assert_eq!(refused.status, 503, "{}", refused.text);
    assert!(refused.header("retry-after").is_some());
    assert_eq!(relay.lost(), 1);
    let told = write(&fleet, 1, "lost").await;
    assert_eq!(told.header("idempotency-replay"), Some("true"));
    let endpoint = fleet.api(2).only_endpoint().await;
    assert_eq!(told.json()["identifier"], endpoint["identifier"]);
    assert_written(&fleet, 2, "lost", &told).await;
    fleet.api(0).only_endpoint().await;
}

#[tokio::test]
async fn a_flow_goes_on_though_the_reply_to_its_claim_was_lost() {
    let (fleet, relay) = relayed().await;
    let minted = fleet.mint(0, "slack").await;
    let callback = fleet.allowed(&minted).await;
    relay.lose_reply_to(CLAIM);
    let page = fleet.visit(1, &callback).await;
    assert_eq!(relay.lost(), 1);
    assert_eq!(page.status, 200, "{}", page.text);
    for page in visit_everywhere(&fleet, &callback).await {
        assert_eq!(page.status, 303, "{}", page.text);
    }
    let attempt = fleet.api(0).ended_attempt(&minted.attempt).await;
    assert_eq!(attempt["status"], "completed");
    assert_eq!(fleet.control.count(EXCHANGE), 1);
}
