//! How the connections of an integration are made due.

use jiff::Timestamp;
use tieline_domain::{
    connection::{ChannelConnection, Standing},
    id::IntegrationId,
    integration::Integration,
    reason::Reason,
};

use super::{due, get, leased, refreshed};
use crate::{
    StorageHarness, TestStores,
    fixtures::{self, NOON, seconds_later, subscriber_owner},
};

async fn stored(
    stores: &TestStores,
    integration: &Integration,
    standing: Standing,
    due_at: Option<Timestamp>,
) -> ChannelConnection {
    let mut connection = fixtures::connection(integration, subscriber_owner("ada"));
    let failure = Reason::RefreshLost.into();
    connection.health = connection.health.failed(standing, failure, NOON);
    connection.upkeep.due_at = due_at;
    stores.connections.insert(&connection).await.unwrap();
    connection
}

async fn due_of(stores: &TestStores, connections: &[ChannelConnection]) -> Vec<Option<Timestamp>> {
    let mut due = Vec::new();
    for connection in connections {
        let found = get(stores, connection).await;
        due.push(found.upkeep.due_at);
        let mut moved = connection.clone();
        moved.upkeep.due_at = found.upkeep.due_at;
        assert_eq!(found, moved);
    }
    due
}

pub async fn connections_are_hastened_for_their_integration(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let (early, at, late) = (seconds_later(3), seconds_later(5), seconds_later(9));
    let mut connections = Vec::new();
    for (standing, due_at) in [
        (Standing::Good, Some(early)),
        (Standing::Good, Some(late)),
        (Standing::Good, None),
        (Standing::InDoubt, Some(late)),
    ] {
        connections.push(stored(stores, &tenant.slack, standing, due_at).await);
    }
    let mut others = Vec::new();
    for integration in [&tenant.teams, &other.slack] {
        others.push(stored(stores, integration, Standing::Good, Some(late)).await);
    }
    let hasten = |environment, integration| stores.upkeep.hasten(environment, integration, at);
    let unknown = IntegrationId(fixtures::uuid());
    assert_eq!(hasten(tenant.environment.id, unknown).await.unwrap(), 0);
    let foreign = hasten(other.environment.id, tenant.slack.id);
    assert_eq!(foreign.await.unwrap(), 0);
    for _ in 0..2 {
        let hastened = hasten(tenant.environment.id, tenant.slack.id);
        assert_eq!(hastened.await.unwrap(), 4);
        let due = [early, at, at, at].map(Some);
        assert_eq!(due_of(stores, &connections).await, due);
    }
    assert_eq!(due_of(stores, &others).await, [Some(late); 2]);
}

pub async fn ended_connections_are_not_hastened(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let mut ended = Vec::new();
    for standing in [Standing::ReauthRequired, Standing::Revoked] {
        for due_at in [None, Some(seconds_later(9))] {
            ended.push(stored(stores, &tenant.slack, standing, due_at).await);
        }
    }
    let (environment, slack) = (tenant.environment.id, tenant.slack.id);
    let hastened = stores.upkeep.hasten(environment, slack, NOON).await;
    assert_eq!(hastened.unwrap(), 0);
    let late = Some(seconds_later(9));
    assert_eq!(due_of(stores, &ended).await, [None, late, None, late]);
}

pub async fn a_connection_in_hand_is_hastened_and_settled_all_the_same(
    harness: &impl StorageHarness,
) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let (found, lease) = leased(stores, &due(stores, &tenant).await).await;
    let (environment, slack) = (tenant.environment.id, tenant.slack.id);
    let hastened = stores.upkeep.hasten(environment, slack, seconds_later(-5));
    assert_eq!(hastened.await.unwrap(), 1);
    let mut expected = found.clone();
    expected.upkeep.due_at = Some(seconds_later(-5));
    assert_eq!(get(stores, &found).await, expected);
    let new = refreshed(&found, "xoxb-new");
    assert!(stores.upkeep.settle(&lease, &new).await.unwrap());
    assert_eq!(get(stores, &found).await, new);
}
