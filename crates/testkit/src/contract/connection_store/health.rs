//! What is kept of how a connection fares.

use std::sync::Arc;

use tieline_domain::{
    attempt::Failure,
    connection::{ChannelConnection, Health, Lease, Standing, Upkeep},
    ports::{ConnectionWrite, RecordError},
    reason::Reason,
};

use super::{insertion, record::find, renewed};
use crate::{
    StorageHarness, TestStores,
    contract::concurrency::at_once,
    fixtures::{self, NOON, seconds_later, subscriber_owner},
    harness::Tenant,
};

/// Times that differ in nothing but their microseconds.
fn moments() -> [jiff::Timestamp; 4] {
    ["1", "2", "3", "4"].map(|last| format!("2026-02-03T04:05:06.00000{last}Z").parse().unwrap())
}

pub async fn health_and_upkeep_come_back_as_they_were_given(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let [since, proved_at, due_at, leased_until] = moments();
    let standings = [
        Standing::Good,
        Standing::InDoubt,
        Standing::ReauthRequired,
        Standing::Revoked,
    ];
    for standing in standings {
        let full = ChannelConnection {
            health: Health {
                standing,
                failure: Some(Reason::RefreshLost.into()),
                since,
                proved_at: Some(proved_at),
            },
            upkeep: Upkeep {
                due_at: Some(due_at),
                failures: u32::MAX,
                epoch: u64::from(u32::MAX) + 7,
                leased_until: Some(leased_until),
            },
            ..fixtures::connection(&tenant.slack, subscriber_owner("ada"))
        };
        let bare = ChannelConnection {
            health: Health {
                standing,
                ..Health::unproved(since)
            },
            upkeep: Upkeep::default(),
            ..fixtures::connection(&tenant.slack, subscriber_owner("bob"))
        };
        for connection in [full, bare] {
            stores.connections.insert(&connection).await.unwrap();
            assert_eq!(find(stores, &connection).await, Some(connection));
        }
    }
}

pub async fn every_failure_of_a_connection_comes_back(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    for reason in Reason::ALL {
        for provider_error in [None, Some("invalid_grant: “Zoë” 🗝".to_owned())] {
            let failure = Failure {
                reason: *reason,
                provider_error,
            };
            let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
            let connection = ChannelConnection {
                health: connection
                    .health
                    .clone()
                    .failed(Standing::Good, failure, NOON),
                ..connection
            };
            stores.connections.insert(&connection).await.unwrap();
            assert_eq!(find(stores, &connection).await, Some(connection));
        }
    }
}

/// Stores a connection that failed before, and that somebody has in hand.
async fn in_hand(stores: &TestStores, tenant: &Tenant) -> (ChannelConnection, Lease) {
    let mut stored = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    stored.health = stored
        .health
        .failed(Standing::InDoubt, Reason::RefreshLost.into(), NOON);
    stored.upkeep.failures = 3;
    stored.upkeep.epoch = 5;
    stores.connections.insert(&stored).await.unwrap();
    let lease = stores.upkeep.lease(&stored, NOON, seconds_later(60));
    let lease = lease.await.unwrap().unwrap();
    (find(stores, &stored).await.unwrap(), lease)
}

pub async fn a_replacement_begins_an_epoch_in_nobodys_hands(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    for alone in [false, true] {
        let (stored, lease) = in_hand(stores, &tenant).await;
        assert_eq!(stored.upkeep.epoch, 6);
        let expected = renewed(&stored, "xoxb-renewed");
        let mut given = expected.clone();
        given.upkeep = Upkeep {
            due_at: expected.upkeep.due_at,
            failures: 9,
            epoch: 2,
            leased_until: Some(seconds_later(99)),
        };
        if alone {
            stores.connections.replace(&given).await.unwrap();
        } else {
            let mut record = insertion(stores, &tenant.slack, &given).await;
            record.write = ConnectionWrite::Replace;
            stores.connections.record(&record).await.unwrap();
        }
        assert_eq!(find(stores, &stored).await.as_ref(), Some(&expected));
        let late = renewed(&stored, "xoxb-late");
        assert!(!stores.upkeep.settle(&lease, &late).await.unwrap());
        assert!(!stores.upkeep.settle(&lease, &stored).await.unwrap());
        assert_eq!(find(stores, &stored).await, Some(expected));
    }
}

pub async fn a_replacement_that_is_refused_leaves_health_and_upkeep(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let (stored, lease) = in_hand(stores, &tenant).await;
    let stale = ChannelConnection {
        generation: stored.generation,
        ..renewed(&stored, "xoxb-stale")
    };
    let replaced = stores.connections.replace(&stale).await;
    assert!(matches!(replaced, Err(RecordError::Raced)), "{replaced:?}");
    assert_eq!(find(stores, &stored).await.as_ref(), Some(&stored));
    let new = renewed(&stored, "xoxb-new");
    assert!(stores.upkeep.settle(&lease, &new).await.unwrap());
}

pub async fn of_a_replacement_and_a_settlement_exactly_one_happens(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    for _ in 0..5 {
        let (stored, lease) = in_hand(stores, &tenant).await;
        let done = at_once(8, |number| {
            let (connections, upkeep) =
                (Arc::clone(&stores.connections), Arc::clone(&stores.upkeep));
            let new = renewed(&stored, &format!("xoxb-{number}"));
            async move {
                if number % 2 == 0 {
                    connections.replace(&new).await.is_ok()
                } else {
                    upkeep.settle(&lease, &new).await.unwrap()
                }
            }
        })
        .await;
        assert_eq!(done.iter().filter(|done| **done).count(), 1, "{done:?}");
        let winner = done.iter().position(|done| *done).unwrap();
        let found = find(stores, &stored).await.unwrap();
        let token = fixtures::bot_credential(&format!("xoxb-{winner}"));
        assert_eq!((found.generation, found.credentials), (2, vec![token]));
        assert_eq!(found.upkeep.leased_until, None);
    }
}
