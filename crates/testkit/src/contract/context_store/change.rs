//! How contexts are changed and deleted.

use tieline_domain::{
    context::{BridgeUrl, Context},
    id::ContextRowId,
};

use crate::{
    StorageHarness,
    contract::connection_store,
    fixtures::{self, seconds_later, shared_by},
};

pub async fn an_update_replaces_what_a_product_can_change(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().contexts;
    let stored = fixtures::context(environment.id, "tenant:acme");
    let neighbour = fixtures::context(environment.id, "tenant:x");
    for context in [&stored, &neighbour] {
        store.insert(context).await.unwrap();
    }
    let url = BridgeUrl::parse("https://acme.test/bridge?a=ü").unwrap();
    for (second, bridge_url) in [(1, Some(url)), (2, None)] {
        let changed = Context {
            data: serde_json::Map::from_iter([("ünï".to_owned(), second.into())]),
            bridge_url,
            updated_at: seconds_later(second),
            ..stored.clone()
        };
        let given = Context {
            id: ContextRowId(fixtures::uuid()),
            created_at: seconds_later(60),
            ..changed.clone()
        };
        assert!(store.update(&given).await.unwrap());
        let found = store.find(environment.id, &stored.key).await.unwrap();
        assert_eq!(found, Some(changed));
    }
    let found = store.find(environment.id, &neighbour.key).await.unwrap();
    assert_eq!(found, Some(neighbour));
}

pub async fn a_context_is_updated_in_its_own_environment_only(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (own, other) = (stores.environment().await, stores.environment().await);
    let stored = fixtures::context(own.id, "tenant:acme");
    stores.contexts.insert(&stored).await.unwrap();
    let strangers = [
        fixtures::context(other.id, "tenant:acme"),
        fixtures::context(own.id, "tenant:ACME"),
        fixtures::context(own.id, "project:acme"),
    ];
    for stranger in strangers {
        let changed = Context {
            data: serde_json::Map::new(),
            ..stranger
        };
        assert!(!stores.contexts.update(&changed).await.unwrap());
    }
    let found = stores.contexts.find(own.id, &stored.key).await.unwrap();
    assert_eq!(found, Some(stored));
}

pub async fn a_deleted_context_is_gone_from_its_environment_only(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (own, other) = (stores.environment().await, stores.environment().await);
    let deleted = fixtures::context(own.id, "tenant:acme");
    let kept = [
        fixtures::context(own.id, "tenant:ACME"),
        fixtures::context(own.id, "project:acme"),
        fixtures::context(other.id, "tenant:acme"),
    ];
    for context in kept.iter().chain([&deleted]) {
        stores.contexts.insert(context).await.unwrap();
    }
    let key = &deleted.key;
    assert!(stores.contexts.delete(own.id, key).await.unwrap());
    assert!(!stores.contexts.delete(own.id, key).await.unwrap());
    assert_eq!(stores.contexts.find(own.id, key).await.unwrap(), None);
    for context in kept {
        let found = stores
            .contexts
            .find(context.environment_id, &context.key)
            .await;
        assert_eq!(found.unwrap(), Some(context));
    }
    let again = fixtures::context(own.id, "tenant:acme");
    stores
        .contexts
        .insert_missing(std::slice::from_ref(&again))
        .await
        .unwrap();
    let found = stores.contexts.find(own.id, key).await.unwrap();
    assert_eq!(found, Some(again));
}

pub async fn what_names_a_deleted_context_stays_as_it_is(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let environment = tenant.environment.id;
    let context = fixtures::context(environment, "tenant:acme");
    stores.contexts.insert(&context).await.unwrap();
    let connection = fixtures::connection(&tenant.slack, shared_by(&["tenant:acme"]));
    connection_store::insert(stores, &tenant.slack, &connection).await;
    assert!(
        stores
            .contexts
            .delete(environment, &context.key)
            .await
            .unwrap()
    );
    let found = stores
        .connections
        .find(environment, &connection.identifier)
        .await;
    assert_eq!(found.unwrap(), Some(connection));
}
