//! How contexts are added.

use std::sync::Arc;

use tieline_domain::{context::Context, ports::InsertError};

use crate::{
    StorageHarness,
    contract::concurrency::at_once,
    fixtures::{self, seconds_later},
};

pub async fn a_key_is_taken_once_in_its_environment(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (own, other) = (stores.environment().await, stores.environment().await);
    let stored = fixtures::context(own.id, "tenant:acme");
    stores.contexts.insert(&stored).await.unwrap();
    let namesake = Context {
        data: serde_json::Map::new(),
        ..fixtures::context(own.id, "tenant:acme")
    };
    assert!(matches!(
        stores.contexts.insert(&namesake).await,
        Err(InsertError::Taken)
    ));
    let found = stores.contexts.find(own.id, &stored.key).await.unwrap();
    assert_eq!(found, Some(stored));
    for context in [
        fixtures::context(other.id, "tenant:acme"),
        fixtures::context(own.id, "tenant:ACME"),
        fixtures::context(own.id, "Tenant:acme"),
    ] {
        stores.contexts.insert(&context).await.unwrap();
    }
}

pub async fn a_context_that_is_there_stays_as_it_is(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().contexts;
    let stored = fixtures::context(environment.id, "tenant:acme");
    store
        .insert_missing(std::slice::from_ref(&stored))
        .await
        .unwrap();
    let other_data = Context {
        id: fixtures::context(environment.id, "tenant:acme").id,
        data: serde_json::Map::new(),
        created_at: seconds_later(1),
        updated_at: seconds_later(1),
        ..stored.clone()
    };
    let fresh = fixtures::context(environment.id, "project:x");
    store
        .insert_missing(&[other_data, fresh.clone()])
        .await
        .unwrap();
    for context in [stored, fresh] {
        assert_eq!(
            store.find(environment.id, &context.key).await.unwrap(),
            Some(context)
        );
    }
}

pub async fn a_key_that_is_named_twice_is_stored_once(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().contexts;
    let context = fixtures::context(environment.id, "tenant:acme");
    store
        .insert_missing(&[context.clone(), context.clone()])
        .await
        .unwrap();
    assert_eq!(
        store.find(environment.id, &context.key).await.unwrap(),
        Some(context)
    );
}

pub async fn either_all_missing_contexts_are_stored_or_none(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().contexts;
    let sound = fixtures::context(environment.id, "tenant:acme");
    let homeless = fixtures::context(fixtures::environment().id, "tenant:acme");
    assert!(
        store
            .insert_missing(&[sound.clone(), homeless])
            .await
            .is_err()
    );
    assert_eq!(store.find(environment.id, &sound.key).await.unwrap(), None);
}

pub async fn of_many_who_insert_nobody_fails(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = Arc::clone(&harness.stores().contexts);
    // In opposite orders, so that an adapter which locks one row after the other would deadlock.
    let forth = ["a:1", "b:2", "c:3", "d:4", "e:5"];
    at_once(20, |number| {
        let mut keys = forth;
        if number % 2 == 1 {
            keys.reverse();
        }
        let contexts = keys.map(|key| fixtures::context(environment.id, key));
        let store = Arc::clone(&store);
        async move { store.insert_missing(&contexts).await.unwrap() }
    })
    .await;
    for key in forth {
        let context = fixtures::context(environment.id, key);
        let found = store.find(environment.id, &context.key).await.unwrap();
        assert_eq!(found.map(|found| found.data), Some(context.data));
    }
}
