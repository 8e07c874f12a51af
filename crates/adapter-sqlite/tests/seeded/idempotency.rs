//! The keys that lead to answers: they stand apart from these, in the order of time.

use std::collections::HashSet;

use sqlx::{Connection, SqliteConnection, query, query_scalar};
use tieline_domain::{
    idempotency::IdempotencyRecord,
    ports::{Deletion, IdempotencyClaim, ResealedValue, SealedRow, StoredValue},
    sealed::SealedColumn,
};
use tieline_testkit::fixtures::{self, NOON, seconds_later};

use crate::Seeded;

impl Seeded {
    /// A record that is kept for so many seconds.
    fn record(&self, key: &str, seconds: i64) -> IdempotencyRecord {
        IdempotencyRecord {
            expires_at: seconds_later(seconds),
            ..fixtures::idempotency_record(self.environment.id, key)
        }
    }

    async fn claim(&self, record: &IdempotencyRecord) -> IdempotencyClaim {
        let store = self.database.stores().idempotency;
        store.claim(record, NOON).await.unwrap()
    }

    async fn delete(&self, seconds: i64, limit: u32) -> Deletion {
        let store = self.database.stores().idempotency;
        let deletion = store.delete_expired(seconds_later(seconds), limit).await;
        deletion.unwrap()
    }

    async fn connection(&self) -> SqliteConnection {
        let path = self.folder.path().join("tieline.db");
        SqliteConnection::connect(path.to_str().unwrap())
            .await
            .unwrap()
    }

    async fn keys(&self) -> i64 {
        query_scalar("SELECT count(*) FROM idempotency_keys")
            .fetch_one(&mut self.connection().await)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn keys_are_deleted_when_the_five_minutes_of_their_records_are_over() {
    let seeded = Seeded::open().await;
    for number in 0..25 {
        seeded
            .claim(&seeded.record(&format!("mint {number}"), 360))
            .await;
    }
    let day = seeded.record("made for a day", 86_400);
    seeded.claim(&day).await;
    let deleted = async |seconds, limit| {
        let deletion = seeded.delete(seconds, limit).await;
        (deletion.count, deletion.more, seeded.keys().await)
    };
    assert_eq!(deleted(359, 100).await, (0, false, 26));
    assert_eq!(deleted(360, 100).await, (25, false, 26));
    assert_eq!(deleted(599, 100).await, (0, false, 26));
    // Ten keys in the time of a record.
    assert_eq!(deleted(600, 1).await, (0, true, 16));
    assert_eq!(deleted(600, 1).await, (0, true, 6));
    assert_eq!(deleted(600, 1).await, (0, false, 1));
    assert_eq!(
        seeded.claim(&day).await,
        IdempotencyClaim::Taken(Box::new(day))
    );
    // The key of what was kept for longer goes with it.
    assert_eq!(deleted(86_400, 100).await, (1, false, 0));
}

#[tokio::test]
async fn a_key_is_there_as_long_as_its_record() {
    let seeded = Seeded::open().await;
    let records = ["first", "second", "third"].map(|key| seeded.record(key, 360));
    for record in &records {
        seeded.claim(record).await;
    }
    assert_eq!(seeded.delete(600, 2).await, Deletion::of(2, 2));
    assert_eq!(seeded.keys().await, 3);
    let again = seeded.record("third", 960);
    let store = seeded.database.stores().idempotency;
    let claim = store.claim(&again, seconds_later(600)).await.unwrap();
    assert_eq!(claim, IdempotencyClaim::New);
    let listed = store.list(seeded.environment.id, None, 10).await.unwrap();
    assert_eq!(listed, [again]);
}

#[tokio::test]
async fn keys_lead_to_their_records_after_a_vacuum() {
    let seeded = Seeded::open().await;
    let records: Vec<_> = (0..50)
        .map(|number| seeded.record(&format!("key {number}"), 1 + number % 2 * 600))
        .collect();
    for record in &records {
        seeded.claim(record).await;
    }
    assert_eq!(seeded.delete(1, 100).await.count, 25);
    query("VACUUM")
        .execute(&mut seeded.connection().await)
        .await
        .unwrap();
    for (number, record) in records.iter().enumerate() {
        let expected = match number % 2 {
            0 => IdempotencyClaim::New,
            _ => IdempotencyClaim::Taken(Box::new(record.clone())),
        };
        assert_eq!(seeded.claim(record).await, expected, "{number}");
    }
}

#[tokio::test]
async fn answers_of_all_periods_are_listed_once_and_replaced() {
    let seeded = Seeded::open().await;
    let records: Vec<_> = (0..30)
        .map(|number| seeded.record(&format!("key {number}"), 200 + number % 4 * 300))
        .collect();
    for record in &records {
        seeded.claim(record).await;
    }
    let values = seeded.database.stores().sealed_values;
    let mut seen: Vec<StoredValue> = Vec::new();
    loop {
        let after = seen.last().map(|value| &value.row);
        let page = values
            .list(SealedColumn::IdempotencyResponse, after, 4)
            .await
            .unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    let rows: HashSet<_> = seen.iter().map(|value| value.row.clone()).collect();
    let scopes = records.iter().map(|record| record.scope.clone());
    assert_eq!(rows, scopes.map(SealedRow::Answer).collect());
    assert_eq!(seen.len(), records.len());
    let changes: Vec<_> = seen
        .into_iter()
        .map(|stored| ResealedValue {
            stored,
            value: fixtures::sealed("another"),
        })
        .collect();
    assert_eq!(values.replace(&changes).await.unwrap(), 30);
}
