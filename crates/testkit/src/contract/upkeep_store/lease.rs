//! Who gets a connection in hand.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tieline_domain::connection::{ChannelConnection, Lease};

use super::{due, find, get, leased, refreshed};
use crate::{
    StorageHarness, TestStores,
    contract::concurrency::{abandon_everywhere, at_once},
    fixtures::{self, NOON, seconds_later, subscriber_owner},
};

pub async fn a_lease_begins_an_epoch(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let neighbour = due(stores, &tenant).await;
    let mut connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    connection.generation = 4;
    connection.upkeep.epoch = 7;
    connection.upkeep.failures = 2;
    connection.upkeep.due_at = Some(NOON);
    stores.connections.insert(&connection).await.unwrap();
    let (found, lease) = leased(stores, &connection).await;
    let expected = Lease {
        connection: connection.id,
        generation: 4,
        epoch: 8,
    };
    assert_eq!(lease, expected);
    connection.upkeep.epoch = 8;
    connection.upkeep.leased_until = Some(seconds_later(60));
    assert_eq!(found, connection);
    assert_eq!(get(stores, &neighbour).await, neighbour);
}

/// Whoever has it in hand may not come to an end: then it is looked after at once, not when it
/// would have been due.
pub async fn a_lease_that_runs_out_makes_the_connection_due(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    for (due_at, expected) in [
        (Some(seconds_later(3600)), Some(seconds_later(60))),
        (Some(seconds_later(60)), Some(seconds_later(60))),
        (Some(NOON), Some(NOON)),
        (None, None),
    ] {
        let mut connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
        connection.upkeep.due_at = due_at;
        stores.connections.insert(&connection).await.unwrap();
        let (found, _) = leased(stores, &connection).await;
        assert_eq!(found.upkeep.due_at, expected, "{due_at:?}");
    }
}

/// Twenty ask for the same; answers the lease that one of them got.
async fn lease_at_once(stores: &TestStores, read: &ChannelConnection, now: Timestamp) -> Lease {
    let answers = at_once(20, |number| {
        let upkeep = Arc::clone(&stores.upkeep);
        let (read, until) = (read.clone(), now + SignedDuration::from_secs(60));
        let number = i64::try_from(number).unwrap();
        async move {
            let until = until + SignedDuration::from_secs(number);
            upkeep.lease(&read, now, until).await.unwrap()
        }
    })
    .await;
    let given: Vec<_> = answers.iter().flatten().collect();
    assert_eq!(given.len(), 1, "{answers:?}");
    let winner = answers.iter().position(Option::is_some).unwrap();
    let until = now + SignedDuration::from_secs(60 + i64::try_from(winner).unwrap());
    let stored = get(stores, read).await.upkeep;
    assert_eq!(stored.leased_until, Some(until));
    assert_eq!(stored.epoch, read.upkeep.epoch + 1);
    *given[0]
}

pub async fn of_many_leases_exactly_one_is_given(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = due(stores, &tenant).await;
    let lease = lease_at_once(stores, &connection, NOON).await;
    let settled = refreshed(&get(stores, &connection).await, "xoxb-new");
    assert!(stores.upkeep.settle(&lease, &settled).await.unwrap());
}

pub async fn a_lease_is_taken_at_its_very_end_only(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = due(stores, &tenant).await;
    let (found, first) = leased(stores, &connection).await;
    let (end, later) = (seconds_later(60), seconds_later(90));
    for now in [NOON, end - SignedDuration::from_micros(1)] {
        let taken = stores.upkeep.lease(&found, now, later).await;
        assert_eq!(taken.unwrap(), None);
    }
    assert_eq!(get(stores, &connection).await, found);
    let taken = stores.upkeep.lease(&found, end, later).await.unwrap();
    let expected = Lease {
        epoch: first.epoch + 1,
        ..first
    };
    assert_eq!(taken, Some(expected));
    assert_eq!(
        get(stores, &connection).await.upkeep.leased_until,
        Some(later)
    );
}

pub async fn of_many_who_take_an_old_lease_exactly_one_gets_it(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = due(stores, &tenant).await;
    let (found, old) = leased(stores, &connection).await;
    let new = lease_at_once(stores, &found, seconds_later(60)).await;
    assert_eq!(new.epoch, old.epoch + 1);
    assert!(!stores.upkeep.settle(&old, &found).await.unwrap());
}

pub async fn what_is_not_as_it_was_read_is_not_leased(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let mut connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    connection.generation = 4;
    connection.upkeep.epoch = 7;
    stores.connections.insert(&connection).await.unwrap();
    let with = |change: fn(&mut ChannelConnection)| {
        let mut changed = connection.clone();
        change(&mut changed);
        changed
    };
    let unlike = [
        with(|c| c.generation = 3),
        with(|c| c.generation = 5),
        with(|c| c.upkeep.epoch = 6),
        with(|c| c.upkeep.epoch = 8),
        ChannelConnection {
            environment_id: other.environment.id,
            ..connection.clone()
        },
        fixtures::connection(&tenant.slack, subscriber_owner("ada")),
    ];
    for read in unlike {
        let lease = stores.upkeep.lease(&read, NOON, seconds_later(60)).await;
        assert_eq!(lease.unwrap(), None, "{read:?}");
    }
    assert_eq!(get(stores, &connection).await, connection);
    let (environment, identifier) = (connection.environment_id, &connection.identifier);
    let deletion = stores.connections.delete(environment, identifier);
    assert!(deletion.await.unwrap());
    let lease = stores.upkeep.lease(&connection, NOON, seconds_later(60));
    assert_eq!(lease.await.unwrap(), None);
    assert_eq!(find(stores, &connection).await, None);
}

pub async fn a_lease_that_is_abandoned_is_there_or_not(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    abandon_everywhere(
        async |_| due(stores, &tenant).await,
        async |connection| {
            let lease = stores.upkeep.lease(connection, NOON, seconds_later(60));
            lease.await.unwrap().unwrap();
        },
        async |connection| {
            // Whoever comes after its end gets it, whether it was given or not.
            let taken = match take(stores, &connection).await {
                None => take(stores, &connection).await,
                taken => taken,
            };
            let stored = get(stores, &connection).await.upkeep;
            assert_eq!(taken.unwrap().epoch, stored.epoch);
            assert_eq!(stored.leased_until, Some(seconds_later(90)));
        },
    )
    .await;
}

/// Takes a connection in hand after the end of a lease that it may be given meanwhile.
async fn take(stores: &TestStores, connection: &ChannelConnection) -> Option<Lease> {
    let found = get(stores, connection).await;
    let (end, later) = (seconds_later(60), seconds_later(90));
    stores.upkeep.lease(&found, end, later).await.unwrap()
}
