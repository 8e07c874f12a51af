//! How integrations are replaced.

use std::sync::Arc;

use tieline_domain::{
    id::IntegrationId,
    integration::Integration,
    ports::{ConnectionFilter, EndpointFilter, InsertError},
};

use crate::{
    StorageHarness,
    contract::{cascade::stock, concurrency::at_once, pages::first},
    fixtures::{self, seconds_later},
};

pub async fn the_next_generation_replaces_all_but_id_and_provider(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().integrations;
    let stored = fixtures::integration(environment.id);
    store.insert(&stored).await.unwrap();
    let renewed = Integration {
        identifier: "slack-eu".to_owned(),
        name: "Renamed".to_owned(),
        active: false,
        credentials: fixtures::sealed("renewed"),
        generation: 2,
        updated_at: seconds_later(1),
        ..stored
    };
    let given = Integration {
        provider: fixtures::teams_integration(environment.id).provider,
        created_at: seconds_later(60),
        ..renewed.clone()
    };
    assert!(store.replace(&given).await.unwrap());
    assert_eq!(store.find(environment.id, "slack").await.unwrap(), None);
    let found = store.find(environment.id, "slack-eu").await.unwrap();
    assert_eq!(found, Some(renewed));
    let first = fixtures::integration(environment.id);
    store.insert(&first).await.unwrap();
}

pub async fn the_identifier_of_another_replaces_nothing(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let next = Integration {
        identifier: "msteams".to_owned(),
        name: "Renamed".to_owned(),
        generation: 2,
        ..tenant.slack.clone()
    };
    assert!(matches!(
        stores.integrations.replace(&next).await,
        Err(InsertError::Taken)
    ));
    let all = stores.integrations.list(tenant.environment.id).await;
    assert_eq!(all.unwrap(), [tenant.slack, tenant.teams]);
    // What another environment has is free here.
    let elsewhere = Integration {
        identifier: "elsewhere".to_owned(),
        generation: 2,
        ..other.slack
    };
    assert!(stores.integrations.replace(&elsewhere).await.unwrap());
    let own = Integration {
        identifier: "elsewhere".to_owned(),
        ..next
    };
    assert!(stores.integrations.replace(&own).await.unwrap());
}

pub async fn a_new_identifier_is_seen_in_connections_and_endpoints(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let environment = tenant.environment.id;
    stock(stores, &tenant).await;
    let renamed = Integration {
        identifier: "slack-eu".to_owned(),
        generation: 2,
        ..tenant.slack
    };
    assert!(stores.integrations.replace(&renamed).await.unwrap());
    for (identifier, connections, endpoints) in [("slack", 0, 0), ("slack-eu", 2, 6)] {
        let integration_identifier = Some(identifier.to_owned());
        let filter = ConnectionFilter {
            integration_identifier: integration_identifier.clone(),
            ..ConnectionFilter::default()
        };
        let page = stores
            .connections
            .list(environment, &filter, &first(10))
            .await;
        let items = page.unwrap().items;
        assert_eq!(items.len(), connections);
        assert!(items.iter().all(|c| c.integration_identifier == identifier));
        let filter = EndpointFilter {
            integration_identifier,
            ..EndpointFilter::default()
        };
        let page = stores
            .endpoints
            .list(environment, &filter, &first(10))
            .await;
        let items = page.unwrap().items;
        assert_eq!(items.len(), endpoints);
        assert!(items.iter().all(|e| e.integration_identifier == identifier));
    }
}

pub async fn a_stale_generation_replaces_nothing(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().integrations;
    let stored = Integration {
        generation: 5,
        ..fixtures::integration(environment.id)
    };
    store.insert(&stored).await.unwrap();
    for generation in [1, 4, 5, 7] {
        let stale = Integration {
            generation,
            active: false,
            ..stored.clone()
        };
        assert!(!store.replace(&stale).await.unwrap(), "{generation}");
    }
    assert_eq!(
        store.find(environment.id, "slack").await.unwrap(),
        Some(stored)
    );
}

pub async fn of_many_replacements_exactly_one_happens(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = Arc::clone(&harness.stores().integrations);
    let stored = fixtures::integration(environment.id);
    store.insert(&stored).await.unwrap();
    let replaced = at_once(20, |number| {
        let (store, stored) = (Arc::clone(&store), stored.clone());
        async move {
            let name = format!("by {number}");
            store
                .replace(&Integration {
                    name,
                    generation: 2,
                    ..stored
                })
                .await
                .unwrap()
        }
    })
    .await;
    assert_eq!(replaced.iter().filter(|replaced| **replaced).count(), 1);
    let winner = replaced.iter().position(|replaced| *replaced).unwrap();
    let found = store.find(environment.id, "slack").await.unwrap().unwrap();
    assert_eq!(found.name, format!("by {winner}"));
}

pub async fn an_integration_is_replaced_in_its_own_environment_only(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (own, other) = (stores.environment().await, stores.environment().await);
    let stored = fixtures::integration(own.id);
    stores.integrations.insert(&stored).await.unwrap();
    let next = Integration {
        generation: 2,
        active: false,
        ..stored.clone()
    };
    let foreign = Integration {
        environment_id: other.id,
        ..next.clone()
    };
    let unknown = Integration {
        id: IntegrationId(fixtures::uuid()),
        ..next
    };
    for integration in [foreign, unknown] {
        assert!(!stores.integrations.replace(&integration).await.unwrap());
    }
    assert_eq!(
        stores.integrations.find(own.id, "slack").await.unwrap(),
        Some(stored)
    );
}
