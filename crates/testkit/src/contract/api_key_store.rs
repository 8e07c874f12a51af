//! The contract of [`tieline_domain::ports::ApiKeyStore`].

use std::collections::BTreeSet;

use tieline_domain::{
    api_key::{ApiKey, ApiKeyRole},
    id::ApiKeyId,
    ports::InsertError,
};

use crate::{
    StorageHarness,
    fixtures::{self, seconds_later},
};

/// Puts an adapter through the contract of `ApiKeyStore`.
#[macro_export]
macro_rules! api_key_store_contract {
    ($($harness:tt)*) => {
        $crate::contract_cases! { api_key_store [
            an_absent_key_is_none,
            keys_come_back_as_they_were_stored,
            a_hash_is_taken_once_in_all_environments,
            keys_are_listed_oldest_first_for_their_environment,
            a_key_is_revoked_once,
            a_key_is_revoked_by_its_own_environment_only,
            a_key_is_found_by_its_id_in_its_own_environment_only,
            the_earlier_expiry_of_a_key_stays,
            a_key_expires_by_its_own_environment_only,
            the_latest_use_of_a_key_stays,
        ] $($harness)* }
    };
}

pub async fn an_absent_key_is_none(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().api_keys;
    let key = fixtures::api_key(environment.id);
    assert_eq!(store.find_by_hash(&key.hash).await.unwrap(), None);
    assert_eq!(store.list(environment.id).await.unwrap(), []);
    assert!(
        !store
            .revoke(environment.id, key.id, seconds_later(1))
            .await
            .unwrap()
    );
}

pub async fn keys_come_back_as_they_were_stored(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().api_keys;
    for role in ApiKeyRole::ALL {
        let live = ApiKey {
            role,
            ..fixtures::api_key(environment.id)
        };
        let revoked = ApiKey {
            name: "Nächtlicher Job 🌙".to_owned(),
            hint: "sk…".to_owned(),
            rights: BTreeSet::new(),
            signing_state: None,
            last_used_at: Some("2026-02-03T04:05:06.000001Z".parse().unwrap()),
            expires_at: Some("2026-02-03T04:05:06.000002Z".parse().unwrap()),
            revoked_at: Some("2026-02-03T04:05:06.000003Z".parse().unwrap()),
            role,
            ..fixtures::api_key(environment.id)
        };
        for key in [live, revoked] {
            store.insert(&key).await.unwrap();
            assert_eq!(store.find_by_hash(&key.hash).await.unwrap(), Some(key));
        }
    }
}

pub async fn a_hash_is_taken_once_in_all_environments(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (own, other) = (stores.environment().await, stores.environment().await);
    let first = ApiKey {
        revoked_at: Some(seconds_later(1)),
        ..fixtures::api_key(own.id)
    };
    stores.api_keys.insert(&first).await.unwrap();
    for environment in [own, other] {
        let twin = ApiKey {
            hash: first.hash,
            ..fixtures::api_key(environment.id)
        };
        assert!(matches!(
            stores.api_keys.insert(&twin).await,
            Err(InsertError::Taken)
        ));
    }
    assert_eq!(
        stores.api_keys.find_by_hash(&first.hash).await.unwrap(),
        Some(first)
    );
}

pub async fn keys_are_listed_oldest_first_for_their_environment(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (own, other) = (stores.environment().await, stores.environment().await);
    let made = |second| ApiKey {
        created_at: seconds_later(second),
        revoked_at: (second == 1).then(|| seconds_later(9)),
        ..fixtures::api_key(own.id)
    };
    let keys = [made(2), made(2), made(1)];
    for key in keys.iter().chain([&fixtures::api_key(other.id)]) {
        stores.api_keys.insert(key).await.unwrap();
    }
    let [second, third, first] = keys;
    assert_eq!(
        stores.api_keys.list(own.id).await.unwrap(),
        [first, second, third]
    );
}

pub async fn a_key_is_revoked_once(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().api_keys;
    let key = fixtures::api_key(environment.id);
    store.insert(&key).await.unwrap();
    for second in [1, 2] {
        assert!(
            store
                .revoke(environment.id, key.id, seconds_later(second))
                .await
                .unwrap()
        );
        let revoked = ApiKey {
            revoked_at: Some(seconds_later(1)),
            ..key.clone()
        };
        assert_eq!(store.find_by_hash(&key.hash).await.unwrap(), Some(revoked));
    }
}

pub async fn a_key_is_revoked_by_its_own_environment_only(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (own, other) = (stores.environment().await, stores.environment().await);
    let key = fixtures::api_key(own.id);
    stores.api_keys.insert(&key).await.unwrap();
    let revoked = |environment, id| stores.api_keys.revoke(environment, id, seconds_later(1));
    assert!(!revoked(other.id, key.id).await.unwrap());
    assert!(!revoked(own.id, ApiKeyId(fixtures::uuid())).await.unwrap());
    assert_eq!(
        stores.api_keys.find_by_hash(&key.hash).await.unwrap(),
        Some(key)
    );
}

pub async fn a_key_is_found_by_its_id_in_its_own_environment_only(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (own, other) = (stores.environment().await, stores.environment().await);
    let key = fixtures::api_key(own.id);
    stores.api_keys.insert(&key).await.unwrap();
    let find = |environment, id| stores.api_keys.find(environment, id);
    assert_eq!(find(other.id, key.id).await.unwrap(), None);
    assert_eq!(
        find(own.id, ApiKeyId(fixtures::uuid())).await.unwrap(),
        None
    );
    assert_eq!(find(own.id, key.id).await.unwrap(), Some(key));
}

pub async fn the_earlier_expiry_of_a_key_stays(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().api_keys;
    let key = fixtures::api_key(environment.id);
    store.insert(&key).await.unwrap();
    for (second, kept) in [(5, 5), (9, 5), (3, 3)] {
        let at = seconds_later(second);
        assert!(store.expire(environment.id, key.id, at).await.unwrap());
        let expiring = ApiKey {
            expires_at: Some(seconds_later(kept)),
            ..key.clone()
        };
        assert_eq!(store.find_by_hash(&key.hash).await.unwrap(), Some(expiring));
    }
}

pub async fn a_key_expires_by_its_own_environment_only(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (own, other) = (stores.environment().await, stores.environment().await);
    let key = fixtures::api_key(own.id);
    stores.api_keys.insert(&key).await.unwrap();
    let expire = |environment, id| stores.api_keys.expire(environment, id, seconds_later(1));
    assert!(!expire(other.id, key.id).await.unwrap());
    assert!(!expire(own.id, ApiKeyId(fixtures::uuid())).await.unwrap());
    assert_eq!(
        stores.api_keys.find(own.id, key.id).await.unwrap(),
        Some(key)
    );
}

pub async fn the_latest_use_of_a_key_stays(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().api_keys;
    let [used, unused] = [(); 2].map(|()| fixtures::api_key(environment.id));
    for key in [&used, &unused] {
        store.insert(key).await.unwrap();
    }
    let unknown = ApiKeyId(fixtures::uuid());
    for (second, kept) in [(5, 5), (3, 5), (9, 9)] {
        let at = seconds_later(second);
        store
            .record_uses(&[(unknown, at), (used.id, at)])
            .await
            .unwrap();
        let noted = ApiKey {
            last_used_at: Some(seconds_later(kept)),
            ..used.clone()
        };
        assert_eq!(store.find_by_hash(&used.hash).await.unwrap(), Some(noted));
    }
    store.record_uses(&[]).await.unwrap();
    assert_eq!(
        store.find_by_hash(&unused.hash).await.unwrap(),
        Some(unused)
    );
}
