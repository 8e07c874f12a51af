//! How endpoints are written along with their connection.

use tieline_domain::{
    endpoint::{Address, ChannelEndpoint, EndpointKind},
    ports::RecordError,
};

use super::{insert, replace};
use crate::{
    StorageHarness, TestStores,
    fixtures::{self, seconds_later, subscriber_owner},
};

pub(super) async fn find(
    stores: &TestStores,
    endpoint: &ChannelEndpoint,
) -> Option<ChannelEndpoint> {
    stores
        .endpoints
        .find(endpoint.environment_id, &endpoint.identifier)
        .await
        .unwrap()
}

pub async fn an_endpoint_that_is_there_gets_the_new_address_and_secret(
    harness: &impl StorageHarness,
) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    let stored = fixtures::endpoint(&connection, &tenant.ada.subscriber_id);
    insert(
        stores,
        &tenant.slack,
        &connection,
        std::slice::from_ref(&stored),
    )
    .await;
    let renewed = ChannelEndpoint {
        address: fixtures::webhook("#general", "C1"),
        secret: Some(fixtures::sealed("https://hooks.test/…")),
        updated_at: seconds_later(7),
        ..stored
    };
    let endpoints = [renewed.clone()];
    replace(stores, &tenant.slack, &connection, &endpoints)
        .await
        .unwrap();
    assert_eq!(find(stores, &renewed).await, Some(renewed));
}

pub async fn an_endpoint_in_no_connection_stays_as_it_is(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let stored = fixtures::loose_endpoint(&tenant.slack, &tenant.ada.subscriber_id);
    stores.endpoints.insert(&stored).await.unwrap();
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    insert(stores, &tenant.slack, &connection, &[]).await;
    let intruder = ChannelEndpoint {
        id: stored.id,
        ..fixtures::endpoint(&connection, &tenant.ada.subscriber_id)
    };
    let recorded = replace(stores, &tenant.slack, &connection, &[intruder]).await;
    assert!(matches!(recorded, Err(RecordError::Raced)), "{recorded:?}");
    assert_eq!(find(stores, &stored).await, Some(stored));
}

pub async fn an_endpoint_of_another_connection_stays_as_it_is(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    let stored = fixtures::endpoint(&connection, &tenant.ada.subscriber_id);
    insert(
        stores,
        &tenant.slack,
        &connection,
        std::slice::from_ref(&stored),
    )
    .await;
    for tenant in [&tenant, &other] {
        let elsewhere = fixtures::connection(&tenant.slack, subscriber_owner("bob"));
        insert(stores, &tenant.slack, &elsewhere, &[]).await;
        let intruder = ChannelEndpoint {
            id: stored.id,
            ..fixtures::endpoint(&elsewhere, &tenant.bob.subscriber_id)
        };
        let recorded = replace(stores, &tenant.slack, &elsewhere, &[intruder]).await;
        assert!(matches!(recorded, Err(RecordError::Raced)), "{recorded:?}");
    }
    assert_eq!(find(stores, &stored).await, Some(stored));
}

pub async fn the_same_address_twice_is_raced(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    let stored = fixtures::endpoint(&connection, &tenant.ada.subscriber_id);
    insert(
        stores,
        &tenant.slack,
        &connection,
        std::slice::from_ref(&stored),
    )
    .await;
    let ada = fixtures::endpoint(&connection, &tenant.ada.subscriber_id);
    let twin = ChannelEndpoint {
        address: stored.address.clone(),
        ..ada.clone()
    };
    let recorded = replace(stores, &tenant.slack, &connection, &[twin]).await;
    assert!(matches!(recorded, Err(RecordError::Raced)), "{recorded:?}");
    let bob = fixtures::endpoint(&connection, &tenant.bob.subscriber_id);
    let key = stored.address.key.as_str();
    let different = [
        ChannelEndpoint {
            address: stored.address.clone(),
            ..bob
        },
        ChannelEndpoint {
            address: Address::person(EndpointKind::MsTeamsUser, key).address,
            ..ada
        },
    ];
    replace(stores, &tenant.slack, &connection, &different)
        .await
        .unwrap();
    for endpoint in different {
        assert_eq!(find(stores, &endpoint).await, Some(endpoint));
    }
}

pub async fn an_endpoint_identifier_is_taken_once_in_its_environment(
    harness: &impl StorageHarness,
) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    let stored = fixtures::endpoint(&connection, &tenant.ada.subscriber_id);
    insert(
        stores,
        &tenant.slack,
        &connection,
        std::slice::from_ref(&stored),
    )
    .await;
    let namesake = ChannelEndpoint {
        identifier: stored.identifier.clone(),
        ..fixtures::endpoint(&connection, &tenant.bob.subscriber_id)
    };
    let recorded = replace(stores, &tenant.slack, &connection, &[namesake]).await;
    assert!(matches!(recorded, Err(RecordError::Raced)), "{recorded:?}");
    let elsewhere = fixtures::connection(&other.slack, subscriber_owner("ada"));
    let namesake = ChannelEndpoint {
        identifier: stored.identifier.clone(),
        ..fixtures::endpoint(&elsewhere, &other.ada.subscriber_id)
    };
    insert(
        stores,
        &other.slack,
        &elsewhere,
        std::slice::from_ref(&namesake),
    )
    .await;
    for endpoint in [stored, namesake] {
        assert_eq!(find(stores, &endpoint).await, Some(endpoint));
    }
}
