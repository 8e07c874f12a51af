//! Postgres ends in the middle, and comes back.

use std::time::Duration;

use tieline_sandbox::Fault;
use tieline_tests::{Browser, Fleet, NODES, Relay, until};
use tokio::task::JoinSet;

use super::{EXCHANGE, together::visit_everywhere};

/// A fleet whose nodes reach Postgres by a relay.
pub(super) async fn relayed() -> (Fleet, Relay) {
    let mut relay = None;
    let fleet = Fleet::start_with(|setup| {
        let to_database = relay.insert(Relay::to(setup.database.address()));
        let url = setup.database.url_by(to_database.port());
        setup.set("DATABASE_URL", url);
    });
    let fleet = fleet.await;
    (fleet, relay.expect("it was made"))
}

#[tokio::test]
async fn without_postgres_a_callback_is_refused_before_its_code_is_sent_and_works_afterwards() {
    let (fleet, mut relay) = relayed().await;
    let minted = fleet.mint(0, "slack").await;
    let callback = fleet.allowed(&minted).await;
    relay.close();
    for page in visit_everywhere(&fleet, &callback).await {
        assert_eq!(page.status, 503, "{}", page.text);
        assert!(page.header("retry-after").is_some());
    }
    assert_eq!(fleet.control.count(EXCHANGE), 0);

    relay.open();
    for node in 0..NODES {
        until("a node works again", async || {
            let page = fleet.visit(node, &callback).await;
            page.words().contains("is connected").then_some(())
        })
        .await;
    }
    let attempt = fleet.api(1).ended_attempt(&minted.attempt).await;
    assert_eq!(attempt["status"], "completed");
    assert_eq!(fleet.control.count(EXCHANGE), 1);
}

#[tokio::test]
async fn without_postgres_the_api_says_when_to_come_back_and_nodes_are_alive_but_not_ready() {
    let (fleet, mut relay) = relayed().await;
    relay.close();
    let mut asking = JoinSet::new();
    for api in fleet.apis() {
        asking.spawn(async move {
            assert_eq!(api.get("/healthz").await.status, 200);
            assert_eq!(api.get("/readyz").await.status, 503);
            api.get("/v1/channel-connections").await
        });
    }
    for reply in asking.join_all().await {
        assert_eq!(reply.status, 503, "{}", reply.text);
        assert_eq!(reply.json()["code"], "unavailable");
        assert!(reply.header("retry-after").is_some());
    }
    relay.open();
    for api in fleet.apis() {
        for path in ["/readyz", "/v1/channel-connections"] {
            until("a node works again", async || {
                (api.get(path).await.status == 200).then_some(())
            })
            .await;
        }
    }
}

/// The code is spent, so what came of it must be kept: the nodes wait for Postgres.
#[tokio::test]
async fn a_restart_of_postgres_during_an_exchange_loses_no_connection() {
    let (fleet, mut relay) = relayed().await;
    let slow = Fault::Delay(Duration::from_millis(700));
    fleet.control.fault_once(EXCHANGE, slow);
    let minted = fleet.mint(0, "slack").await;
    let callback = fleet.at(1, &fleet.allowed(&minted).await);
    let visit = tokio::spawn(async move { Browser::new().get(&callback).await });
    until("the code is sent", async || {
        (fleet.control.count(EXCHANGE) == 1).then_some(())
    })
    .await;
    relay.close();
    fleet.nodes[1].has_logged(&["could not be stored"]).await;
    relay.open();

    assert_eq!(visit.await.expect("a page").status, 303);
    // Each node finds out for itself which of its connections to Postgres are dead.
    let attempt = fleet.api(1).ended_attempt(&minted.attempt).await;
    assert_eq!(attempt["status"], "completed");
    for list in ["/v1/channel-connections", "/v1/channel-endpoints"] {
        let kept = until("a node tells what it kept", async || {
            let reply = fleet.api(2).get(list).await;
            (reply.status == 200).then(|| reply.json())
        })
        .await;
        assert_eq!(kept["totalCount"], 1, "{kept}");
    }
    assert_eq!(fleet.control.count(EXCHANGE), 1);
}
