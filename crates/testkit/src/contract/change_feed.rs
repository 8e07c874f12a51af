//! The contract of [`tieline_domain::ports::ChangeFeed`] between nodes.

use std::{pin::pin, sync::Arc};

use tieline_domain::{
    id::EnvironmentId,
    ports::{Change, ChangeFeed},
};

use crate::{
    contract::concurrency::soon,
    fixtures,
    port_harness::{ChangeFeedHarness, Heard, News},
};

/// Puts an adapter through the contract of `ChangeFeed`.
#[macro_export]
macro_rules! change_feed_contract {
    ($harness:ty) => {
        $crate::change_feed_cases! { $harness [
            every_kind_of_change_is_heard_by_every_node,
            changes_of_one_node_are_heard_in_their_order,
            installations_do_not_hear_each_other,
            a_node_that_heard_nothing_for_a_while_is_told_so_and_hears_again,
        ] }
    };
}

/// Makes a module of tests out of the cases of the suite.
#[doc(hidden)]
#[macro_export]
macro_rules! change_feed_cases {
    ($harness:ty [$($case:ident,)*]) => {
        mod change_feed {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::contract::change_feed::$case::<$harness>().await;
                }
            )*
        }
    };
}

/// A node that has begun to hear.
async fn node(harness: &impl ChangeFeedHarness) -> (Arc<dyn ChangeFeed>, Arc<Heard>) {
    let heard = Heard::new();
    let feed = harness.node(heard.clone()).await;
    assert_eq!(heard.next().await, News::Missed);
    (feed, heard)
}

fn environment() -> EnvironmentId {
    EnvironmentId(fixtures::uuid())
}

pub async fn every_kind_of_change_is_heard_by_every_node<H: ChangeFeedHarness>() {
    let harness = H::start().await;
    let (own, heard_here) = node(&harness).await;
    let (_other, heard_there) = node(&harness).await;
    let changes = [
        Change::ApiKeys(environment()),
        Change::Integrations(environment()),
        Change::Subscriber(
            environment(),
            fixtures::subscriber_id("Ada \u{1f600} \"x\""),
        ),
        Change::Subscriber(
            environment(),
            fixtures::subscriber_id(&"\u{fc}".repeat(255)),
        ),
        Change::Context(environment(), "tenant:acme".parse().unwrap()),
    ];
    for change in changes {
        own.publish(change.clone()).await;
        for heard in [&heard_here, &heard_there] {
            assert_eq!(heard.next().await, News::Changed(change.clone()));
        }
    }
}

pub async fn changes_of_one_node_are_heard_in_their_order<H: ChangeFeedHarness>() {
    let harness = H::start().await;
    let (feed, _) = node(&harness).await;
    let (_other, heard) = node(&harness).await;
    let changes: Vec<_> = (0..50).map(|_| Change::ApiKeys(environment())).collect();
    for change in &changes {
        feed.publish(change.clone()).await;
    }
    for change in changes {
        assert_eq!(heard.next().await, News::Changed(change));
    }
}

pub async fn installations_do_not_hear_each_other<H: ChangeFeedHarness>() {
    let (harness, elsewhere) = (H::start().await, H::start().await);
    let (own, heard) = node(&harness).await;
    let (foreign, _) = node(&elsewhere).await;
    foreign.publish(Change::ApiKeys(environment())).await;
    let change = Change::Integrations(environment());
    own.publish(change.clone()).await;
    assert_eq!(heard.next().await, News::Changed(change));
}

pub async fn a_node_that_heard_nothing_for_a_while_is_told_so_and_hears_again<
    H: ChangeFeedHarness,
>() {
    let harness = H::start_severable().await;
    let (feed, heard) = node(&harness).await;
    let change = Change::ApiKeys(environment());
    harness.sever().await;
    // Nobody hears of it, and nobody is kept waiting.
    for _ in 0..10 {
        soon(feed.publish(change.clone())).await;
    }
    harness.restore().await;
    assert_eq!(heard.next().await, News::Missed);
    // Who hears again may not be able to tell yet: that goes another way.
    let mut next = pin!(heard.next());
    let news = loop {
        tokio::select! {
            news = &mut next => break news,
            () = feed.publish(change.clone()) => tokio::task::yield_now().await,
        }
    };
    assert_eq!(news, News::Changed(change));
}
