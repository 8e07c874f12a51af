//! What becomes of a deleted integration, and of what hangs on it.

use tieline_domain::ports::RecordError;

use crate::{
    StorageHarness,
    contract::{
        cascade::{CONNECTIONS, ENDPOINTS, check_left, stock},
        connection_store::insertion,
    },
    fixtures::{self, subscriber_owner},
};

pub async fn a_deleted_integration_takes_along_what_hangs_on_it(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let (environment, id) = (tenant.environment.id, tenant.slack.id);
    stock(stores, &tenant).await;
    stock(stores, &other).await;
    assert!(stores.integrations.delete(environment, id).await.unwrap());
    let endpoints = [
        "ada-in-acme",
        "bob-in-acme",
        "ada-at-msteams",
        "bob-at-msteams",
    ];
    check_left(stores, &tenant, &["acme"], &endpoints).await;
    check_left(stores, &other, &CONNECTIONS, &ENDPOINTS).await;
    let integrations = stores.integrations.list(environment).await.unwrap();
    assert_eq!(integrations.iter().collect::<Vec<_>>(), [&tenant.teams]);
    for subscriber in [&tenant.ada, &tenant.bob] {
        let found = stores
            .subscribers
            .find(environment, &subscriber.subscriber_id)
            .await;
        assert_eq!(found.unwrap().as_ref(), Some(subscriber));
    }
    assert!(!stores.integrations.delete(environment, id).await.unwrap());
}

pub async fn an_integration_is_deleted_in_its_own_environment_only(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let (own, foreign) = (tenant.environment.id, other.environment.id);
    let deletion = stores.integrations.delete(foreign, tenant.slack.id);
    assert!(!deletion.await.unwrap());
    let all = stores.integrations.list(own).await.unwrap();
    assert_eq!(all, [tenant.slack, tenant.teams]);
}

pub async fn a_deleted_integration_can_be_made_again(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let environment = tenant.environment.id;
    stock(stores, &tenant).await;
    let deletion = stores.integrations.delete(environment, tenant.slack.id);
    assert!(deletion.await.unwrap());
    let again = fixtures::integration(environment);
    stores.integrations.insert(&again).await.unwrap();
    let found = stores
        .integrations
        .find(environment, "slack")
        .await
        .unwrap();
    assert_eq!(found, Some(again));
}

pub async fn what_goes_through_a_deleted_integration_is_raced(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let (environment, slack) = (tenant.environment.id, &tenant.slack);
    assert!(
        stores
            .integrations
            .delete(environment, slack.id)
            .await
            .unwrap()
    );
    let connection = fixtures::connection(slack, subscriber_owner("ada"));
    let inserted = stores.connections.insert(&connection).await;
    assert!(matches!(inserted, Err(RecordError::Raced)), "{inserted:?}");
    let record = insertion(stores, slack, &connection).await;
    let recorded = stores.connections.record(&record).await;
    assert!(matches!(recorded, Err(RecordError::Raced)), "{recorded:?}");
    let endpoint = fixtures::loose_endpoint(slack, &tenant.ada.subscriber_id);
    let inserted = stores.endpoints.insert(&endpoint).await;
    assert!(matches!(inserted, Err(RecordError::Raced)), "{inserted:?}");
}
