//! What becomes of a deleted connection, and of what hangs on it.

use std::sync::Arc;

use tieline_domain::{
    connection::{ChannelConnection, ConnectionIdentifier},
    ports::RecordError,
};

use super::{insert, record::find, renewed};
use crate::{
    StorageHarness,
    contract::{
        cascade::{CONNECTIONS, ENDPOINTS, check_left, stock},
        concurrency::at_once,
    },
    fixtures::{self, subscriber_owner},
};

pub async fn a_deleted_connection_takes_along_what_hangs_on_it(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let ada = ConnectionIdentifier::parse("ada").unwrap();
    stock(stores, &tenant).await;
    stock(stores, &other).await;
    let delete = || stores.connections.delete(tenant.environment.id, &ada);
    assert!(delete().await.unwrap());
    check_left(stores, &tenant, &["bob", "acme"], &ENDPOINTS[2..]).await;
    check_left(stores, &other, &CONNECTIONS, &ENDPOINTS).await;
    assert!(!delete().await.unwrap());
}

pub async fn a_connection_is_deleted_in_its_own_environment_only(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    insert(stores, &tenant.slack, &connection).await;
    let unlike = connection.identifier.as_str().to_uppercase();
    let unlike = ConnectionIdentifier::parse(unlike).unwrap();
    for (environment, identifier) in [
        (other.environment.id, &connection.identifier),
        (tenant.environment.id, &unlike),
    ] {
        let deletion = stores.connections.delete(environment, identifier);
        assert!(!deletion.await.unwrap());
    }
    assert_eq!(find(stores, &connection).await, Some(connection));
}

pub async fn a_deleted_connection_can_be_made_again(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    insert(stores, &tenant.slack, &connection).await;
    let deletion = stores
        .connections
        .delete(tenant.environment.id, &connection.identifier);
    assert!(deletion.await.unwrap());
    let again = ChannelConnection {
        credentials: Vec::new(),
        ..connection
    };
    stores.connections.insert(&again).await.unwrap();
    assert_eq!(find(stores, &again).await, Some(again));
}

pub async fn a_deleted_connection_is_not_replaced(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    insert(stores, &tenant.slack, &connection).await;
    let deletion = stores
        .connections
        .delete(tenant.environment.id, &connection.identifier);
    assert!(deletion.await.unwrap());
    let renewed = renewed(&connection, "xoxb-renewed");
    let replaced = stores.connections.replace(&renewed).await;
    assert!(matches!(replaced, Err(RecordError::Raced)), "{replaced:?}");
    assert_eq!(find(stores, &connection).await, None);
}

pub async fn of_many_deletions_exactly_one_happens(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    insert(stores, &tenant.slack, &connection).await;
    let deleted = at_once(20, |_| {
        let store = Arc::clone(&stores.connections);
        let (environment, identifier) = (tenant.environment.id, connection.identifier.clone());
        async move { store.delete(environment, &identifier).await.unwrap() }
    })
    .await;
    assert_eq!(deleted.iter().filter(|deleted| **deleted).count(), 1);
}
