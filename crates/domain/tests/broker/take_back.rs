//! Tokens that nobody will keep are taken back, unless somebody may live on them.

use std::sync::{Arc, Mutex};

use secrecy::ExposeSecret;
use tieline_domain::{
    attempt::AttemptStatus, connection::CredentialKind, ports::MockProviderClient, provider::Grant,
    reason::Reason,
};
use tieline_testkit::fixtures;

use crate::{
    bench::{Bench, for_ada, for_bob},
    grants,
    mint_identifier::store,
    provider,
};

/// A grant that is refused for its scopes.
fn insufficient(workspace: &str) -> Grant {
    let mut grant = grants::slack_in(workspace);
    grant.credentials[0].scopes.clear();
    grant
}

#[tokio::test]
async fn every_token_of_a_refused_grant_is_taken_back() {
    let taken = Arc::new(Mutex::new(Vec::new()));
    let mut grant = insufficient("T1");
    grant
        .credentials
        .push(grants::token(CredentialKind::User, "xoxp-1"));
    let (mut client, kept) = (provider::grants(grant), taken.clone());
    client
        .expect_revoke()
        .times(2)
        .returning(move |app, credential| {
            assert_eq!(app.get("clientId"), Some("the-client-id"));
            let token = credential.access_token.expose_secret().to_owned();
            kept.lock().unwrap().push(token);
            Ok(())
        });
    let bench = Bench::start().await.with(client);
    bench.connect(for_ada("slack")).await;
    assert_eq!(*taken.lock().unwrap(), ["xoxb-1", "xoxp-1"]);
}

/// A provider may hand one token to two installs of one app: to take it back would cut off the
/// other one.
#[tokio::test]
async fn a_token_that_another_connection_may_live_on_is_left_alone() {
    let granted = vec![grants::slack(), insufficient("T1")];
    let bench = Bench::start().await.with(provider::grants_in_turn(granted));
    bench.connect(for_bob("slack")).await;
    let attempt = bench.connect(for_ada("slack")).await;
    assert_eq!(attempt.reason, Some(Reason::InsufficientScope));
}

/// The same app may be known to two environments.
#[tokio::test]
async fn a_connection_of_another_environment_counts_too() {
    let bench = Bench::start()
        .await
        .with(provider::grants(insufficient("T1")));
    let other = bench.broker.create_environment("Production").await.unwrap();
    let slack = fixtures::integration(other.id);
    let mut theirs = fixtures::connection(&slack, fixtures::shared_by(&[]));
    theirs.workspace.id = "T1".to_owned();
    store(&bench, theirs).await;
    bench.connect(for_ada("slack")).await;
}

#[tokio::test]
async fn another_workspace_does_not_count() {
    let granted = vec![grants::slack_in("T2"), insufficient("T1")];
    let client = provider::taking_back(provider::grants_in_turn(granted), 1);
    let bench = Bench::start().await.with(client);
    bench.connect(for_bob("slack")).await;
    bench.connect(for_ada("slack")).await;
}

#[tokio::test]
async fn a_provider_that_takes_nothing_back_changes_nothing() {
    let mut client: MockProviderClient = provider::grants(insufficient("T1"));
    let away = |_: &_, _: &_| Err(Reason::ProviderUnreachable.into());
    client.expect_revoke().times(1).returning(away);
    let bench = Bench::start().await.with(client);
    let attempt = bench.connect(for_ada("slack")).await;
    assert_eq!(attempt.status, AttemptStatus::Failed);
    assert_eq!(attempt.reason, Some(Reason::InsufficientScope));
}
