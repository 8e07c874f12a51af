//! How endpoints are changed and deleted.

use tieline_domain::{
    endpoint::{Address, ChannelEndpoint, EndpointKind},
    id::EndpointId,
    ports::RecordError,
};

use super::{insert::connected, write::find};
use crate::{
    StorageHarness,
    fixtures::{self, context_keys, seconds_later},
};

pub async fn a_replacement_keeps_all_but_address_and_secret(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = connected(stores, &tenant).await;
    let ada = &tenant.ada.subscriber_id;
    for stored in [
        fixtures::loose_endpoint(&tenant.slack, ada),
        fixtures::endpoint(&connection, ada),
    ] {
        stores.endpoints.insert(&stored).await.unwrap();
        let replaced = ChannelEndpoint {
            address: fixtures::webhook("#ünï 📣", "C1"),
            secret: Some(fixtures::sealed("https://hooks.test/…")),
            updated_at: seconds_later(7),
            ..stored
        };
        let given = ChannelEndpoint {
            identifier: "given".to_owned(),
            subscriber_id: tenant.bob.subscriber_id.clone(),
            context_keys: context_keys(&["tenant:acme"]),
            created_at: seconds_later(60),
            ..replaced.clone()
        };
        stores.endpoints.replace(&given).await.unwrap();
        assert_eq!(find(stores, &replaced).await.as_ref(), Some(&replaced));
        let bare = ChannelEndpoint {
            secret: None,
            ..replaced
        };
        stores.endpoints.replace(&bare).await.unwrap();
        assert_eq!(find(stores, &bare).await, Some(bare));
    }
}

pub async fn a_replacement_onto_another_endpoint_is_raced(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let ada = &tenant.ada.subscriber_id;
    let connection = connected(stores, &tenant).await;
    let loose = || fixtures::loose_endpoint(&tenant.slack, ada);
    let inside = || fixtures::endpoint(&connection, ada);
    let endpoints = [loose(), loose(), inside(), inside()];
    for endpoint in &endpoints {
        stores.endpoints.insert(endpoint).await.unwrap();
    }
    for pair in endpoints.chunks(2) {
        let moved = ChannelEndpoint {
            address: pair[0].address.clone(),
            ..pair[1].clone()
        };
        let replaced = stores.endpoints.replace(&moved).await;
        assert!(matches!(replaced, Err(RecordError::Raced)), "{replaced:?}");
    }
    for endpoint in &endpoints {
        assert_eq!(find(stores, endpoint).await.as_ref(), Some(endpoint));
    }
    // In a connection and in none, the same address is another's.
    let moved = ChannelEndpoint {
        address: endpoints[0].address.clone(),
        ..endpoints[3].clone()
    };
    stores.endpoints.replace(&moved).await.unwrap();
    let kind = EndpointKind::MsTeamsUser;
    let other_kind = ChannelEndpoint {
        address: Address::person(kind, &endpoints[0].address.key).address,
        ..endpoints[1].clone()
    };
    stores.endpoints.replace(&other_kind).await.unwrap();
}

pub async fn an_endpoint_that_is_gone_is_not_replaced(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let stored = fixtures::loose_endpoint(&tenant.slack, &tenant.ada.subscriber_id);
    stores.endpoints.insert(&stored).await.unwrap();
    let next = ChannelEndpoint {
        address: fixtures::person("U-next"),
        ..stored.clone()
    };
    let strangers = [
        ChannelEndpoint {
            environment_id: other.environment.id,
            ..next.clone()
        },
        ChannelEndpoint {
            id: EndpointId(fixtures::uuid()),
            ..next
        },
    ];
    for stranger in strangers {
        let replaced = stores.endpoints.replace(&stranger).await;
        assert!(matches!(replaced, Err(RecordError::Raced)), "{replaced:?}");
    }
    assert_eq!(find(stores, &stored).await, Some(stored));
}

pub async fn a_deleted_endpoint_leaves_its_address_and_identifier(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let environment = tenant.environment.id;
    let connection = connected(stores, &tenant).await;
    let deleted = fixtures::endpoint(&connection, &tenant.ada.subscriber_id);
    let neighbour = fixtures::endpoint(&connection, &tenant.ada.subscriber_id);
    let namesake = ChannelEndpoint {
        identifier: deleted.identifier.clone(),
        ..fixtures::loose_endpoint(&other.slack, &other.ada.subscriber_id)
    };
    for endpoint in [&deleted, &neighbour, &namesake] {
        stores.endpoints.insert(endpoint).await.unwrap();
    }
    let delete = || stores.endpoints.delete(environment, &deleted.identifier);
    assert!(delete().await.unwrap());
    assert!(!delete().await.unwrap());
    assert_eq!(find(stores, &deleted).await, None);
    let again = ChannelEndpoint {
        id: EndpointId(fixtures::uuid()),
        ..deleted
    };
    stores.endpoints.insert(&again).await.unwrap();
    for endpoint in [again, neighbour, namesake] {
        assert_eq!(find(stores, &endpoint).await, Some(endpoint));
    }
    let found = stores
        .connections
        .find(environment, &connection.identifier)
        .await;
    assert_eq!(found.unwrap(), Some(connection));
}
