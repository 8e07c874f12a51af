//! What a record writes, and that it writes all or nothing.

use tieline_domain::{
    attempt::AttemptStatus,
    connection::{ChannelConnection, Workspace},
    endpoint::ChannelEndpoint,
    ports::{ConnectionWrite, RecordError},
};

use super::{completion, insert, insertion, renewed};
use crate::{
    StorageHarness, TestStores,
    fixtures::{self, shared_by, subscriber_id, subscriber_owner},
};

pub(super) async fn find(
    stores: &TestStores,
    connection: &ChannelConnection,
) -> Option<ChannelConnection> {
    stores
        .connections
        .find(connection.environment_id, &connection.identifier)
        .await
        .unwrap()
}

async fn find_endpoint(stores: &TestStores, endpoint: &ChannelEndpoint) -> Option<ChannelEndpoint> {
    stores
        .endpoints
        .find(endpoint.environment_id, &endpoint.identifier)
        .await
        .unwrap()
}

pub async fn a_record_writes_connection_endpoints_and_attempt(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = fixtures::connection(&tenant.slack, shared_by(&["tenant:acme"]));
    let person = fixtures::endpoint(&connection, &tenant.ada.subscriber_id);
    let webhook = ChannelEndpoint {
        address: fixtures::webhook("#general", "C1"),
        secret: Some(fixtures::sealed("https://hooks.test/…")),
        ..fixtures::endpoint(&connection, &tenant.bob.subscriber_id)
    };
    let mut record = insertion(stores, &tenant.slack, &connection).await;
    record.endpoints = vec![person.clone(), webhook.clone()];
    stores.connections.record(&record).await.unwrap();
    assert_eq!(find(stores, &connection).await, Some(connection));
    for endpoint in [person, webhook] {
        assert_eq!(find_endpoint(stores, &endpoint).await, Some(endpoint));
    }
    let attempt = stores
        .attempts
        .find_anywhere(record.attempt.id)
        .await
        .unwrap();
    assert_eq!(attempt, Some(record.attempt));
}

pub async fn a_record_ends_an_attempt_of_any_status(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    for status in AttemptStatus::ALL {
        let mut attempt = fixtures::attempt(&tenant.slack);
        attempt.status = status;
        stores.attempts.claim(&attempt).await.unwrap();
        let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
        let record = completion(&attempt, ConnectionWrite::Insert, &connection, Vec::new());
        stores.connections.record(&record).await.unwrap();
        let stored = stores.attempts.find_anywhere(attempt.id).await.unwrap();
        assert_eq!(stored, Some(record.attempt));
    }
}

pub async fn a_replacement_keeps_all_but_workspace_and_credentials(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    insert(stores, &tenant.slack, &connection).await;
    let mut stored = connection.clone();
    for credentials in [vec![fixtures::bot_credential("new")], Vec::new()] {
        let renewed = ChannelConnection {
            workspace: Workspace {
                id: "T-other".to_owned(),
                name: None,
                bot_user_id: Some("U-other".to_owned()),
            },
            credentials,
            ..renewed(&stored, "new")
        };
        let mut record = insertion(stores, &tenant.slack, &renewed).await;
        record.write = ConnectionWrite::Replace;
        stores.connections.record(&record).await.unwrap();
        assert_eq!(find(stores, &connection).await.as_ref(), Some(&renewed));
        stored = renewed;
    }
}

pub async fn a_missing_owner_is_noticed(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let eve = fixtures::subscriber(other.environment.id, "eve");
    stores.subscribers.insert(&eve).await.unwrap();
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("eve"));
    let record = insertion(stores, &tenant.slack, &connection).await;
    let error = stores.connections.record(&record).await.unwrap_err();
    assert!(matches!(error, RecordError::SubscriberGone), "{error:?}");
    assert_eq!(find(stores, &connection).await, None);
}

pub async fn a_failing_endpoint_leaves_nothing_behind(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let attempt = fixtures::attempt(&tenant.slack);
    stores.attempts.claim(&attempt).await.unwrap();
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    let sound = fixtures::endpoint(&connection, &tenant.ada.subscriber_id);
    let failing = fixtures::endpoint(&connection, &subscriber_id("eve"));
    let endpoints = vec![sound.clone(), failing];
    let record = completion(&attempt, ConnectionWrite::Insert, &connection, endpoints);
    let error = stores.connections.record(&record).await.unwrap_err();
    assert!(matches!(error, RecordError::SubscriberGone), "{error:?}");
    assert_eq!(find(stores, &connection).await, None);
    assert_eq!(find_endpoint(stores, &sound).await, None);
    assert_eq!(
        stores.attempts.find_anywhere(attempt.id).await.unwrap(),
        Some(attempt)
    );
}

pub async fn a_missing_attempt_leaves_nothing_behind(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    let unclaimed = fixtures::attempt(&tenant.slack);
    let record = completion(&unclaimed, ConnectionWrite::Insert, &connection, Vec::new());
    assert!(matches!(
        stores.connections.record(&record).await,
        Err(RecordError::Store(_))
    ));
    assert_eq!(find(stores, &connection).await, None);
}

pub async fn a_stale_replacement_leaves_nothing_behind(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    insert(stores, &tenant.slack, &connection).await;
    let attempt = fixtures::attempt(&tenant.slack);
    stores.attempts.claim(&attempt).await.unwrap();
    let stale = ChannelConnection {
        generation: 3,
        ..renewed(&connection, "stale")
    };
    let endpoint = fixtures::endpoint(&connection, &tenant.ada.subscriber_id);
    let endpoints = vec![endpoint.clone()];
    let record = completion(&attempt, ConnectionWrite::Replace, &stale, endpoints);
    assert!(matches!(
        stores.connections.record(&record).await,
        Err(RecordError::Raced)
    ));
    assert_eq!(find(stores, &connection).await, Some(connection));
    assert_eq!(find_endpoint(stores, &endpoint).await, None);
    assert_eq!(
        stores.attempts.find_anywhere(attempt.id).await.unwrap(),
        Some(attempt)
    );
}
