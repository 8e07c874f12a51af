//! Whatever is moved in the storage does not open where it was moved to.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use secrecy::ExposeSecret;
use tieline_adapter_crypto::{KeyRing, KeyRingSealer};
use tieline_domain::{
    id::EnvironmentId,
    ports::{OpenError, ResealedValue, Sealer, SealingKeys, StoredValue},
    sealed::{KeyId, Sealed, SealedColumn, SealedPlace},
};
use tieline_testkit::{
    MemoryStorage, TestStores, sealed_values, secrets::StoredSecret, store_secrets,
};
use uuid::Uuid;

/// A ring of two keys for what is stored.
const RING: &str = r#"
[[storage]]
id = "s1"
key = "yk2q1ZyJ5nqB7w0pJ0mE8m1yVh2q3cX5tZ8uQ6rT4w0="

[[storage]]
id = "s2"
key = "Vf9c2b7kQ1m4Zx8tR6yU3iO5pA0sD7fG9hJ2kL4zX6c="

[[state]]
id = "f1"
key = "Vf9c2b7kQ1m4Zx8tR6yU3iO5pA0sD7fG9hJ2kL4zX6c="
"#;

fn sealer() -> KeyRingSealer {
    KeyRingSealer::new(&KeyRing::parse(RING).unwrap())
}

/// Secrets of every column in two environments, two rows of each.
async fn stored(sealer: &KeyRingSealer) -> (TestStores, Vec<StoredSecret>) {
    let storage = MemoryStorage::new();
    let stores = TestStores {
        stores: storage.stores(),
        transactions: storage,
    };
    let secrets = store_secrets(&stores, sealer).await;
    (stores, secrets)
}

/// T22: of any two values that are stored, neither opens in the place of the other.
#[tokio::test]
async fn no_stored_value_opens_in_the_place_of_another() {
    let sealer = sealer();
    let (stores, secrets) = stored(&sealer).await;
    let values = sealed_values(&stores).await;
    let columns: BTreeSet<_> = values.iter().map(|(place, _)| place.column).collect();
    assert_eq!(
        columns.len(),
        SealedColumn::ALL.len(),
        "each column is there"
    );
    for (place, secret) in &secrets {
        let (_, value) = values.iter().find(|(own, _)| own == place).unwrap();
        assert_eq!(sealer.open(value, place).unwrap().expose_secret(), secret);
    }
    for (own, value) in &values {
        for (other, _) in values.iter().filter(|(other, _)| other != own) {
            let refused = sealer.open(value, other).unwrap_err();
            assert_eq!(refused, OpenError::Refused, "{own:?} in {other:?}");
        }
        for generation in [0, own.generation - 1, own.generation + 1, u64::MAX] {
            let other = SealedPlace { generation, ..*own };
            assert!(sealer.open(value, &other).is_err(), "{other:?}");
        }
    }
}

/// The same in the storage itself: two values change places.
#[tokio::test]
async fn values_that_changed_places_in_the_storage_do_not_open() {
    let sealer = sealer();
    let (stores, _) = stored(&sealer).await;
    for column in SealedColumn::ALL {
        let all = stores.sealed_values.list(column, None, 10).await.unwrap();
        let [first, second, ..] = &all[..] else {
            assert_eq!(column, SealedColumn::KeyCheck);
            continue;
        };
        let moved = |to: &StoredValue, from: &StoredValue| ResealedValue {
            stored: to.clone(),
            value: from.value.clone(),
        };
        let changes = [moved(first, second), moved(second, first)];
        assert_eq!(stores.sealed_values.replace(&changes).await.unwrap(), 2);
        let after = stores.sealed_values.list(column, None, 10).await.unwrap();
        for value in &after[..2] {
            let refused = sealer.open(&value.value, &value.place).unwrap_err();
            assert_eq!(refused, OpenError::Refused, "{column:?}");
        }
    }
}

fn places() -> impl Strategy<Value = SealedPlace> {
    let columns = prop::sample::select(SealedColumn::ALL.to_vec());
    // From a few each, so that two places often differ in one respect alone.
    let ids = prop_oneof![0_u128..3, any::<u128>()];
    (
        ids.clone(),
        ids,
        columns,
        prop_oneof![0_u64..3, any::<u64>()],
    )
        .prop_map(|(environment, row, column, generation)| SealedPlace {
            environment_id: EnvironmentId(Uuid::from_u128(environment)),
            row: Uuid::from_u128(row),
            column,
            generation,
        })
}

/// The sealed value with the header of another key.
fn under_the_name_of(id: &str, sealed: &Sealed) -> Sealed {
    let (_, rest) = KeyId::split(&sealed.0).unwrap();
    let header = KeyId::parse(id).unwrap().header();
    Sealed([&header, rest].concat())
}

proptest! {
    #[test]
    fn a_value_opens_in_the_very_place_and_under_the_very_key(
        secret in proptest::collection::vec(any::<u8>(), 0..100), own in places(), other in places()
    ) {
        let sealer = sealer();
        for (id, another) in [("s1", "s2"), ("s2", "s1")] {
            prop_assert!(sealer.seal_with(&KeyId::parse(id).unwrap()));
            let sealed = sealer.seal(&secret, &own);
            prop_assert_eq!(sealed.key_id(), KeyId::parse(id).ok());
            let opened = sealer.open(&sealed, &other);
            prop_assert_eq!(opened.is_ok(), own == other);
            let renamed = under_the_name_of(another, &sealed);
            prop_assert_eq!(sealer.open(&renamed, &own).err(), Some(OpenError::Refused));
        }
    }
}
