//! The same owner comes again, or somebody else wants what another has.

use tieline_domain::{
    attempt::AttemptStatus,
    connection::{ChannelConnection, ConnectionMode},
    reason::Reason,
    usecase::MintConnectUrl,
};
use tieline_testkit::fixtures;

use crate::{
    bench::{Bench, code, contexts, for_ada, for_bob, identifier_of, named, shared},
    grants,
    mint_identifier::store,
    provider,
};

/// A bench whose provider grants the workspaces `T1`, then these.
async fn bench_granting(workspaces: &[&str]) -> Bench {
    let all = ["T1"].iter().chain(workspaces);
    let granted = all.map(|workspace| grants::slack_in(workspace)).collect();
    Bench::start().await.with(provider::grants_in_turn(granted))
}

/// C38
#[tokio::test]
async fn the_same_owner_and_workspace_keep_their_connection() {
    let bench = bench_granting(&["T1"]).await;
    bench.connect(for_ada("slack")).await;
    let before = &bench.connections().await[0];
    bench.later(jiff::SignedDuration::from_secs(60));
    let attempt = bench.connect(for_ada("slack")).await;
    let [after] = bench.connections().await.try_into().unwrap();
    assert_eq!(
        (after.id, &after.identifier),
        (before.id, &before.identifier)
    );
    assert_eq!(after.created_at, before.created_at);
    assert_eq!(after.updated_at, fixtures::seconds_later(60));
    assert_eq!(after.generation, 2);
    assert_ne!(after.credentials, before.credentials);
    assert_eq!(attempt.connection_identifier, Some(after.identifier));
}

#[tokio::test]
async fn a_connection_that_exists_keeps_its_identifier_whatever_is_asked_for() {
    let bench = bench_granting(&["T1"]).await;
    bench.connect(named("first")).await;
    let attempt = bench.connect(named("second")).await;
    let [connection] = bench.connections().await.try_into().unwrap();
    assert_eq!(connection.identifier.as_str(), "first");
    assert_eq!(attempt.connection_identifier, Some(identifier_of("first")));
}

#[tokio::test]
async fn another_workspace_is_another_connection() {
    let bench = bench_granting(&["T2"]).await;
    bench.connect(for_ada("slack")).await;
    bench.connect(for_ada("slack")).await;
    assert_eq!(bench.connections().await.len(), 2);
}

#[tokio::test]
async fn another_owner_of_the_same_workspace_has_another_connection() {
    let bench = bench_granting(&["T1", "T1", "T1"]).await;
    bench.connect(for_ada("slack")).await;
    bench.connect(for_bob("slack")).await;
    bench.connect(shared("slack", &["tenant:acme"])).await;
    let in_context = MintConnectUrl {
        contexts: contexts(&["tenant:acme"]),
        ..for_ada("slack")
    };
    bench.connect(in_context).await;
    assert_eq!(bench.connections().await.len(), 4);
}

#[tokio::test]
async fn the_order_of_contexts_does_not_make_another_owner() {
    let bench = bench_granting(&["T1"]).await;
    bench.connect(shared("slack", &["a:1", "b:2"])).await;
    bench.connect(shared("slack", &["b:2", "a:1"])).await;
    assert_eq!(bench.connections().await.len(), 1);
}

#[tokio::test]
async fn an_identifier_does_not_move_to_another_workspace() {
    let granted = ["T1", "T2"].map(grants::slack_in).into();
    let client = provider::taking_back(provider::grants_in_turn(granted), 1);
    let bench = Bench::start().await.with(client);
    bench.connect(named("mine")).await;
    let before = bench.connections().await;
    let state = bench.state(named("mine")).await;
    let attempt = bench.answer(code(&state)).await;
    assert_eq!(attempt.reason, Some(Reason::AccountMismatch));
    assert_eq!(bench.connections().await, before);
}

/// The identifier was free when the URL was minted, and is another's now.
async fn taken_meanwhile(bench: &Bench, holder: ChannelConnection) -> String {
    let state = bench.state(named("mine")).await;
    let identifier = identifier_of("mine");
    store(
        bench,
        ChannelConnection {
            identifier,
            ..holder
        },
    )
    .await;
    state
}

/// C37
#[tokio::test]
async fn an_identifier_taken_meanwhile_is_not_overwritten() {
    let client = provider::taking_back(provider::grants(grants::slack()), 1);
    let bench = Bench::start().await.with(client);
    let slack = fixtures::integration(bench.environment);
    let bobs = fixtures::connection(&slack, fixtures::subscriber_owner("bob"));
    let state = taken_meanwhile(&bench, bobs).await;
    let before = bench.connections().await;
    let attempt = bench.answer(code(&state)).await;
    assert_eq!(attempt.status, AttemptStatus::Failed);
    assert_eq!(attempt.reason, Some(Reason::IdentifierTaken));
    assert_eq!(bench.connections().await, before);
    assert!(bench.endpoints().await.is_empty());
}

/// The failure tells nothing about who has it.
#[tokio::test]
async fn a_taken_identifier_does_not_disclose_its_owner() {
    let client = provider::taking_back(provider::grants(grants::slack()), 1);
    let bench = Bench::start().await.with(client);
    let slack = fixtures::integration(bench.environment);
    let bobs = fixtures::connection(&slack, fixtures::subscriber_owner("bob"));
    let state = taken_meanwhile(&bench, bobs).await;
    let told = format!("{:?}", bench.answer(code(&state)).await);
    assert!(!told.contains("bob"), "{told}");
}

/// Two flows of one owner to one workspace: the later one renews.
#[tokio::test]
async fn two_open_urls_with_one_identifier_end_in_one_connection() {
    let bench = bench_granting(&["T1"]).await;
    let first = bench.state(named("mine")).await;
    let second = bench.state(named("mine")).await;
    bench.answer(code(&first)).await;
    let attempt = bench.answer(code(&second)).await;
    assert_eq!(attempt.status, AttemptStatus::Completed);
    assert_eq!(bench.connections().await.len(), 1);
}

#[tokio::test]
async fn a_mode_decides_about_the_owner_and_so_about_sameness() {
    let bench = bench_granting(&["T1"]).await;
    let both = MintConnectUrl {
        contexts: contexts(&["tenant:acme"]),
        ..for_ada("slack")
    };
    bench.connect(both.clone()).await;
    let mode = Some(ConnectionMode::Shared);
    bench.connect(MintConnectUrl { mode, ..both }).await;
    let connections = bench.connections().await;
    let modes: Vec<_> = connections.iter().map(|c| c.owner.mode()).collect();
    assert_eq!(modes, [ConnectionMode::Subscriber, ConnectionMode::Shared]);
}
