//! One sealing key takes another's place.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use tieline_domain::{
    integration::Integration,
    key_check::KeyCheck,
    ports::{
        IntegrationStore, OpenError, ResealedValue, SealedRow, SealedValues, Sealer, SealingKeys,
        StoreError, StoredValue, Stores,
    },
    sealed::{KeyId, Sealed, SealedColumn},
    usecase::{
        RotateError, RotateSealingKey, Rotation, RotationStep, SETTLING, StillNeeded, check_keys,
        count_uses, still_needed,
    },
};
use tieline_testkit::{
    FakeSealer, MemoryStorage, TestStores,
    fixtures::{self, NOON},
    sealed_values,
    secrets::{StoredSecret, store_secrets},
};

struct World {
    storage: Arc<MemoryStorage>,
    stores: TestStores,
    keys: FakeSealer,
    secrets: Vec<StoredSecret>,
}

impl World {
    /// Secrets of every kind that the key `old` sealed; beside it the ring has `new`.
    async fn start() -> Self {
        let storage = MemoryStorage::new();
        let stores = TestStores {
            stores: storage.stores(),
            transactions: storage.clone(),
        };
        let keys = FakeSealer::with_keys(&["old", "new"]);
        let secrets = store_secrets(&stores, &keys).await;
        Self {
            storage,
            stores,
            keys,
            secrets,
        }
    }

    /// A rotation, in batches of three, and the steps that it tells of.
    async fn rotate(&self, to: &str) -> (Result<Rotation, RotateError>, Vec<RotationStep>) {
        rotate(&self.stores, &self.keys, to).await
    }

    /// Whether all secrets open in their places with these keys.
    async fn opens_with(&self, keys: &FakeSealer) {
        let values = sealed_values(&self.stores).await;
        assert_eq!(values.len(), self.secrets.len() + 1);
        for (place, secret) in &self.secrets {
            let (_, value) = values.iter().find(|(other, _)| other == place).unwrap();
            assert_eq!(keys.open(value, place).unwrap().expose_secret(), secret);
        }
    }

    async fn sealed_by(&self, key: &str) -> u64 {
        let uses = count_uses(&*self.stores.sealed_values, Some(&id(key))).await;
        uses.unwrap().values().sum()
    }

    async fn needed(&self, key: &str, now: Timestamp) -> Option<StillNeeded> {
        still_needed(&self.stores, &self.keys, &id(key), now)
            .await
            .unwrap()
    }
}

async fn rotate(
    stores: &Stores,
    keys: &FakeSealer,
    to: &str,
) -> (Result<Rotation, RotateError>, Vec<RotationStep>) {
    let mut steps = Vec::new();
    let mut tell = |step| steps.push(step);
    let rotation = RotateSealingKey {
        stores,
        keys,
        to: &id(to),
        batch: 3,
        now: NOON,
        tell: &mut tell,
    };
    let rotated = rotation.run().await;
    (rotated, steps)
}

fn id(text: &str) -> KeyId {
    KeyId::parse(text).unwrap()
}

#[tokio::test]
async fn everything_is_sealed_anew_and_opens_with_the_new_key_alone() {
    let world = World::start().await;
    let (rotated, steps) = world.rotate("new").await;
    let expected = Rotation {
        resealed: world.secrets.len() as u64,
        ..Rotation::default()
    };
    assert_eq!(rotated.unwrap(), expected);
    world.opens_with(&FakeSealer::with_key("new")).await;
    assert_eq!(
        (world.sealed_by("old").await, world.keys.sealing()),
        (0, id("new"))
    );
    assert_eq!(steps[0], RotationStep::Chosen);
    for column in SealedColumn::ALL {
        let reached = |step: &RotationStep| {
            matches!(step, RotationStep::Resealed { column: own, seen, of, .. }
                if *own == column && seen == of)
        };
        assert!(steps.iter().any(reached), "{column:?}");
    }
}

#[tokio::test]
async fn a_second_rotation_to_the_same_key_changes_nothing() {
    let world = World::start().await;
    world.rotate("new").await.0.unwrap();
    let before = sealed_values(&world.stores).await;
    let (rotated, steps) = world.rotate("new").await;
    assert_eq!(rotated.unwrap(), Rotation::default());
    assert!(!steps.contains(&RotationStep::Chosen));
    assert_eq!(sealed_values(&world.stores).await, before);
}

/// The storage goes away at every call in turn, as if the process were killed there.
#[tokio::test]
async fn wherever_it_stops_everything_opens_and_another_one_finishes() {
    for calls in 0.. {
        let world = World::start().await;
        world.storage.fail_after(calls);
        let (rotated, _) = world.rotate("new").await;
        world.storage.fail(0);
        world
            .opens_with(&FakeSealer::with_keys(&["old", "new"]))
            .await;
        // Whoever starts now seals with the key that the rest is being sealed with.
        let started = FakeSealer::with_keys(&["old", "new"]);
        let checked = check_keys(&started, &*world.stores.key_checks).await;
        assert_eq!(checked.unwrap(), Ok(()));
        let check = world.stores.key_checks.find().await.unwrap().unwrap();
        assert_eq!(Some(started.sealing()), check.key_id());
        if rotated.is_ok() {
            assert!(calls > 20, "{calls}");
            return;
        }
        world.rotate("new").await.0.unwrap();
        world.opens_with(&FakeSealer::with_key("new")).await;
    }
}

#[tokio::test]
async fn once_it_began_nobody_starts_without_the_new_key() {
    let world = World::start().await;
    world.storage.fail_after(2);
    assert!(world.rotate("new").await.0.is_err());
    world.storage.fail(0);
    let without = FakeSealer::with_key("old");
    let checked = check_keys(&without, &*world.stores.key_checks).await;
    assert_eq!(
        checked.unwrap(),
        Err(OpenError::UnknownKey("new".to_owned()))
    );
}

#[tokio::test]
async fn two_at_once_do_no_harm() {
    let world = World::start().await;
    let other = FakeSealer::with_keys(&["old", "new"]);
    let (one, two) = tokio::join!(world.rotate("new"), rotate(&world.stores, &other, "new"));
    assert_eq!((one.0.unwrap().left, two.0.unwrap().left), (0, 0));
    world.opens_with(&FakeSealer::with_key("new")).await;
}

#[tokio::test]
async fn a_key_that_is_not_in_the_ring_changes_nothing() {
    let world = World::start().await;
    let before = sealed_values(&world.stores).await;
    let (rotated, steps) = world.rotate("newer").await;
    assert!(matches!(rotated, Err(RotateError::UnknownKey(key)) if key == "newer"));
    assert_eq!((steps, world.keys.sealing()), (Vec::new(), id("old")));
    assert_eq!(sealed_values(&world.stores).await, before);
}

#[tokio::test]
async fn with_the_keys_of_another_database_nothing_is_changed() {
    let world = World::start().await;
    let before = sealed_values(&world.stores).await;
    let foreign = FakeSealer::with_keys(&["theirs", "new"]);
    let (rotated, _) = rotate(&world.stores, &foreign, "new").await;
    assert!(matches!(rotated, Err(RotateError::WrongKeys(_))));
    assert_eq!(sealed_values(&world.stores).await, before);
}

#[tokio::test]
async fn what_does_not_open_is_told_of_and_left_as_it_is() {
    let world = World::start().await;
    let column = SealedColumn::BotAccessToken;
    let values = &world.stores.sealed_values;
    let stored = values.list(column, None, 1).await.unwrap().remove(0);
    let value = fixtures::sealed_by("old", "nonsense");
    let change = ResealedValue {
        stored: stored.clone(),
        value: value.clone(),
    };
    assert_eq!(values.replace(&[change]).await.unwrap(), 1);
    let (rotated, steps) = world.rotate("new").await;
    let rotated = rotated.unwrap();
    assert_eq!((rotated.closed, rotated.left), (1, 0));
    let closed = RotationStep::Closed {
        place: stored.place,
        error: OpenError::Refused,
    };
    assert_eq!(steps.iter().filter(|step| **step == closed).count(), 1);
    let left = values.list(column, None, 1).await.unwrap().remove(0);
    assert_eq!((left.row, left.value), (stored.row, value));
    assert_eq!(world.sealed_by("old").await, 1);
}

/// Sealed values before whose replacement somebody writes an integration.
struct Overtaken {
    storage: Arc<MemoryStorage>,
    written: Integration,
}

#[async_trait]
impl SealedValues for Overtaken {
    async fn count(&self, column: SealedColumn, key: Option<&KeyId>) -> Result<u64, StoreError> {
        self.storage.count(column, key).await
    }

    async fn list(
        &self,
        column: SealedColumn,
        after: Option<&SealedRow>,
        limit: u32,
    ) -> Result<Vec<StoredValue>, StoreError> {
        SealedValues::list(&*self.storage, column, after, limit).await
    }

    async fn replace(&self, changes: &[ResealedValue]) -> Result<u64, StoreError> {
        IntegrationStore::replace(&*self.storage, &self.written)
            .await
            .unwrap();
        SealedValues::replace(&*self.storage, changes).await
    }
}

#[tokio::test]
async fn what_somebody_writes_meanwhile_stays_and_is_sealed_anew_in_its_turn() {
    let world = World::start().await;
    let environment = world.stores.environments.list().await.unwrap()[0].id;
    let mut written = world
        .stores
        .integrations
        .list(environment)
        .await
        .unwrap()
        .remove(0);
    written.generation += 1;
    let place = written.credentials_place();
    written.credentials = FakeSealer::with_key("old").seal(b"of another app", &place);
    let id = written.id;
    let mut stores = world.stores.stores.clone();
    stores.sealed_values = Arc::new(Overtaken {
        storage: world.storage.clone(),
        written,
    });
    let (rotated, _) = rotate(&stores, &world.keys, "new").await;
    assert_eq!(rotated.unwrap().left, 0);
    let found = world.stores.integrations.find_by_id(environment, id).await;
    let found = found.unwrap().unwrap();
    assert_eq!(found.credentials.key_id(), Some(self::id("new")));
    let opened = world.keys.open(&found.credentials, &place).unwrap();
    assert_eq!(opened.expose_secret(), b"of another app");
}

#[tokio::test]
async fn a_node_seals_with_the_new_key_once_it_looks() {
    let world = World::start().await;
    let node = FakeSealer::with_keys(&["old", "new"]);
    let checks = &*world.stores.key_checks;
    assert_eq!(check_keys(&node, checks).await.unwrap(), Ok(()));
    world.rotate("new").await.0.unwrap();
    assert_eq!(node.sealing(), id("old"));
    assert_eq!(check_keys(&node, checks).await.unwrap(), Ok(()));
    assert_eq!(node.sealing(), id("new"));
}

#[tokio::test]
async fn a_fresh_database_is_sealed_with_the_first_key() {
    let storage = MemoryStorage::new();
    let keys = FakeSealer::with_keys(&["one", "two"]);
    let checks = storage.stores().key_checks;
    assert_eq!(check_keys(&keys, &*checks).await.unwrap(), Ok(()));
    let check: Sealed = checks.find().await.unwrap().unwrap();
    assert_eq!(check.key_id(), Some(id("one")));
    let opened = KeyCheck::open(&check, &keys).unwrap();
    assert_eq!(opened, KeyCheck { since: None });
}

#[tokio::test]
async fn a_key_may_go_when_nothing_needs_it_and_some_time_has_passed() {
    let world = World::start().await;
    let later = NOON + SETTLING;
    assert_eq!(world.needed("old", later).await, Some(StillNeeded::Seals));
    assert_eq!(world.needed("new", later).await, None);
    world.storage.fail_after(10);
    assert!(world.rotate("new").await.0.is_err());
    world.storage.fail(0);
    let Some(StillNeeded::Opens(uses)) = world.needed("old", later).await else {
        panic!("half of it is sealed with the old key")
    };
    assert_eq!(uses.values().sum::<u64>(), world.sealed_by("old").await);
    world.rotate("new").await.0.unwrap();
    let moment = SignedDuration::from_micros(1);
    let settling = Some(StillNeeded::Settling(later));
    assert_eq!(world.needed("old", later - moment).await, settling);
    assert_eq!(world.needed("old", later).await, None);
    assert_eq!(world.needed("new", later).await, Some(StillNeeded::Seals));
}
