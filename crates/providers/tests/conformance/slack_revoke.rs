//! Taking tokens back.

use tieline_domain::reason::Reason;
use tieline_sandbox::{Endpoint, Fault};

use crate::harness::{CLIENT_ID, World};

/// G01, G02, G05
#[tokio::test]
async fn a_token_is_taken_back_once_and_gone_the_second_time() {
    let world = World::new().await;
    let grant = world.install(&["chat:write"]).await.unwrap();
    for _ in 0..2 {
        world
            .client("slack")
            .revoke(&world.app, &grant.credentials[0])
            .await
            .unwrap();
    }
    assert_eq!(world.control().count(Endpoint::SlackAuthRevoke), 2);
    let requests = world.control().requests_of(Endpoint::SlackAuthRevoke);
    assert!(requests.iter().all(|request| request.form().is_empty()));
}

/// G02
#[tokio::test]
async fn a_token_of_an_app_that_was_removed_is_gone() {
    let world = World::new().await;
    let grant = world.install(&["chat:write"]).await.unwrap();
    world.control().uninstall_slack_app(CLIENT_ID, "T0HARBOUR1");
    world
        .client("slack")
        .revoke(&world.app, &grant.credentials[0])
        .await
        .unwrap();
}

/// G03
#[tokio::test]
async fn a_provider_that_cannot_take_it_back_says_so() {
    let world = World::new().await;
    let grant = world.install(&["chat:write"]).await.unwrap();
    world
        .control()
        .fault_once(Endpoint::SlackAuthRevoke, Fault::Status(503, String::new()));
    let outcome = world
        .client("slack")
        .revoke(&world.app, &grant.credentials[0])
        .await;
    assert_eq!(outcome.unwrap_err().reason, Reason::ProviderError);
}
