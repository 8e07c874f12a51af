//! How subscribers are changed.

use tieline_domain::{
    id::SubscriberRowId,
    subscriber::{Profile, Subscriber},
};

use crate::{
    StorageHarness,
    fixtures::{self, seconds_later},
};

pub async fn an_update_replaces_profile_and_time_of_change_only(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().subscribers;
    let stored = fixtures::subscriber(environment.id, "ada");
    store.insert(&stored).await.unwrap();
    let bob = fixtures::subscriber(environment.id, "bob");
    store.insert(&bob).await.unwrap();
    for (second, profile) in [(1, fixtures::profile()), (2, Profile::default())] {
        let changed = Subscriber {
            profile,
            updated_at: seconds_later(second),
            ..stored.clone()
        };
        let given = Subscriber {
            id: SubscriberRowId(fixtures::uuid()),
            created_at: seconds_later(60),
            ..changed.clone()
        };
        assert!(store.update(&given).await.unwrap());
        let found = store.find(environment.id, &stored.subscriber_id).await;
        assert_eq!(found.unwrap(), Some(changed));
    }
    let found = store.find(environment.id, &bob.subscriber_id).await;
    assert_eq!(found.unwrap(), Some(bob));
}

pub async fn a_subscriber_is_updated_in_its_own_environment_only(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (own, other) = (stores.environment().await, stores.environment().await);
    let stored = fixtures::subscriber(own.id, "ada");
    stores.subscribers.insert(&stored).await.unwrap();
    let foreign = Subscriber {
        environment_id: other.id,
        profile: fixtures::profile(),
        ..stored.clone()
    };
    let unknown = Subscriber {
        profile: fixtures::profile(),
        ..fixtures::subscriber(own.id, "ADA")
    };
    for subscriber in [foreign, unknown] {
        assert!(!stores.subscribers.update(&subscriber).await.unwrap());
    }
    let found = stores.subscribers.find(own.id, &stored.subscriber_id).await;
    assert_eq!(found.unwrap(), Some(stored));
}
