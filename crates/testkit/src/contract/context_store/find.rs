//! That contexts are kept as they are.

use serde_json::json;
use tieline_domain::{
    context::{BridgeUrl, Context},
    page::Page,
    ports::ContextFilter,
};

use crate::{
    StorageHarness,
    contract::pages::first,
    fixtures::{self, seconds_later},
};

pub async fn an_absent_context_is_none(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().contexts;
    store.insert_missing(&[]).await.unwrap();
    let absent = fixtures::context(environment.id, "tenant:acme");
    let key = &absent.key;
    assert_eq!(store.find(environment.id, key).await.unwrap(), None);
    assert!(!store.update(&absent).await.unwrap());
    assert!(!store.delete(environment.id, key).await.unwrap());
    let all = ContextFilter::default();
    let page = store.list(environment.id, &all, &first(10)).await;
    assert_eq!(page.unwrap(), Page::empty());
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
            bridge_url: Some(BridgeUrl::parse("https://acme.test/bridge?a=ü").unwrap()),
            updated_at: seconds_later(1),
            ..fixtures::context(environment.id, "a:acme")
        },
        Context {
            data: data.as_object().cloned().unwrap(),
            ..fixtures::context(environment.id, &longest)
        },
    ];
    store.insert_missing(&contexts[..2]).await.unwrap();
    store.insert(&contexts[2]).await.unwrap();
    for context in contexts {
        assert_eq!(
            store.find(environment.id, &context.key).await.unwrap(),
            Some(context)
        );
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
