//! What a flow that only links a person leaves behind, all or nothing.

use tieline_domain::{
    attempt::{AttemptStatus, ConnectAttempt},
    connection::{ConnectionIdentifier, Workspace},
    endpoint::ChannelEndpoint,
    flow::{Flow, Purpose},
    integration::Integration,
    ports::RecordError,
};

use super::{insert::connected, write::find};
use crate::{
    StorageHarness, TestStores,
    contract::concurrency::abandon_everywhere,
    fixtures::{self, NOON, seconds_later, subscriber_id},
};

/// An attempt to link a person, stored with this status.
async fn claimed(
    stores: &TestStores,
    integration: &Integration,
    status: AttemptStatus,
) -> ConnectAttempt {
    let flow = Flow {
        purpose: Purpose::LinkUser,
        ..fixtures::flow(integration)
    };
    let attempt = ConnectAttempt {
        status,
        ..ConnectAttempt::claimed(&flow, integration, NOON, fixtures::uuid())
    };
    stores.attempts.claim(&attempt).await.unwrap();
    attempt
}

/// The attempt after this endpoint came of it.
fn completed(attempt: &ConnectAttempt, endpoint: &ChannelEndpoint) -> ConnectAttempt {
    let workspace = Workspace {
        id: "T1".to_owned(),
        name: Some("Acme Corp".to_owned()),
        bot_user_id: None,
    };
    let connection = endpoint.connection_identifier.clone();
    attempt
        .clone()
        .completed(connection, &workspace, seconds_later(5))
}

async fn find_attempt(stores: &TestStores, attempt: &ConnectAttempt) -> Option<ConnectAttempt> {
    stores.attempts.find_anywhere(attempt.id).await.unwrap()
}

pub async fn a_link_writes_endpoint_and_attempt(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = connected(stores, &tenant).await;
    let ada = &tenant.ada.subscriber_id;
    let inside = fixtures::endpoint(&connection, ada);
    let loose = fixtures::loose_endpoint(&tenant.slack, ada);
    for (endpoint, status) in [inside, loose]
        .into_iter()
        .flat_map(|endpoint| AttemptStatus::ALL.map(|status| (endpoint.clone(), status)))
    {
        // New in the first round; in those that follow, known by its id.
        let linked = ChannelEndpoint {
            secret: Some(fixtures::sealed(status.as_str())),
            updated_at: seconds_later(5),
            ..endpoint
        };
        let attempt = claimed(stores, &tenant.slack, status).await;
        let done = completed(&attempt, &linked);
        stores.endpoints.record(&linked, &done).await.unwrap();
        assert_eq!(find(stores, &linked).await, Some(linked));
        assert_eq!(find_attempt(stores, &attempt).await, Some(done));
    }
}

pub async fn a_link_of_a_known_endpoint_keeps_all_but_address_and_secret(
    harness: &impl StorageHarness,
) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let stored = fixtures::loose_endpoint(&tenant.slack, &tenant.ada.subscriber_id);
    stores.endpoints.insert(&stored).await.unwrap();
    let linked = ChannelEndpoint {
        address: fixtures::person("U-next"),
        updated_at: seconds_later(5),
        ..stored
    };
    let given = ChannelEndpoint {
        identifier: "given".to_owned(),
        subscriber_id: tenant.bob.subscriber_id.clone(),
        created_at: seconds_later(60),
        ..linked.clone()
    };
    let attempt = claimed(stores, &tenant.slack, AttemptStatus::Exchanging).await;
    let done = completed(&attempt, &given);
    stores.endpoints.record(&given, &done).await.unwrap();
    assert_eq!(find(stores, &linked).await, Some(linked));
}

pub async fn a_link_that_is_refused_leaves_nothing_behind(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let stored = fixtures::loose_endpoint(&tenant.slack, &tenant.ada.subscriber_id);
    let foreign = fixtures::loose_endpoint(&other.slack, &other.ada.subscriber_id);
    for endpoint in [&stored, &foreign] {
        stores.endpoints.insert(endpoint).await.unwrap();
    }
    let fresh = || fixtures::loose_endpoint(&tenant.slack, &tenant.ada.subscriber_id);
    let named = ChannelEndpoint {
        identifier: stored.identifier.clone(),
        ..fresh()
    };
    let same = ChannelEndpoint {
        address: stored.address.clone(),
        ..fresh()
    };
    let stolen = ChannelEndpoint {
        id: foreign.id,
        ..fresh()
    };
    let homeless = ChannelEndpoint {
        connection_identifier: Some(ConnectionIdentifier::parse("unknown").unwrap()),
        ..fresh()
    };
    let eves = ChannelEndpoint {
        subscriber_id: subscriber_id("eve"),
        ..fresh()
    };
    let cases = [
        (named, RecordError::IdentifierTaken),
        (same, RecordError::Raced),
        (stolen, RecordError::Raced),
        (homeless, RecordError::Raced),
        (eves, RecordError::SubscriberGone),
    ];
    let attempt = claimed(stores, &tenant.slack, AttemptStatus::Exchanging).await;
    for (endpoint, expected) in cases {
        let done = completed(&attempt, &endpoint);
        let error = stores.endpoints.record(&endpoint, &done).await.unwrap_err();
        assert_eq!(error.to_string(), expected.to_string(), "{endpoint:?}");
        let found = find(stores, &endpoint).await;
        assert!(found.is_none_or(|found| found == stored), "{endpoint:?}");
    }
    assert_eq!(find_attempt(stores, &attempt).await, Some(attempt));
    assert_eq!(find(stores, &foreign).await, Some(foreign));
}

pub async fn a_link_without_its_attempt_leaves_nothing_behind(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let endpoint = fixtures::loose_endpoint(&tenant.slack, &tenant.ada.subscriber_id);
    let unclaimed = fixtures::attempt(&tenant.slack);
    let recorded = stores.endpoints.record(&endpoint, &unclaimed).await;
    assert!(
        matches!(recorded, Err(RecordError::Store(_))),
        "{recorded:?}"
    );
    assert_eq!(find(stores, &endpoint).await, None);
}

pub async fn a_link_that_is_abandoned_is_whole_or_absent(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    abandon_everywhere(
        async |_| {
            let attempt = claimed(stores, &tenant.slack, AttemptStatus::Exchanging).await;
            let endpoint = fixtures::loose_endpoint(&tenant.slack, &tenant.ada.subscriber_id);
            let done = completed(&attempt, &endpoint);
            (endpoint, done)
        },
        async |(endpoint, done)| stores.endpoints.record(endpoint, done).await.unwrap(),
        async |(endpoint, done)| {
            // The next writer waits until it is decided; then nothing changes any more.
            stores.attempts.claim(&done).await.unwrap();
            let whole = find_attempt(stores, &done).await == Some(done);
            assert_eq!(find(stores, &endpoint).await, whole.then_some(endpoint));
        },
    )
    .await;
}
