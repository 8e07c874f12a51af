//! How it is noted what became of a connection while somebody may have it in hand.

use std::sync::Arc;

use tieline_domain::{
    connection::{ChannelConnection, Standing},
    reason::Reason,
};

use super::{due, get, leased, refreshed};
use crate::{
    StorageHarness,
    contract::concurrency::at_once,
    fixtures::{self, NOON, seconds_later, subscriber_owner},
};

/// The connection after somebody ended it at the provider.
fn revoked(connection: &ChannelConnection) -> ChannelConnection {
    let mut revoked = connection.clone();
    let (standing, reason) = (Standing::Revoked, Reason::TenantNotFound);
    revoked.health = revoked
        .health
        .failed(standing, reason.into(), seconds_later(9));
    revoked.upkeep.due_at = None;
    revoked
}

/// As it is then stored.
fn marked(connection: &ChannelConnection) -> ChannelConnection {
    let mut marked = revoked(connection);
    marked.upkeep.epoch += 1;
    marked.upkeep.leased_until = None;
    marked
}

pub async fn a_mark_writes_health_and_due_time(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let neighbour = due(stores, &tenant).await;
    let mut connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    connection.upkeep.failures = 3;
    stores.connections.insert(&connection).await.unwrap();
    let mut given = ChannelConnection {
        credentials: vec![fixtures::bot_credential("xoxb-other")],
        updated_at: seconds_later(5),
        ..revoked(&connection)
    };
    given.upkeep.failures = 8;
    assert!(stores.upkeep.mark(&given).await.unwrap());
    let marked = marked(&connection);
    assert_eq!(get(stores, &connection).await, marked);
    let mut again = marked.clone();
    again.upkeep.due_at = Some(seconds_later(7));
    assert!(stores.upkeep.mark(&again).await.unwrap());
    again.upkeep.epoch += 1;
    assert_eq!(get(stores, &connection).await, again);
    assert_eq!(get(stores, &neighbour).await, neighbour);
}

pub async fn a_mark_ends_a_lease(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = due(stores, &tenant).await;
    let (found, lease) = leased(stores, &connection).await;
    assert!(stores.upkeep.mark(&revoked(&found)).await.unwrap());
    for given in [found.clone(), refreshed(&found, "xoxb-late")] {
        assert!(!stores.upkeep.settle(&lease, &given).await.unwrap());
    }
    let stored = get(stores, &connection).await;
    assert_eq!(stored, marked(&found));
    // Nobody has it in hand: it may be taken at once.
    let (_, next) = leased(stores, &stored).await;
    assert_eq!(next.epoch, lease.epoch + 2);
}

pub async fn a_mark_on_what_moved_on_writes_nothing(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let connection = due(stores, &tenant).await;
    let (found, lease) = leased(stores, &connection).await;
    let foreign = ChannelConnection {
        environment_id: other.environment.id,
        ..found.clone()
    };
    // Read before somebody took it in hand, elsewhere, or not at all.
    let unknown = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    for read in [&connection, &foreign, &unknown] {
        assert!(!stores.upkeep.mark(&revoked(read)).await.unwrap());
    }
    let new = refreshed(&found, "xoxb-new");
    assert!(stores.upkeep.settle(&lease, &new).await.unwrap());
    // Read before its tokens were replaced: what was found out is true of the old ones alone.
    assert!(!stores.upkeep.mark(&revoked(&found)).await.unwrap());
    assert_eq!(get(stores, &connection).await, new);
}

pub async fn of_many_marks_exactly_one_is_made(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = due(stores, &tenant).await;
    let made = at_once(20, |_| {
        let (upkeep, given) = (Arc::clone(&stores.upkeep), revoked(&connection));
        async move { upkeep.mark(&given).await.unwrap() }
    })
    .await;
    assert_eq!(made.iter().filter(|made| **made).count(), 1);
    let stored = get(stores, &connection).await;
    assert_eq!(stored.status(NOON).as_str(), "revoked");
    assert_eq!(stored, marked(&connection));
}
