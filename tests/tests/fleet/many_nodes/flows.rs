//! A flow goes where the load balancer sends it.

use tieline_tests::{Browser, Fleet};

use super::{EXCHANGE, together::visit_everywhere};

#[tokio::test]
async fn a_url_minted_on_one_node_is_completed_on_another() {
    let fleet = Fleet::start().await;
    let minted = fleet.mint(0, "slack").await;
    let callback = fleet.allowed(&minted).await;
    let page = fleet.visit(1, &callback).await;
    assert!(page.words().contains("is connected"), "{}", page.words());
    for api in fleet.apis() {
        let attempt = api.attempt(&minted.attempt).await;
        assert_eq!(attempt["status"], "completed");
        let connection = api.only_connection().await;
        assert_eq!(connection["identifier"], attempt["connectionIdentifier"]);
        api.only_endpoint().await;
    }
}

#[tokio::test]
async fn consent_and_sign_in_end_on_a_node_each() {
    let fleet = Fleet::start().await;
    let minted = fleet.mint(0, "msteams").await;
    let mut browser = Browser::new();
    let consented = browser.callback(&minted.url).await;
    let page = browser.get(&fleet.at(1, &consented)).await;
    let sign_in = page.location.expect("the sign-in");
    let signed_in = browser.callback(&sign_in).await;
    let page = browser.open(&fleet.at(2, &signed_in)).await;
    assert!(page.words().contains("is connected"), "{}", page.words());
    let attempt = fleet.api(0).attempt(&minted.attempt).await;
    assert_eq!(attempt["status"], "completed");
}

#[tokio::test]
async fn a_state_thrown_at_all_nodes_at_once_exchanges_its_code_once() {
    let fleet = Fleet::start().await;
    for round in 1..=4 {
        let minted = fleet.mint(round % 3, "slack").await;
        let callback = fleet.allowed(&minted).await;
        for page in visit_everywhere(&fleet, &callback).await {
            assert_eq!(page.status, 303, "{}", page.text);
        }
        let attempt = fleet.api(0).ended_attempt(&minted.attempt).await;
        assert_eq!(attempt["status"], "completed");
        assert_eq!(fleet.control.count(EXCHANGE), round);
    }
    fleet.api(1).only_connection().await;
    fleet.api(2).only_endpoint().await;
}
