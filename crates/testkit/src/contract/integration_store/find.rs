//! That integrations are kept as they are.

use tieline_domain::{integration::Integration, ports::InsertError, sealed::Sealed};

use crate::{
    StorageHarness,
    fixtures::{self, seconds_later},
};

pub async fn an_absent_integration_is_none(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().integrations;
    let absent = fixtures::integration(environment.id);
    assert_eq!(store.find(environment.id, "slack").await.unwrap(), None);
    assert_eq!(
        store.find_by_id(environment.id, absent.id).await.unwrap(),
        None
    );
    assert_eq!(store.list(environment.id).await.unwrap(), []);
    assert!(!store.delete(environment.id, absent.id).await.unwrap());
    assert!(
        !store
            .replace(&Integration {
                generation: 2,
                ..absent
            })
            .await
            .unwrap()
    );
}

pub async fn integrations_come_back_as_they_were_stored(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().integrations;
    let odd = Integration {
        identifier: "Slack.eu_2-β".to_owned(),
        name: "Zoë's Slack 🎉 \"quoted\"".to_owned(),
        active: false,
        credentials: Sealed(vec![0; 70_000]),
        generation: u64::from(u32::MAX) + 7,
        created_at: "1999-12-31T23:59:59.999999Z".parse().unwrap(),
        updated_at: "2100-01-01T00:00:00.000001Z".parse().unwrap(),
        ..fixtures::integration(environment.id)
    };
    for integration in [fixtures::teams_integration(environment.id), odd] {
        store.insert(&integration).await.unwrap();
        let found = store
            .find(environment.id, &integration.identifier)
            .await
            .unwrap();
        assert_eq!(found.as_ref(), Some(&integration));
        let found = store
            .find_by_id(environment.id, integration.id)
            .await
            .unwrap();
        assert_eq!(found, Some(integration));
    }
}

pub async fn an_identifier_is_taken_once_in_its_environment(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (own, other) = (stores.environment().await, stores.environment().await);
    let first = fixtures::integration(own.id);
    stores.integrations.insert(&first).await.unwrap();
    let twin = fixtures::integration(own.id);
    assert!(matches!(
        stores.integrations.insert(&twin).await,
        Err(InsertError::Taken)
    ));
    assert_eq!(
        stores.integrations.find(own.id, "slack").await.unwrap(),
        Some(first)
    );
    stores
        .integrations
        .insert(&fixtures::integration(other.id))
        .await
        .unwrap();
    let other_case = Integration {
        identifier: "Slack".to_owned(),
        ..twin
    };
    stores.integrations.insert(&other_case).await.unwrap();
}

pub async fn an_integration_is_found_in_its_own_environment_only(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (own, other) = (stores.environment().await, stores.environment().await);
    let integration = fixtures::integration(own.id);
    stores.integrations.insert(&integration).await.unwrap();
    assert_eq!(
        stores.integrations.find(other.id, "slack").await.unwrap(),
        None
    );
    assert_eq!(
        stores
            .integrations
            .find_by_id(other.id, integration.id)
            .await
            .unwrap(),
        None
    );
    assert_eq!(stores.integrations.list(other.id).await.unwrap(), []);
}

pub async fn integrations_are_listed_oldest_first(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let made = |identifier: &str, second| Integration {
        identifier: identifier.to_owned(),
        created_at: seconds_later(second),
        ..fixtures::integration(environment.id)
    };
    let integrations = [made("second", 2), made("third", 2), made("first", 1)];
    for integration in &integrations {
        harness
            .stores()
            .integrations
            .insert(integration)
            .await
            .unwrap();
    }
    let [second, third, first] = integrations;
    let listed = harness
        .stores()
        .integrations
        .list(environment.id)
        .await
        .unwrap();
    assert_eq!(listed, [first, second, third]);
}

pub async fn integrations_are_found_by_provider_and_name_in_every_environment(
    harness: &impl StorageHarness,
) {
    let stores = harness.stores();
    let (own, other) = (stores.environment().await, stores.environment().await);
    // A name that no other test on the same storage has.
    let identifier = format!("named-{}", own.id);
    let named = |environment| Integration {
        identifier: identifier.clone(),
        ..fixtures::integration(environment)
    };
    let (first, second) = (named(own.id), named(other.id));
    let off = Integration {
        active: false,
        ..second
    };
    for integration in [&first, &off, &fixtures::teams_integration(own.id)] {
        stores.integrations.insert(integration).await.unwrap();
    }
    let store = &stores.integrations;
    let mut found = store
        .list_named(&first.provider, &identifier)
        .await
        .unwrap();
    found.sort_by_key(|integration| integration.environment_id != own.id);
    assert_eq!(found, [first.clone(), off]);
    let other = fixtures::teams_integration(own.id).provider;
    assert_eq!(store.list_named(&other, &identifier).await.unwrap(), []);
    let unknown = store.list_named(&first.provider, "nobody").await.unwrap();
    assert_eq!(unknown, []);
}
