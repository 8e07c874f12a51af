//! The contract of [`tieline_domain::ports::EnvironmentStore`].

use tieline_domain::{
    environment::{Environment, Organization},
    id::EnvironmentId,
    page::Page,
    ports::{AttemptFilter, ContextFilter, InsertError, StoreError, SubscriberFilter},
};

use crate::{
    StorageHarness,
    contract::pages,
    fixtures::{self, seconds_later},
};

/// Puts an adapter through the contract of `EnvironmentStore`.
#[macro_export]
macro_rules! environment_store_contract {
    ($($harness:tt)*) => {
        $crate::contract_cases! { environment_store [
            an_absent_environment_is_none,
            environments_come_back_as_they_were_stored,
            organizations_come_back_oldest_first,
            an_organization_that_is_there_stays_as_it_is,
            environments_are_listed_oldest_first,
            a_name_is_taken_once_in_its_organization,
            an_environment_needs_its_organization,
            nothing_is_stored_for_an_environment_that_is_not_there,
        ] $($harness)* }
    };
}

pub async fn an_absent_environment_is_none(harness: &impl StorageHarness) {
    let store = &harness.stores().environments;
    assert_eq!(
        store.find(EnvironmentId(fixtures::uuid())).await.unwrap(),
        None
    );
    assert_eq!(store.list().await.unwrap(), []);
    assert_eq!(store.list_organizations().await.unwrap(), []);
}

pub async fn environments_come_back_as_they_were_stored(harness: &impl StorageHarness) {
    let store = &harness.stores().environments;
    let organization = fixtures::organization();
    store.insert_organization(&organization).await.unwrap();
    let environment = Environment {
        organization_id: organization.id,
        name: "Prodüktion – 本番 🚀 'quoted'".to_owned(),
        created_at: "2026-02-03T04:05:06.789012Z".parse().unwrap(),
        ..fixtures::environment()
    };
    store.insert(&environment).await.unwrap();
    assert_eq!(store.find(environment.id).await.unwrap(), Some(environment));
}

pub async fn organizations_come_back_oldest_first(harness: &impl StorageHarness) {
    let store = &harness.stores().environments;
    let named = |name: &str, second| Organization {
        name: name.to_owned(),
        created_at: seconds_later(second),
        ..fixtures::organization()
    };
    let organizations = [named("Zoë & Söhne", 2), named("", 3), named("Acme", 1)];
    for organization in &organizations {
        store.insert_organization(organization).await.unwrap();
    }
    let [second, third, first] = organizations;
    assert_eq!(
        store.list_organizations().await.unwrap(),
        [first, second, third]
    );
}

pub async fn an_organization_that_is_there_stays_as_it_is(harness: &impl StorageHarness) {
    let store = &harness.stores().environments;
    let first = fixtures::organization();
    let second = Organization {
        name: "Another name".to_owned(),
        created_at: seconds_later(9),
        ..first.clone()
    };
    for organization in [&first, &second] {
        store.insert_organization(organization).await.unwrap();
    }
    assert_eq!(store.list_organizations().await.unwrap(), [first]);
}

pub async fn environments_are_listed_oldest_first(harness: &impl StorageHarness) {
    let store = &harness.stores().environments;
    let organization = fixtures::organization();
    store.insert_organization(&organization).await.unwrap();
    let named = |name: &str, second| Environment {
        organization_id: organization.id,
        name: name.to_owned(),
        created_at: seconds_later(second),
        ..fixtures::environment()
    };
    let environments = [named("second", 2), named("third", 2), named("first", 1)];
    for environment in &environments {
        store.insert(environment).await.unwrap();
    }
    let [second, third, first] = environments;
    assert_eq!(store.list().await.unwrap(), [first, second, third]);
}

pub async fn a_name_is_taken_once_in_its_organization(harness: &impl StorageHarness) {
    let store = &harness.stores().environments;
    let first = harness.stores().environment().await;
    let twin = Environment {
        id: EnvironmentId(fixtures::uuid()),
        ..first.clone()
    };
    assert!(matches!(store.insert(&twin).await, Err(InsertError::Taken)));
    let other_case = Environment {
        name: first.name.to_uppercase(),
        ..twin
    };
    store.insert(&other_case).await.unwrap();
    // The same name in another organization is another environment.
    harness.stores().environment().await;
    assert_eq!(store.list().await.unwrap().len(), 3);
}

pub async fn an_environment_needs_its_organization(harness: &impl StorageHarness) {
    let store = &harness.stores().environments;
    let inserted = store.insert(&fixtures::environment()).await;
    assert!(is_unavailable(&inserted), "{inserted:?}");
    assert_eq!(store.list().await.unwrap(), []);
}

pub async fn nothing_is_stored_for_an_environment_that_is_not_there(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let nowhere = EnvironmentId(fixtures::uuid());
    let integration = fixtures::integration(nowhere);
    let inserts = [
        stores.api_keys.insert(&fixtures::api_key(nowhere)).await,
        stores.integrations.insert(&integration).await,
        stores
            .subscribers
            .insert(&fixtures::subscriber(nowhere, "ada"))
            .await,
        stores
            .contexts
            .insert(&fixtures::context(nowhere, "tenant:acme"))
            .await,
    ];
    for inserted in inserts {
        assert!(is_unavailable(&inserted), "{inserted:?}");
    }
    let claimed = stores
        .attempts
        .claim(&fixtures::attempt(&integration))
        .await;
    assert!(
        matches!(claimed, Err(StoreError::Unavailable(_))),
        "{claimed:?}"
    );
    let page = pages::first(10);
    assert_eq!(stores.api_keys.list(nowhere).await.unwrap(), []);
    assert_eq!(stores.integrations.list(nowhere).await.unwrap(), []);
    let filter = SubscriberFilter::default();
    let subscribers = stores.subscribers.list(nowhere, &filter, &page).await;
    assert_eq!(subscribers.unwrap(), Page::empty());
    let filter = ContextFilter::default();
    let contexts = stores.contexts.list(nowhere, &filter, &page).await;
    assert_eq!(contexts.unwrap(), Page::empty());
    let filter = AttemptFilter::default();
    let attempts = stores.attempts.list(nowhere, &filter, &page).await;
    assert_eq!(attempts.unwrap(), Page::empty());
}

fn is_unavailable(inserted: &Result<(), InsertError>) -> bool {
    matches!(
        inserted,
        Err(InsertError::Store(StoreError::Unavailable(_)))
    )
}
