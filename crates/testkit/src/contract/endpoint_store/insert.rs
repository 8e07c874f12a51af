//! How endpoints are added that no flow linked.

use std::sync::Arc;

use tieline_domain::{
    connection::{ChannelConnection, ConnectionIdentifier},
    endpoint::{Address, ChannelEndpoint, EndpointKind},
    ports::RecordError,
    sealed::Sealed,
};

use super::write::find;
use crate::{
    StorageHarness, TestStores,
    contract::concurrency::at_once,
    fixtures::{self, context_keys, subscriber_id, subscriber_owner},
    harness::Tenant,
};

/// A connection of Slack that has been stored.
pub(super) async fn connected(stores: &TestStores, tenant: &Tenant) -> ChannelConnection {
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    stores.connections.insert(&connection).await.unwrap();
    connection
}

async fn fail_to_insert(stores: &TestStores, endpoint: &ChannelEndpoint) -> RecordError {
    stores.endpoints.insert(endpoint).await.unwrap_err()
}

pub async fn endpoints_come_back_as_they_were_inserted(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = connected(stores, &tenant).await;
    let plain = fixtures::loose_endpoint(&tenant.slack, &tenant.ada.subscriber_id);
    let inside = ChannelEndpoint {
        address: fixtures::webhook("#ünï 📣", "C1"),
        secret: Some(Sealed((0..=u8::MAX).cycle().take(70_000).collect())),
        ..fixtures::endpoint(&connection, &tenant.bob.subscriber_id)
    };
    let loose = ChannelEndpoint {
        identifier: "E".repeat(128),
        context_keys: context_keys(&["tenant:acme", "project:x"]),
        address: Address::person(EndpointKind::MsTeamsUser, "ünï 👩‍💻").address,
        created_at: "2026-02-03T04:05:06.789012Z".parse().unwrap(),
        updated_at: "2026-02-03T04:05:06.789013Z".parse().unwrap(),
        ..fixtures::loose_endpoint(&tenant.teams, &tenant.bob.subscriber_id)
    };
    for endpoint in [plain, inside, loose] {
        stores.endpoints.insert(&endpoint).await.unwrap();
        assert_eq!(find(stores, &endpoint).await, Some(endpoint));
    }
}

pub async fn the_identifier_of_another_endpoint_is_taken(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let stored = fixtures::loose_endpoint(&tenant.slack, &tenant.ada.subscriber_id);
    stores.endpoints.insert(&stored).await.unwrap();
    let named = |endpoint| ChannelEndpoint {
        identifier: stored.identifier.clone(),
        ..endpoint
    };
    let namesake = named(fixtures::loose_endpoint(
        &tenant.teams,
        &tenant.bob.subscriber_id,
    ));
    let error = fail_to_insert(stores, &namesake).await;
    assert!(matches!(error, RecordError::IdentifierTaken), "{error:?}");
    let elsewhere = named(fixtures::loose_endpoint(
        &other.slack,
        &other.ada.subscriber_id,
    ));
    stores.endpoints.insert(&elsewhere).await.unwrap();
    for endpoint in [stored, elsewhere] {
        assert_eq!(find(stores, &endpoint).await, Some(endpoint));
    }
}

pub async fn an_address_is_taken_once_in_a_connection_and_once_in_none(
    harness: &impl StorageHarness,
) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let (ada, bob) = (&tenant.ada.subscriber_id, &tenant.bob.subscriber_id);
    let (first, second) = (
        connected(stores, &tenant).await,
        connected(stores, &tenant).await,
    );
    let homes = || {
        [
            fixtures::loose_endpoint(&tenant.slack, ada),
            fixtures::loose_endpoint(&tenant.slack, bob),
            fixtures::loose_endpoint(&tenant.teams, ada),
            fixtures::endpoint(&first, ada),
            fixtures::endpoint(&first, bob),
            fixtures::endpoint(&second, ada),
        ]
        .map(|endpoint| ChannelEndpoint {
            address: fixtures::person("U1"),
            ..endpoint
        })
    };
    let stored = homes();
    for endpoint in &stored {
        stores.endpoints.insert(endpoint).await.unwrap();
    }
    for twin in homes() {
        let error = fail_to_insert(stores, &twin).await;
        assert!(matches!(error, RecordError::Raced), "{twin:?}: {error:?}");
        assert_eq!(find(stores, &twin).await, None);
    }
    for endpoint in stored {
        let ChannelEndpoint {
            environment_id,
            integration_id,
            connection_identifier,
            subscriber_id,
            address,
            ..
        } = &endpoint;
        let connection = connection_identifier.as_ref();
        let same = stores.endpoints.find_same(
            *environment_id,
            *integration_id,
            connection,
            subscriber_id,
            address,
        );
        assert_eq!(same.await.unwrap(), Some(endpoint));
    }
}

pub async fn an_endpoint_needs_what_it_names(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let ada = &tenant.ada.subscriber_id;
    let foreign = connected(stores, &other).await;
    let inside = |identifier| ChannelEndpoint {
        connection_identifier: Some(identifier),
        ..fixtures::loose_endpoint(&tenant.slack, ada)
    };
    let homeless = [
        inside(ConnectionIdentifier::parse("unknown").unwrap()),
        inside(foreign.identifier),
        ChannelEndpoint {
            integration_id: other.slack.id,
            ..fixtures::loose_endpoint(&tenant.slack, ada)
        },
    ];
    for endpoint in homeless {
        let error = fail_to_insert(stores, &endpoint).await;
        assert!(matches!(error, RecordError::Raced), "{error:?}");
        assert_eq!(find(stores, &endpoint).await, None);
    }
    let eve = fixtures::subscriber(other.environment.id, "eve");
    stores.subscribers.insert(&eve).await.unwrap();
    let eves = fixtures::loose_endpoint(&tenant.slack, &subscriber_id("eve"));
    let error = fail_to_insert(stores, &eves).await;
    assert!(matches!(error, RecordError::SubscriberGone), "{error:?}");
    assert_eq!(find(stores, &eves).await, None);
}

pub async fn of_many_at_one_address_exactly_one_is_inserted(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let answers = at_once(20, |_| {
        let store = Arc::clone(&stores.endpoints);
        let twin = ChannelEndpoint {
            address: fixtures::person("U1"),
            ..fixtures::loose_endpoint(&tenant.slack, &tenant.ada.subscriber_id)
        };
        async move { store.insert(&twin).await }
    })
    .await;
    let lost = |answer: &&Result<_, _>| matches!(answer, Err(RecordError::Raced));
    assert_eq!(answers.iter().filter(lost).count(), 19, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
}
