//! Finding and counting.

use std::collections::HashSet;

use tieline_domain::{
    connection::ChannelConnection,
    endpoint::ChannelEndpoint,
    idempotency::IdempotencyRecord,
    integration::Integration,
    ports::{SealedRow, StoredValue},
    sealed::{KeyId, SealedColumn},
};

use super::{Sample, all, everything, key_check};
use crate::{
    StorageHarness, TestStores,
    fixtures::{self, NOON, sealed_by},
};

pub async fn without_values_there_is_nothing(harness: &impl StorageHarness) {
    let values = &harness.stores().sealed_values;
    for column in SealedColumn::ALL {
        assert_eq!(values.list(column, None, 10).await.unwrap(), []);
        assert_eq!(values.count(column, None).await.unwrap(), 0);
    }
}

/// Of all environments: two of them have one of everything.
pub async fn every_column_lists_its_values_in_their_places(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (first, second) = (
        Sample::stored(stores, "s1").await,
        Sample::stored(stores, "s1").await,
    );
    let mut expected = [first.values(), second.values()].concat();
    expected.push(key_check("s1"));
    let found = everything(stores).await;
    assert_eq!(found.len(), expected.len());
    for value in &expected {
        assert!(found.contains(value), "{value:?}");
    }
    for column in SealedColumn::ALL {
        let listed = all(stores, column).await;
        assert!(!listed.is_empty(), "{column:?}");
        assert!(listed.iter().all(|value| value.place.column == column));
    }
}

pub async fn a_connection_without_a_kind_of_token_has_no_value_of_it(
    harness: &impl StorageHarness,
) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = fixtures::connection(&tenant.slack, fixtures::subscriber_owner("ada"));
    stores.connections.insert(&connection).await.unwrap();
    let endpoint = fixtures::endpoint(&connection, &tenant.ada.subscriber_id);
    stores.endpoints.insert(&endpoint).await.unwrap();
    let bots = all(stores, SealedColumn::BotAccessToken).await;
    assert_eq!(bots[0].value, connection.credentials[0].access_token);
    for column in [
        SealedColumn::BotRefreshToken,
        SealedColumn::UserAccessToken,
        SealedColumn::UserRefreshToken,
        SealedColumn::EndpointSecret,
    ] {
        assert_eq!(all(stores, column).await, [], "{column:?}");
        assert_eq!(stores.sealed_values.count(column, None).await.unwrap(), 0);
    }
}

pub async fn pages_lead_through_every_value_once(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let mut expected = 0;
    for _ in 0..7 {
        expected += Sample::stored(stores, "s1").await.values().len();
        expected += more_of_the_same(stores).await;
    }
    let mut seen = HashSet::new();
    for column in SealedColumn::ALL {
        let mut border: Option<SealedRow> = None;
        loop {
            let page = stores
                .sealed_values
                .list(column, border.as_ref(), 3)
                .await
                .unwrap();
            assert!(page.len() <= 3);
            let Some(last) = page.last() else { break };
            border = Some(last.row.clone());
            for StoredValue { row, place, .. } in page {
                assert!(seen.insert((row, place)), "twice");
            }
        }
    }
    // The key check is there once.
    assert_eq!(seen.len(), expected + 1);
}

/// Values in an environment of their own that differ in what comes last in an order.
async fn more_of_the_same(stores: &TestStores) -> usize {
    let environment = stores.environment().await.id;
    let ada = fixtures::subscriber(environment, "ada");
    stores.subscribers.insert(&ada).await.unwrap();
    let slack = fixtures::integration(environment);
    let other = Integration {
        identifier: "another".to_owned(),
        ..fixtures::integration(environment)
    };
    for integration in [&slack, &other] {
        stores.integrations.insert(integration).await.unwrap();
        let owner = fixtures::subscriber_owner("ada");
        let connection: ChannelConnection = fixtures::connection(integration, owner);
        stores.connections.insert(&connection).await.unwrap();
        let endpoint = ChannelEndpoint {
            secret: Some(sealed_by("s1", "webhook")),
            ..fixtures::endpoint(&connection, &ada.subscriber_id)
        };
        stores.endpoints.insert(&endpoint).await.unwrap();
    }
    for (route, key) in [("A", "x"), ("A", "y"), ("B", "x"), ("b", "x")] {
        let mut record: IdempotencyRecord = fixtures::idempotency_record(environment, key);
        record.scope.route = route.to_owned();
        stores.idempotency.claim(&record, NOON).await.unwrap();
    }
    10
}

pub async fn values_are_counted_by_the_key_that_sealed_them(harness: &impl StorageHarness) {
    let stores = harness.stores();
    for key in ["s1", "s2", "s2"] {
        Sample::stored(stores, key).await;
    }
    let count = async |column, key: Option<&str>| {
        let key = key.map(|key| KeyId::parse(key).unwrap());
        stores
            .sealed_values
            .count(column, key.as_ref())
            .await
            .unwrap()
    };
    for column in SealedColumn::ALL {
        let expected = match column {
            SealedColumn::KeyCheck => [1, 1, 0, 0],
            _ => [3, 1, 2, 0],
        };
        for (key, expected) in [None, Some("s1"), Some("s2"), Some("s3")]
            .into_iter()
            .zip(expected)
        {
            assert_eq!(count(column, key).await, expected, "{column:?} {key:?}");
        }
    }
}

pub async fn a_key_whose_name_begins_with_anothers_is_another(harness: &impl StorageHarness) {
    let stores = harness.stores();
    Sample::stored(stores, "s11").await;
    for (key, expected) in [("s", 0), ("s1", 0), ("s11", 1), ("s111", 0), ("S11", 0)] {
        let id = KeyId::parse(key).unwrap();
        let counted = stores
            .sealed_values
            .count(SealedColumn::BotAccessToken, Some(&id))
            .await;
        assert_eq!(counted.unwrap(), expected, "{key}");
    }
}
