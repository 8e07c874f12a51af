//! That endpoints are kept as they are and found by what makes them the same.

use serde_json::json;
use tieline_domain::{
    connection::ConnectionIdentifier,
    endpoint::{Address, ChannelEndpoint, EndpointAddress, EndpointKind},
    sealed::Sealed,
};

use super::insert;
use crate::{
    StorageHarness, TestStores,
    fixtures::{self, context_keys, subscriber_id, subscriber_owner},
};

async fn find_same(stores: &TestStores, endpoint: &ChannelEndpoint) -> Option<ChannelEndpoint> {
    let ChannelEndpoint {
        environment_id,
        integration_id,
        connection_identifier,
        subscriber_id,
        address,
        ..
    } = endpoint;
    let found = stores.endpoints.find_same(
        *environment_id,
        *integration_id,
        connection_identifier.as_ref(),
        subscriber_id,
        address,
    );
    found.await.unwrap()
}

pub async fn an_absent_endpoint_is_none(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    let absent = fixtures::endpoint(&connection, &tenant.ada.subscriber_id);
    let found = stores
        .endpoints
        .find(tenant.environment.id, &absent.identifier)
        .await
        .unwrap();
    assert_eq!(found, None);
    assert_eq!(find_same(stores, &absent).await, None);
    let deletion = stores
        .endpoints
        .delete(tenant.environment.id, &absent.identifier);
    assert!(!deletion.await.unwrap());
}

pub async fn endpoints_come_back_as_they_were_recorded(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    let mut endpoints: Vec<_> = EndpointKind::ALL
        .iter()
        .map(|kind| ChannelEndpoint {
            address: Address::person(*kind, "U1").address,
            ..fixtures::endpoint(&connection, &tenant.ada.subscriber_id)
        })
        .collect();
    let public = json!({ "channel": "#ünï 📣", "deep": [null, { "er": 1.5 }] });
    endpoints.push(ChannelEndpoint {
        identifier: "chendp_ä".repeat(30),
        context_keys: context_keys(&["tenant:acme", "project:x"]),
        address: EndpointAddress {
            kind: EndpointKind::Webhook,
            public: public.as_object().cloned().unwrap(),
            key: String::new(),
        },
        secret: Some(Sealed((0..=u8::MAX).cycle().take(70_000).collect())),
        created_at: "2026-02-03T04:05:06.789012Z".parse().unwrap(),
        updated_at: "2026-02-03T04:05:06.789013Z".parse().unwrap(),
        ..fixtures::endpoint(&connection, &tenant.bob.subscriber_id)
    });
    insert(stores, &tenant.slack, &connection, &endpoints).await;
    for endpoint in endpoints {
        let find = stores
            .endpoints
            .find(tenant.environment.id, &endpoint.identifier);
        assert_eq!(find.await.unwrap().as_ref(), Some(&endpoint));
        assert_eq!(find_same(stores, &endpoint).await, Some(endpoint));
    }
}

pub async fn an_endpoint_is_found_in_its_own_environment_only(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    let endpoint = fixtures::endpoint(&connection, &tenant.ada.subscriber_id);
    insert(
        stores,
        &tenant.slack,
        &connection,
        std::slice::from_ref(&endpoint),
    )
    .await;
    let find = stores
        .endpoints
        .find(other.environment.id, &endpoint.identifier);
    assert_eq!(find.await.unwrap(), None);
    let foreign = ChannelEndpoint {
        environment_id: other.environment.id,
        ..endpoint
    };
    assert_eq!(find_same(stores, &foreign).await, None);
}

pub async fn the_same_endpoint_has_the_same_subscriber_kind_and_key(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    let endpoint = fixtures::endpoint(&connection, &tenant.ada.subscriber_id);
    insert(
        stores,
        &tenant.slack,
        &connection,
        std::slice::from_ref(&endpoint),
    )
    .await;
    let address = &endpoint.address;
    let elsewhere = ConnectionIdentifier::parse("elsewhere").unwrap();
    let others = [
        ChannelEndpoint {
            integration_id: tenant.teams.id,
            ..endpoint.clone()
        },
        ChannelEndpoint {
            connection_identifier: Some(elsewhere),
            ..endpoint.clone()
        },
        ChannelEndpoint {
            connection_identifier: None,
            ..endpoint.clone()
        },
        ChannelEndpoint {
            subscriber_id: subscriber_id("bob"),
            ..endpoint.clone()
        },
        ChannelEndpoint {
            address: EndpointAddress {
                kind: EndpointKind::Webhook,
                ..address.clone()
            },
            ..endpoint.clone()
        },
        ChannelEndpoint {
            address: EndpointAddress {
                key: address.key.to_lowercase(),
                ..address.clone()
            },
            ..endpoint.clone()
        },
    ];
    for other in others {
        assert_eq!(find_same(stores, &other).await, None);
    }
    let public = serde_json::Map::new();
    let otherwise_shown = ChannelEndpoint {
        address: EndpointAddress {
            public,
            ..address.clone()
        },
        ..endpoint.clone()
    };
    assert_eq!(find_same(stores, &otherwise_shown).await, Some(endpoint));
}
