//! What becomes of a deleted subscriber, and of what hangs on it.

use std::sync::Arc;

use tieline_domain::ports::{ConnectionFilter, RecordError};

use crate::{
    StorageHarness,
    contract::{
        cascade::{CONNECTIONS, ENDPOINTS, check_left, left, stock},
        concurrency::{abandon_everywhere, at_once},
        pages::first,
    },
    fixtures::{self, subscriber_id, subscriber_owner},
};

pub async fn a_deleted_subscriber_takes_along_what_hangs_on_it(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let (environment, ada) = (tenant.environment.id, &tenant.ada.subscriber_id);
    stock(stores, &tenant).await;
    stock(stores, &other).await;
    assert!(stores.subscribers.delete(environment, ada).await.unwrap());
    let found = stores.subscribers.find(environment, ada).await;
    assert_eq!(found.unwrap(), None);
    let endpoints = [
        "bob-in-bob",
        "bob-in-acme",
        "bob-at-slack",
        "bob-at-msteams",
    ];
    check_left(stores, &tenant, &["bob", "acme"], &endpoints).await;
    check_left(stores, &other, &CONNECTIONS, &ENDPOINTS).await;
    assert!(!stores.subscribers.delete(environment, ada).await.unwrap());
}

pub async fn a_subscriber_is_deleted_in_its_own_environment_only(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let eve = fixtures::subscriber(tenant.environment.id, "eve");
    stores.subscribers.insert(&eve).await.unwrap();
    let foreign = stores
        .subscribers
        .delete(other.environment.id, &eve.subscriber_id);
    assert!(!foreign.await.unwrap());
    let unlike = subscriber_id("EVE");
    let deleted = stores.subscribers.delete(tenant.environment.id, &unlike);
    assert!(!deleted.await.unwrap());
    let found = stores
        .subscribers
        .find(eve.environment_id, &eve.subscriber_id)
        .await;
    assert_eq!(found.unwrap(), Some(eve));
}

pub async fn a_deleted_subscriber_can_be_made_again(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let (environment, id) = (tenant.environment.id, &tenant.ada.subscriber_id);
    stock(stores, &tenant).await;
    assert!(stores.subscribers.delete(environment, id).await.unwrap());
    let again = fixtures::subscriber(environment, "ada");
    stores.subscribers.insert(&again).await.unwrap();
    let found = stores.subscribers.find(environment, id).await.unwrap();
    assert_eq!(found, Some(again));
    let (connections, _) = left(stores, &tenant).await;
    assert!(!connections.contains("ada"));
}

pub async fn a_deletion_that_is_abandoned_is_whole_or_absent(harness: &impl StorageHarness) {
    let stores = harness.stores();
    abandon_everywhere(
        async |_| {
            let tenant = stores.tenant().await;
            stock(stores, &tenant).await;
            tenant
        },
        async |tenant| {
            let deletion = stores
                .subscribers
                .delete(tenant.environment.id, &tenant.ada.subscriber_id);
            assert!(deletion.await.unwrap());
        },
        async |tenant| {
            // The next writer waits until it is decided; then nothing changes any more.
            let eve = fixtures::subscriber(tenant.environment.id, "eve");
            stores.subscribers.insert(&eve).await.unwrap();
            let found = stores
                .subscribers
                .find(tenant.environment.id, &tenant.ada.subscriber_id);
            let is_there = found.await.unwrap().is_some();
            let (connections, endpoints) = left(stores, &tenant).await;
            let whole = (connections.len(), endpoints.len()) == (3, 10);
            let gone = (connections.len(), endpoints.len()) == (2, 4);
            assert!(if is_there { whole } else { gone }, "{endpoints:?}");
        },
    )
    .await;
}

pub async fn nothing_is_left_of_a_subscriber_that_was_deleted_meanwhile(
    harness: &impl StorageHarness,
) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let environment = tenant.environment.id;
    at_once(20, |number| {
        let (stores, tenant) = (stores.clone(), tenant.clone());
        async move {
            if number == 10 {
                let ada = &tenant.ada.subscriber_id;
                assert!(stores.subscribers.delete(environment, ada).await.unwrap());
                return;
            }
            let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
            let connections = Arc::clone(&stores.connections);
            let inserted = connections.insert(&connection).await;
            assert!(
                matches!(inserted, Ok(()) | Err(RecordError::SubscriberGone)),
                "{inserted:?}"
            );
        }
    })
    .await;
    let (filter, page) = (ConnectionFilter::default(), first(100));
    let left = stores.connections.list(environment, &filter, &page);
    assert_eq!(left.await.unwrap().items, []);
}
