//! To whom a connection will belong, and whether the person who connects is linked.

use tieline_domain::{
    connection::{ConnectionMode, Owner},
    reason::Reason,
    usecase::MintConnectUrl,
};
use tieline_testkit::fixtures;

use crate::bench::{Bench, contexts, refusal};

const SUBSCRIBER: Option<ConnectionMode> = Some(ConnectionMode::Subscriber);
const SHARED: Option<ConnectionMode> = Some(ConnectionMode::Shared);

const CONTEXT_REQUIRED: (Reason, &str) = (
    Reason::ContextRequired,
    "context is required when connectionMode is \"shared\"",
);
const SUBSCRIBER_REQUIRED: (Reason, &str) = (
    Reason::SubscriberRequired,
    "subscriberId is required when connectionMode is \"subscriber\"",
);
const OWNER_REQUIRED: (Reason, &str) = (
    Reason::OwnerRequired,
    "Either subscriberId or context must be provided",
);

/// A request with this mode, with or without subscriber and context.
fn request(mode: Option<ConnectionMode>, subscriber: bool, context: bool) -> MintConnectUrl {
    MintConnectUrl {
        integration_identifier: "slack".to_owned(),
        subscriber_id: subscriber.then(|| fixtures::subscriber_id("ada")),
        contexts: contexts(if context { &["tenant:acme"] } else { &[] }),
        mode,
        ..Default::default()
    }
}

#[tokio::test]
async fn the_owner_follows_from_mode_subscriber_and_context() {
    let bench = Bench::start().await;
    for (mode, subscriber, context, owned_by_ada) in [
        (None, true, false, true),
        (None, true, true, true),
        (None, false, true, false),
        (SUBSCRIBER, true, false, true),
        (SUBSCRIBER, true, true, true),
        (SHARED, false, true, false),
        (SHARED, true, true, false),
    ] {
        let flow = bench.flow(request(mode, subscriber, context)).await;
        let keys: &[&str] = if context { &["tenant:acme"] } else { &[] };
        let owner = Owner {
            subscriber_id: owned_by_ada.then(|| fixtures::subscriber_id("ada")),
            context_keys: fixtures::context_keys(keys),
        };
        assert_eq!(flow.owner(), owner, "{mode:?} {subscriber} {context}");
    }
}

#[tokio::test]
async fn a_mode_without_its_owner_is_refused_in_the_words_of_the_wire() {
    let bench = Bench::start().await;
    for (mode, subscriber, context, (reason, message)) in [
        (None, false, false, OWNER_REQUIRED),
        (SUBSCRIBER, false, false, SUBSCRIBER_REQUIRED),
        (SUBSCRIBER, false, true, SUBSCRIBER_REQUIRED),
        (SHARED, false, false, CONTEXT_REQUIRED),
        (SHARED, true, false, CONTEXT_REQUIRED),
    ] {
        let refused = bench.mint(request(mode, subscriber, context)).await;
        assert_eq!(refusal(refused), (reason, message.to_owned()));
    }
}

#[tokio::test]
async fn a_shared_flow_keeps_its_subscriber_to_link() {
    let bench = Bench::start().await;
    let flow = bench.flow(request(SHARED, true, true)).await;
    assert_eq!(flow.owner().subscriber_id, None);
    assert_eq!(flow.subscriber_id, Some(fixtures::subscriber_id("ada")));
}

#[tokio::test]
async fn the_person_is_linked_by_default_in_subscriber_mode_only() {
    let bench = Bench::start().await;
    for (mode, asked, linked) in [
        (SUBSCRIBER, None, true),
        (SUBSCRIBER, Some(true), true),
        (SUBSCRIBER, Some(false), false),
        (SHARED, None, false),
        (SHARED, Some(true), true),
        (SHARED, Some(false), false),
        (None, None, true),
    ] {
        let flow = bench.flow(MintConnectUrl {
            auto_link: asked,
            ..request(mode, true, true)
        });
        assert_eq!(flow.await.auto_link, linked, "{mode:?} {asked:?}");
    }
}

#[tokio::test]
async fn nobody_is_linked_where_there_is_nobody() {
    let bench = Bench::start().await;
    let flow = bench.flow(MintConnectUrl {
        auto_link: Some(true),
        ..request(SHARED, false, true)
    });
    assert_eq!(flow.await.subscriber_to_link(), None);
}
