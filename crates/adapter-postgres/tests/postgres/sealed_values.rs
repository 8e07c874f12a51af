//! Sealed values, and rows that somebody else holds.

use std::{sync::Arc, time::Duration};

use sqlx::Executor;
use tieline_domain::{
    integration::Integration,
    ports::ResealedValue,
    sealed::{SealedColumn, SealedPlace},
};
use tieline_testkit::{
    TestStores,
    fixtures::{self, sealed_by},
};

use crate::support::TestDatabase;

/// Longer than a statement that waits for nobody takes.
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_row_that_somebody_holds_is_not_waited_for() {
    let test = TestDatabase::migrated().await;
    let database = test.open().await;
    let stores = TestStores {
        stores: database.stores(),
        transactions: Arc::new(database.transactions()),
    };
    let environment = stores.environment().await.id;
    let [held, free] = ["held", "free"].map(|identifier| Integration {
        identifier: identifier.to_owned(),
        credentials: sealed_by("old", identifier),
        ..fixtures::integration(environment)
    });
    for integration in [&held, &free] {
        stores.integrations.insert(integration).await.unwrap();
    }
    let mut other = test.connect().await;
    other
        .execute("BEGIN; UPDATE integrations SET name = name WHERE identifier = 'held'")
        .await
        .unwrap();

    let column = SealedColumn::IntegrationCredentials;
    let stored = stores.sealed_values.list(column, None, 10).await.unwrap();
    let changes = stored.into_iter().map(|stored| {
        let SealedPlace { row, .. } = stored.place;
        let value = sealed_by("new", &row.to_string());
        ResealedValue { stored, value }
    });
    let changes: Vec<_> = changes.collect();
    let replacing = stores.sealed_values.replace(&changes);
    let replaced = tokio::time::timeout(PATIENCE, replacing).await;
    assert_eq!(replaced.expect("it waits for nobody").unwrap(), 1);
    other.execute("ROLLBACK").await.unwrap();

    let found = stores.integrations.find(environment, "held").await;
    assert_eq!(found.unwrap(), Some(held));
    let found = stores.integrations.find(environment, "free").await;
    let new = sealed_by("new", &free.id.to_string());
    assert_eq!(found.unwrap().unwrap().credentials, new);
}
