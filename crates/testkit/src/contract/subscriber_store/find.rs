//! That subscribers are kept as they are.

use serde_json::json;
use tieline_domain::{
    page::Page,
    ports::{InsertError, SubscriberFilter},
    subscriber::{Profile, Subscriber},
};

use crate::{
    StorageHarness,
    contract::pages::first,
    fixtures::{self, subscriber_id},
};

pub async fn an_absent_subscriber_is_none(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().subscribers;
    let absent = fixtures::subscriber(environment.id, "ada");
    let id = &absent.subscriber_id;
    assert_eq!(store.find(environment.id, id).await.unwrap(), None);
    assert!(!store.update(&absent).await.unwrap());
    assert!(!store.delete(environment.id, id).await.unwrap());
    let all = SubscriberFilter::default();
    let page = store.list(environment.id, &all, &first(10)).await;
    assert_eq!(page.unwrap(), Page::empty());
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

pub async fn profiles_come_back_as_they_were_stored(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().subscribers;
    let text = |text: &str| Some(text.to_owned());
    let data = json!({ "": null, "ünï 🎈": ["\u{0}", 1.5, -1, true], "deep": { "er": {} } });
    let odd = Profile {
        first_name: text(""),
        last_name: text("von Öz \"'; --"),
        email: text("ada+💌@acme.test"),
        phone: text("　０１２３"),
        avatar: text(&"x".repeat(60_000)),
        locale: text(" "),
        timezone: text("\n"),
        data: data.as_object().cloned(),
    };
    let bare = Profile {
        data: Some(serde_json::Map::new()),
        ..Profile::default()
    };
    for profile in [fixtures::profile(), odd, bare] {
        let subscriber = Subscriber {
            profile,
            updated_at: "2026-02-03T04:05:06.789013Z".parse().unwrap(),
            ..fixtures::subscriber(environment.id, &format!("s{}", fixtures::number()))
        };
        store.insert(&subscriber).await.unwrap();
        let found = store.find(environment.id, &subscriber.subscriber_id).await;
        assert_eq!(found.unwrap(), Some(subscriber));
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
    let namesake = Subscriber {
        profile: fixtures::profile(),
        ..fixtures::subscriber(own.id, "ada")
    };
    assert!(matches!(
        stores.subscribers.insert(&namesake).await,
        Err(InsertError::Taken)
    ));
    let found = stores.subscribers.find(own.id, &ada.subscriber_id).await;
    assert_eq!(found.unwrap().as_ref(), Some(&ada));
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
