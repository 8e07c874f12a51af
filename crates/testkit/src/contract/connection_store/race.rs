//! Who wins, and what the others are told.

use std::sync::Arc;

use tieline_domain::{
    connection::{ChannelConnection, Owner},
    id::ConnectionId,
    integration::Integration,
    ports::{ConnectionWrite, RecordConnection, RecordError},
};

use super::{insert, insertion, record::find, renewed};
use crate::{
    StorageHarness, TestStores,
    contract::concurrency::{abandon_everywhere, at_once},
    fixtures::{self, shared_by, subscriber_owner},
};

async fn fail_to_record(stores: &TestStores, record: &RecordConnection) -> RecordError {
    stores.connections.record(record).await.unwrap_err()
}

async fn replacement(
    stores: &TestStores,
    integration: &Integration,
    connection: &ChannelConnection,
) -> RecordConnection {
    let insertion = insertion(stores, integration, connection).await;
    RecordConnection {
        write: ConnectionWrite::Replace,
        ..insertion
    }
}

pub async fn a_stale_replacement_is_raced(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = ChannelConnection {
        generation: 5,
        ..fixtures::connection(&tenant.slack, subscriber_owner("ada"))
    };
    insert(stores, &tenant.slack, &connection).await;
    for generation in [1, 4, 5, 7] {
        let stale = ChannelConnection {
            generation,
            ..renewed(&connection, "stale")
        };
        let record = replacement(stores, &tenant.slack, &stale).await;
        let error = fail_to_record(stores, &record).await;
        assert!(
            matches!(error, RecordError::Raced),
            "{generation}: {error:?}"
        );
    }
    assert_eq!(find(stores, &connection).await, Some(connection));
}

pub async fn a_replacement_in_another_environment_is_raced(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    insert(stores, &tenant.slack, &connection).await;
    let foreign = ChannelConnection {
        environment_id: other.environment.id,
        integration_id: other.slack.id,
        ..renewed(&connection, "foreign")
    };
    let record = replacement(stores, &other.slack, &foreign).await;
    assert!(matches!(
        fail_to_record(stores, &record).await,
        RecordError::Raced
    ));
    assert_eq!(find(stores, &connection).await, Some(connection));
}

pub async fn a_replacement_onto_another_connection_is_raced(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let first = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    let second = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    insert(stores, &tenant.slack, &first).await;
    insert(stores, &tenant.slack, &second).await;
    let moved = ChannelConnection {
        workspace: second.workspace.clone(),
        ..renewed(&first, "moved")
    };
    let record = replacement(stores, &tenant.slack, &moved).await;
    assert!(matches!(
        fail_to_record(stores, &record).await,
        RecordError::Raced
    ));
    for connection in [first, second] {
        assert_eq!(find(stores, &connection).await, Some(connection));
    }
}

pub async fn the_same_owner_and_workspace_twice_is_raced(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    for owner in [
        subscriber_owner("ada"),
        shared_by(&["tenant:acme"]),
        Owner::default(),
    ] {
        let first = fixtures::connection(&tenant.slack, owner.clone());
        insert(stores, &tenant.slack, &first).await;
        let other_name = fixtures::connection(&tenant.slack, owner);
        let other_workspace = other_name.workspace.clone();
        let twins = [
            ChannelConnection {
                workspace: first.workspace.clone(),
                ..other_name.clone()
            },
            ChannelConnection {
                id: ConnectionId(fixtures::uuid()),
                ..first.clone()
            },
            // The owner may replace what bears the name: to look again helps.
            ChannelConnection {
                id: ConnectionId(fixtures::uuid()),
                workspace: other_workspace,
                ..first.clone()
            },
            ChannelConnection {
                id: first.id,
                ..other_name
            },
        ];
        for twin in twins {
            let record = insertion(stores, &tenant.slack, &twin).await;
            let error = fail_to_record(stores, &record).await;
            assert!(matches!(error, RecordError::Raced), "{twin:?}: {error:?}");
        }
        assert_eq!(find(stores, &first).await, Some(first));
    }
}

pub async fn the_identifier_of_another_owner_is_taken(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let first = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    insert(stores, &tenant.slack, &first).await;
    let others = [
        (&tenant.slack, subscriber_owner("bob")),
        (
            &tenant.slack,
            Owner {
                subscriber_id: None,
                ..first.owner.clone()
            },
        ),
        (&tenant.slack, shared_by(&["tenant:acme"])),
        (&tenant.teams, first.owner.clone()),
    ];
    for (integration, owner) in others {
        let other = ChannelConnection {
            identifier: first.identifier.clone(),
            ..fixtures::connection(integration, owner)
        };
        let record = insertion(stores, integration, &other).await;
        let error = fail_to_record(stores, &record).await;
        assert!(
            matches!(error, RecordError::IdentifierTaken),
            "{:?}: {error:?}",
            other.owner
        );
    }
    assert_eq!(find(stores, &first).await, Some(first));
}

pub async fn an_identifier_is_free_in_another_environment(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let first = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    insert(stores, &tenant.slack, &first).await;
    let namesake = ChannelConnection {
        identifier: first.identifier.clone(),
        workspace: first.workspace.clone(),
        ..fixtures::connection(&other.slack, subscriber_owner("ada"))
    };
    insert(stores, &other.slack, &namesake).await;
    for connection in [first, namesake] {
        assert_eq!(find(stores, &connection).await, Some(connection));
    }
}

async fn record_at_once(
    harness: &impl StorageHarness,
    records: Vec<RecordConnection>,
) -> RecordConnection {
    let answers = at_once(records.len() as u64, |number| {
        let store = Arc::clone(&harness.stores().connections);
        let record = records[usize::try_from(number).unwrap()].clone();
        async move { store.record(&record).await }
    })
    .await;
    let winner = answers.iter().position(Result::is_ok).unwrap();
    for (number, answer) in answers.iter().enumerate() {
        assert_eq!(
            matches!(answer, Err(RecordError::Raced)),
            number != winner,
            "{answer:?}"
        );
    }
    records[winner].clone()
}

pub async fn of_many_inserts_exactly_one_is_recorded(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let model = fixtures::connection(&tenant.slack, shared_by(&["tenant:acme"]));
    let mut records = Vec::new();
    for _ in 0..20 {
        let twin = ChannelConnection {
            workspace: model.workspace.clone(),
            ..fixtures::connection(&tenant.slack, model.owner.clone())
        };
        records.push(insertion(stores, &tenant.slack, &twin).await);
    }
    let winner = record_at_once(harness, records).await;
    assert_eq!(
        find(stores, &winner.connection).await,
        Some(winner.connection)
    );
}

pub async fn of_many_replacements_exactly_one_is_recorded(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    insert(stores, &tenant.slack, &connection).await;
    let mut records = Vec::new();
    for number in 0..20 {
        let renewed = renewed(&connection, &format!("xoxb-{number}"));
        records.push(replacement(stores, &tenant.slack, &renewed).await);
    }
    let winner = record_at_once(harness, records).await;
    assert_eq!(find(stores, &connection).await, Some(winner.connection));
}

pub async fn a_record_that_is_abandoned_is_whole_or_absent(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    abandon_everywhere(
        async |_| {
            let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
            let mut record = insertion(stores, &tenant.slack, &connection).await;
            record.endpoints = vec![fixtures::endpoint(&connection, &tenant.ada.subscriber_id)];
            record
        },
        async |record| stores.connections.record(record).await.unwrap(),
        async |record| check_whole_or_absent(stores, record).await,
    )
    .await;
}

async fn check_whole_or_absent(stores: &TestStores, record: RecordConnection) {
    // The next writer waits until it is decided; then nothing changes any more.
    stores.attempts.claim(&record.attempt).await.unwrap();
    let stored = stores
        .attempts
        .find_anywhere(record.attempt.id)
        .await
        .unwrap();
    let whole = stored == Some(record.attempt);
    let connection = record.connection;
    assert_eq!(find(stores, &connection).await, whole.then_some(connection));
    for endpoint in record.endpoints {
        let found = stores
            .endpoints
            .find(endpoint.environment_id, &endpoint.identifier)
            .await;
        assert_eq!(found.unwrap(), whole.then_some(endpoint));
    }
}
