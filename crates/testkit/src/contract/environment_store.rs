//! The contract of [`tieline_domain::ports::EnvironmentStore`].

use tieline_domain::{
    environment::{Environment, Organization},
    id::EnvironmentId,
    ports::InsertError,
};

use crate::{
    StorageHarness,
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
