//! The contract of [`tieline_domain::ports::KeyCheckStore`].

use std::sync::Arc;

use crate::{StorageHarness, contract::concurrency::at_once, fixtures};

/// Puts an adapter through the contract of `KeyCheckStore`.
#[macro_export]
macro_rules! key_check_store_contract {
    ($($harness:tt)*) => {
        $crate::contract_cases! { key_check_store [
            without_a_key_check_there_is_none,
            the_first_key_check_stays,
            of_many_who_insert_all_get_the_same,
        ] $($harness)* }
    };
}

pub async fn without_a_key_check_there_is_none(harness: &impl StorageHarness) {
    assert_eq!(harness.stores().key_checks.find().await.unwrap(), None);
}

pub async fn the_first_key_check_stays(harness: &impl StorageHarness) {
    let store = &harness.stores().key_checks;
    let (first, second) = (fixtures::sealed("first"), fixtures::sealed("second"));
    assert_eq!(store.insert(&first).await.unwrap(), first);
    assert_eq!(store.insert(&second).await.unwrap(), first);
    assert_eq!(store.find().await.unwrap(), Some(first));
}

pub async fn of_many_who_insert_all_get_the_same(harness: &impl StorageHarness) {
    let store = Arc::clone(&harness.stores().key_checks);
    let answers = at_once(20, |number| {
        let store = Arc::clone(&store);
        async move {
            store
                .insert(&fixtures::sealed(&number.to_string()))
                .await
                .unwrap()
        }
    })
    .await;
    let stored = store.find().await.unwrap().unwrap();
    assert!(answers.iter().all(|answer| *answer == stored));
}
