//! How a connection is given back.

use std::sync::Arc;

use jiff::Timestamp;
use tieline_domain::{
    connection::{
        ChannelConnection, CredentialKind, Health, Lease, SealedCredential, Standing, Workspace,
    },
    reason::Reason,
};

use super::{due, find, get, leased, refreshed};
use crate::{
    StorageHarness, TestStores,
    contract::concurrency::{abandon_everywhere, at_once},
    fixtures::{self, NOON, seconds_later},
};

async fn settle(stores: &TestStores, lease: &Lease, connection: &ChannelConnection) -> bool {
    stores.upkeep.settle(lease, connection).await.unwrap()
}

fn micros(last: u8) -> Timestamp {
    format!("2026-02-03T04:05:06.00000{last}Z").parse().unwrap()
}

/// The connection after a try that failed.
fn failed(leased: &ChannelConnection) -> ChannelConnection {
    let mut failed = leased.clone();
    failed.health = Health {
        standing: Standing::InDoubt,
        failure: Some(Reason::RefreshLost.into()),
        since: micros(1),
        proved_at: Some(micros(2)),
    };
    failed.upkeep.due_at = Some(micros(3));
    failed.upkeep.failures = leased.upkeep.failures + 1;
    failed
}

pub async fn what_is_settled_keeps_its_tokens(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let neighbour = due(stores, &tenant).await;
    let connection = due(stores, &tenant).await;
    let (found, lease) = leased(stores, &connection).await;
    let mut expected = failed(&found);
    expected.upkeep.leased_until = None;
    let given = ChannelConnection {
        identifier: "other".parse().unwrap(),
        workspace: Workspace {
            id: "T-other".to_owned(),
            name: None,
            bot_user_id: None,
        },
        credentials: vec![fixtures::bot_credential("xoxb-other")],
        created_at: seconds_later(5),
        updated_at: seconds_later(5),
        ..failed(&found)
    };
    assert!(settle(stores, &lease, &given).await);
    assert_eq!(get(stores, &connection).await, expected);
    assert_eq!(get(stores, &neighbour).await, neighbour);
    // Nothing is due any more, and it can be taken in hand again.
    let mut ended = failed(&expected);
    ended.upkeep.due_at = None;
    let (_, lease) = leased(stores, &expected).await;
    assert!(settle(stores, &lease, &ended).await);
    assert_eq!(get(stores, &connection).await.upkeep.due_at, None);
}

pub async fn new_tokens_are_settled_with_all_that_belongs_to_them(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = due(stores, &tenant).await;
    let (found, lease) = leased(stores, &connection).await;
    let user = SealedCredential {
        kind: CredentialKind::User,
        access_token: fixtures::sealed("xoxp-new"),
        refresh_token: Some(fixtures::sealed("xoxe-new")),
        scopes: vec!["chat:write".to_owned()],
        expires_at: Some(micros(4)),
    };
    let mut expected = refreshed(&found, "xoxb-new");
    expected.credentials.push(user);
    expected.health = Health::issued(micros(1));
    expected.updated_at = micros(5);
    let given = ChannelConnection {
        workspace: Workspace {
            id: "T-other".to_owned(),
            name: None,
            bot_user_id: None,
        },
        ..expected.clone()
    };
    assert!(settle(stores, &lease, &given).await);
    assert_eq!(get(stores, &connection).await, expected);
    // The lease is spent, with this generation and with the one before.
    assert!(!settle(stores, &lease, &found).await);
    assert!(!settle(stores, &lease, &refreshed(&found, "xoxb-again")).await);
    assert_eq!(get(stores, &connection).await, expected);
    let (found, lease) = leased(stores, &expected).await;
    let mut fewer = refreshed(&found, "xoxb-third");
    fewer.upkeep.leased_until = None;
    assert!(settle(stores, &lease, &fewer).await);
    assert_eq!(get(stores, &connection).await, fewer);
}

pub async fn a_lease_that_ran_out_settles_while_nobody_took_it(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = due(stores, &tenant).await;
    let lease = stores.upkeep.lease(&connection, NOON, NOON).await;
    let found = get(stores, &connection).await;
    let new = refreshed(&found, "xoxb-late");
    assert!(settle(stores, &lease.unwrap().unwrap(), &new).await);
    assert_eq!(get(stores, &connection).await, new);
}

pub async fn a_lease_of_an_earlier_epoch_settles_nothing(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = due(stores, &tenant).await;
    let (found, first) = leased(stores, &connection).await;
    let (end, later) = (seconds_later(60), seconds_later(90));
    let second = stores.upkeep.lease(&found, end, later).await;
    let second = second.unwrap().unwrap();
    let taken = get(stores, &connection).await;
    let unborn = Lease {
        epoch: second.epoch + 1,
        ..second
    };
    for lease in [first, unborn] {
        for given in [failed(&taken), refreshed(&taken, "xoxb-late")] {
            assert!(!settle(stores, &lease, &given).await);
        }
        assert_eq!(get(stores, &connection).await, taken);
    }
    let new = refreshed(&taken, "xoxb-new");
    assert!(settle(stores, &second, &new).await);
    assert_eq!(get(stores, &connection).await, new);
}

pub async fn a_lease_of_an_earlier_generation_settles_nothing(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = due(stores, &tenant).await;
    let (found, lease) = leased(stores, &connection).await;
    for generation in [lease.generation - 1, lease.generation + 1] {
        let unlike = Lease {
            generation,
            ..lease
        };
        for given in [failed(&found), refreshed(&found, "xoxb-new")] {
            assert!(!settle(stores, &unlike, &given).await);
        }
    }
    assert_eq!(get(stores, &connection).await, found);
}

pub async fn a_lease_of_another_connection_settles_nothing(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let [(mine, lease), (theirs, _)] = [
        leased(stores, &due(stores, &tenant).await).await,
        leased(stores, &due(stores, &tenant).await).await,
    ];
    let foreign = ChannelConnection {
        environment_id: other.environment.id,
        ..mine.clone()
    };
    for connection in [&theirs, &foreign] {
        for given in [failed(connection), refreshed(connection, "xoxb-new")] {
            assert!(!settle(stores, &lease, &given).await);
        }
    }
    for connection in [mine, theirs] {
        assert_eq!(get(stores, &connection).await, connection);
    }
}

pub async fn a_deleted_connection_is_not_settled(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = due(stores, &tenant).await;
    let (found, lease) = leased(stores, &connection).await;
    let (environment, identifier) = (connection.environment_id, &connection.identifier);
    let deletion = stores.connections.delete(environment, identifier);
    assert!(deletion.await.unwrap());
    // Another bears its name by now.
    let namesake = ChannelConnection {
        identifier: connection.identifier.clone(),
        ..fixtures::connection(&tenant.slack, connection.owner.clone())
    };
    stores.connections.insert(&namesake).await.unwrap();
    for given in [failed(&found), refreshed(&found, "xoxb-new")] {
        assert!(!settle(stores, &lease, &given).await);
    }
    assert_eq!(find(stores, &connection).await, Some(namesake));
}

pub async fn of_many_settlements_with_new_tokens_exactly_one_happens(
    harness: &impl StorageHarness,
) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = due(stores, &tenant).await;
    let (found, lease) = leased(stores, &connection).await;
    let new = |number| refreshed(&found, &format!("xoxb-{number}"));
    let settled = at_once(20, |number| {
        let (upkeep, new) = (Arc::clone(&stores.upkeep), new(number));
        async move { upkeep.settle(&lease, &new).await.unwrap() }
    })
    .await;
    assert_eq!(settled.iter().filter(|settled| **settled).count(), 1);
    let winner = settled.iter().position(|settled| *settled).unwrap();
    assert_eq!(get(stores, &connection).await, new(winner as u64));
}

pub async fn a_settlement_that_is_abandoned_is_whole_or_absent(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    abandon_everywhere(
        async |_| leased(stores, &due(stores, &tenant).await).await,
        async |(found, lease)| {
            assert!(settle(stores, lease, &refreshed(found, "xoxb-new")).await);
        },
        async |(found, lease)| {
            // Whoever settles next waits until it is decided; then nothing changes any more.
            let [new, next] = ["xoxb-new", "xoxb-next"].map(|token| refreshed(&found, token));
            let settled = settle(stores, &lease, &next).await;
            let expected = if settled { next } else { new };
            assert_eq!(get(stores, &found).await, expected);
        },
    )
    .await;
}
