//! The contract of [`tieline_domain::ports::SubscriberStore`].

use tieline_domain::{ports::InsertError, subscriber::Subscriber};

use crate::{
    StorageHarness,
    fixtures::{self, subscriber_id},
};

/// Puts an adapter through the contract of `SubscriberStore`.
#[macro_export]
macro_rules! subscriber_store_contract {
    ($($harness:tt)*) => {
        $crate::contract_cases! { subscriber_store [
            an_absent_subscriber_is_none,
            subscribers_come_back_as_they_were_stored,
            ids_that_look_alike_are_different,
            an_id_is_taken_once_in_its_environment,
        ] $($harness)* }
    };
}

pub async fn an_absent_subscriber_is_none(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let found = harness
        .stores()
        .subscribers
        .find(environment.id, &subscriber_id("ada"))
        .await;
    assert_eq!(found.unwrap(), None);
}

pub async fn subscribers_come_back_as_they_were_stored(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().subscribers;
    let longest = "🦀".repeat(255);
    for id in [
        "a",
        "ada@example.com",
        "ユーザー 1",
        "'; DROP TABLE x; --",
        "%_",
        longest.as_str(),
    ] {
        let subscriber = Subscriber {
            created_at: "2026-02-03T04:05:06.789012Z".parse().unwrap(),
            ..fixtures::subscriber(environment.id, id)
        };
        store.insert(&subscriber).await.unwrap();
        let found = store
            .find(environment.id, &subscriber.subscriber_id)
            .await
            .unwrap();
        assert_eq!(found, Some(subscriber));
    }
}

pub async fn ids_that_look_alike_are_different(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().subscribers;
    // Cases, and one letter in its two Unicode normal forms.
    for id in ["zoe", "ZOE", "zo\u{eb}", "zoe\u{308}", "straße", "strasse"] {
        assert_eq!(
            store
                .find(environment.id, &subscriber_id(id))
                .await
                .unwrap(),
            None,
            "{id}"
        );
        store
            .insert(&fixtures::subscriber(environment.id, id))
            .await
            .unwrap();
    }
}

pub async fn an_id_is_taken_once_in_its_environment(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (own, other) = (stores.environment().await, stores.environment().await);
    let ada = fixtures::subscriber(own.id, "ada");
    stores.subscribers.insert(&ada).await.unwrap();
    assert!(matches!(
        stores.subscribers.insert(&ada).await,
        Err(InsertError::Taken)
    ));
    assert_eq!(
        stores
            .subscribers
            .find(other.id, &ada.subscriber_id)
            .await
            .unwrap(),
        None
    );
    stores
        .subscribers
        .insert(&fixtures::subscriber(other.id, "ada"))
        .await
        .unwrap();
}
