//! Which connections are to be looked after.

use jiff::{SignedDuration, Timestamp};
use tieline_domain::{
    connection::{ChannelConnection, Upkeep},
    id::{ConnectionId, IntegrationId},
    integration::Integration,
};

use super::{due, get, leased};
use crate::{
    StorageHarness, TestStores,
    fixtures::{self, NOON, seconds_later, subscriber_owner},
};

const A_MOMENT: SignedDuration = SignedDuration::from_micros(1);

/// Stores a connection that is due then.
async fn due_at(
    stores: &TestStores,
    integration: &Integration,
    due_at: Option<Timestamp>,
) -> ChannelConnection {
    let connection = ChannelConnection {
        upkeep: Upkeep {
            due_at,
            ..Upkeep::default()
        },
        ..fixtures::connection(integration, subscriber_owner("ada"))
    };
    stores.connections.insert(&connection).await.unwrap();
    connection
}

async fn listed(
    stores: &TestStores,
    now: Timestamp,
    paused: &[IntegrationId],
    limit: u32,
) -> Vec<ConnectionId> {
    let due = stores.upkeep.list_due(now, paused, limit).await.unwrap();
    due.into_iter().map(|connection| connection.id).collect()
}

pub async fn what_is_due_is_listed_longest_due_first(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let mut ids = Vec::new();
    for (integration, second) in [
        (&tenant.slack, 3),
        (&other.teams, 1),
        (&tenant.teams, 3),
        (&other.slack, 2),
        (&tenant.slack, -9),
    ] {
        ids.push(
            due_at(stores, integration, Some(seconds_later(second)))
                .await
                .id,
        );
    }
    let expected = [ids[4], ids[1], ids[3], ids[0], ids[2]];
    for limit in 0..=6 {
        let listed = listed(stores, seconds_later(5), &[], limit).await;
        let most = expected.len().min(limit as usize);
        assert_eq!(listed, expected[..most], "at most {limit}");
    }
}

pub async fn what_is_not_due_yet_is_not_listed(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = due_at(stores, &tenant.slack, Some(NOON)).await;
    due_at(stores, &tenant.slack, None).await;
    assert_eq!(listed(stores, NOON - A_MOMENT, &[], 9).await, []);
    assert_eq!(listed(stores, NOON, &[], 9).await, [connection.id]);
    assert_eq!(
        listed(stores, Timestamp::MAX, &[], 9).await,
        [connection.id]
    );
}

pub async fn what_somebody_has_in_hand_is_not_listed(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let (first, second) = (due(stores, &tenant).await, due(stores, &tenant).await);
    leased(stores, &first).await;
    let end = seconds_later(60);
    assert_eq!(listed(stores, end - A_MOMENT, &[], 9).await, [second.id]);
    assert_eq!(listed(stores, end, &[], 9).await, [first.id, second.id]);
}

pub async fn connections_of_paused_integrations_are_not_listed(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let integrations = [&tenant.slack, &tenant.teams, &other.slack];
    let mut ids = Vec::new();
    for integration in integrations {
        ids.push(due_at(stores, integration, Some(NOON)).await.id);
    }
    let [slack, teams, others] = integrations.map(|integration| integration.id);
    let nobodys = IntegrationId(fixtures::uuid());
    let list = async |paused: &[IntegrationId]| listed(stores, NOON, paused, 9).await;
    assert_eq!(list(&[slack]).await, ids[1..]);
    assert_eq!(list(&[teams, nobodys]).await, [ids[0], ids[2]]);
    assert_eq!(list(&[slack, others, teams]).await, []);
    // What is left out does not count.
    assert_eq!(listed(stores, NOON, &[slack], 1).await, [ids[1]]);
}

pub async fn due_connections_have_their_own_credentials(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let mut expected = Vec::new();
    for (integration, tokens) in [
        (&tenant.slack, &["xoxb-1"][..]),
        (&other.teams, &[]),
        (&tenant.teams, &["xoxb-2"]),
    ] {
        let tokens = tokens.iter();
        let mut connection = ChannelConnection {
            credentials: tokens.map(|t| fixtures::bot_credential(t)).collect(),
            ..fixtures::connection(integration, subscriber_owner("ada"))
        };
        connection.upkeep.due_at = Some(NOON);
        stores.connections.insert(&connection).await.unwrap();
        assert_eq!(get(stores, &connection).await, connection);
        expected.push(connection);
    }
    let due = stores.upkeep.list_due(NOON, &[], 9).await.unwrap();
    assert_eq!(due, expected);
}
