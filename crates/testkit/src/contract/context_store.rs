//! The contract of [`tieline_domain::ports::ContextStore`].

use std::sync::Arc;

use serde_json::json;
use tieline_domain::context::{Context, ContextKey};

use crate::{
    StorageHarness,
    contract::concurrency::at_once,
    fixtures::{self, seconds_later},
};

/// Puts an adapter through the contract of `ContextStore`.
#[macro_export]
macro_rules! context_store_contract {
    ($($harness:tt)*) => {
        $crate::contract_cases! { context_store [
            an_absent_context_is_none,
            contexts_come_back_as_they_were_stored,
            a_context_that_is_there_stays_as_it_is,
            a_key_that_is_named_twice_is_stored_once,
            either_all_missing_contexts_are_stored_or_none,
            of_many_who_insert_nobody_fails,
            a_context_is_found_in_its_own_environment_only,
        ] $($harness)* }
    };
}

pub async fn an_absent_context_is_none(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().contexts;
    store.insert_missing(&[]).await.unwrap();
    let key: ContextKey = "tenant:acme".parse().unwrap();
    assert_eq!(store.find(environment.id, &key).await.unwrap(), None);
}

pub async fn contexts_come_back_as_they_were_stored(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().contexts;
    let data = json!({
        "": null, "ünï 🎈": ["\u{0}", "\"", "\\", 1.5, -1, true], "deep": { "er": { "est": {} } },
        "big": 9_007_199_254_740_993_u64, "long": "x".repeat(60_000),
    });
    let longest = format!("{}:{}", "k".repeat(100), "i".repeat(100));
    let contexts = [
        Context {
            data: serde_json::Map::new(),
            ..fixtures::context(environment.id, "tenant:acme")
        },
        Context {
            updated_at: seconds_later(1),
            ..fixtures::context(environment.id, "a:acme")
        },
        Context {
            data: data.as_object().cloned().unwrap(),
            ..fixtures::context(environment.id, &longest)
        },
    ];
    store.insert_missing(&contexts).await.unwrap();
    for context in contexts {
        assert_eq!(
            store.find(environment.id, &context.key).await.unwrap(),
            Some(context)
        );
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

pub async fn a_context_is_found_in_its_own_environment_only(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (own, other) = (stores.environment().await, stores.environment().await);
    let context = fixtures::context(own.id, "tenant:acme");
    stores
        .contexts
        .insert_missing(std::slice::from_ref(&context))
        .await
        .unwrap();
    assert_eq!(
        stores.contexts.find(other.id, &context.key).await.unwrap(),
        None
    );
    let namesake = Context {
        data: serde_json::Map::new(),
        ..fixtures::context(other.id, "tenant:acme")
    };
    stores
        .contexts
        .insert_missing(std::slice::from_ref(&namesake))
        .await
        .unwrap();
    for context in [context, namesake] {
        let found = stores
            .contexts
            .find(context.environment_id, &context.key)
            .await
            .unwrap();
        assert_eq!(found, Some(context));
    }
}
