//! The contract of [`tieline_domain::ports::IdempotencyStore`].

use std::sync::Arc;

use jiff::SignedDuration;
use tieline_domain::{
    id::EnvironmentId,
    idempotency::{IdempotencyRecord, IdempotencyScope},
    ports::{Deletion, IdempotencyClaim},
    sealed::Sealed,
};

use crate::{
    StorageHarness,
    contract::concurrency::{abandon_everywhere, at_once},
    fixtures::{self, NOON, seconds_later},
};

/// Puts an adapter through the contract of `IdempotencyStore`.
#[macro_export]
macro_rules! idempotency_store_contract {
    ($($harness:tt)*) => {
        $crate::contract_cases! { idempotency_store [
            the_second_claim_gets_the_first_record_back,
            another_scope_is_another_key,
            a_record_expires_at_its_very_instant,
            of_many_claims_exactly_one_stores,
            of_many_claims_of_an_expired_key_exactly_one_stores,
            of_many_keys_at_once_each_gets_what_is_its,
            claims_made_together_are_answered_in_their_order,
            a_record_that_cannot_be_stored_is_no_hindrance_to_the_others,
            however_many_claims_are_made_together_each_is_answered,
            an_answer_replaces_that_of_its_own_scope,
            records_are_listed_page_by_page_in_their_order,
            a_key_is_taken_until_its_record_expires,
            expired_records_are_deleted_up_to_the_limit,
            a_claim_that_is_abandoned_leaves_the_store_usable,
        ] $($harness)* }
    };
}

pub async fn the_second_claim_gets_the_first_record_back(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().idempotency;
    let first = IdempotencyRecord {
        response: Sealed((0..=u8::MAX).cycle().take(70_000).collect()),
        ..fixtures::idempotency_record(environment.id, "key")
    };
    assert_eq!(
        store.claim(&first, NOON).await.unwrap(),
        IdempotencyClaim::New
    );
    let second = IdempotencyRecord {
        fingerprint: [2; 32],
        response: fixtures::sealed("second"),
        expires_at: seconds_later(9000),
        ..first.clone()
    };
    for record in [&first, &second] {
        let answer = store.claim(record, NOON).await.unwrap();
        assert_eq!(answer, IdempotencyClaim::Taken(Box::new(first.clone())));
    }
}

pub async fn another_scope_is_another_key(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (own, other) = (stores.environment().await, stores.environment().await);
    let record = fixtures::idempotency_record(own.id, "key");
    let scope = &record.scope;
    let mut alike = scope.key_hash;
    alike[31] = 0;
    let scopes = [
        scope.clone(),
        IdempotencyScope {
            environment_id: other.id,
            ..scope.clone()
        },
        IdempotencyScope {
            route: "PATCH /v1/…".to_owned(),
            ..scope.clone()
        },
        IdempotencyScope {
            key_hash: [7; 32],
            ..scope.clone()
        },
        IdempotencyScope {
            key_hash: alike,
            ..scope.clone()
        },
    ];
    for scope in scopes {
        let record = IdempotencyRecord {
            scope,
            ..record.clone()
        };
        let answer = stores.idempotency.claim(&record, NOON).await.unwrap();
        assert_eq!(answer, IdempotencyClaim::New);
    }
}

pub async fn a_record_expires_at_its_very_instant(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().idempotency;
    let first = fixtures::idempotency_record(environment.id, "key");
    store.claim(&first, NOON).await.unwrap();
    let second = IdempotencyRecord {
        fingerprint: [2; 32],
        response: fixtures::sealed("second"),
        expires_at: seconds_later(9000),
        ..first.clone()
    };
    let just_before = first.expires_at - SignedDuration::from_micros(1);
    let answer = store.claim(&second, just_before).await.unwrap();
    assert_eq!(answer, IdempotencyClaim::Taken(Box::new(first.clone())));
    assert_eq!(
        store.claim(&second, first.expires_at).await.unwrap(),
        IdempotencyClaim::New
    );
    let answer = store.claim(&first, first.expires_at).await.unwrap();
    assert_eq!(answer, IdempotencyClaim::Taken(Box::new(second)));
}

pub async fn of_many_claims_exactly_one_stores(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let record = fixtures::idempotency_record(environment.id, "key");
    claim_at_once(harness, &record).await;
}

pub async fn of_many_claims_of_an_expired_key_exactly_one_stores(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let expired = IdempotencyRecord {
        expires_at: NOON,
        ..fixtures::idempotency_record(environment.id, "key")
    };
    harness
        .stores()
        .idempotency
        .claim(&expired, seconds_later(-1))
        .await
        .unwrap();
    let record = IdempotencyRecord {
        expires_at: seconds_later(60),
        ..expired
    };
    claim_at_once(harness, &record).await;
}

/// Of every three keys one is free, one is taken and one has expired.
pub async fn of_many_keys_at_once_each_gets_what_is_its(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let record =
        |number: u64| fixtures::idempotency_record(environment.id, &format!("key {number}"));
    let before = |number: u64| IdempotencyRecord {
        response: fixtures::sealed("before"),
        expires_at: seconds_later((number % 3 == 1).into()),
        ..record(number)
    };
    for number in (0..60).filter(|number| number % 3 > 0) {
        let store = &harness.stores().idempotency;
        store
            .claim(&before(number), seconds_later(-1))
            .await
            .unwrap();
    }
    let claim = |number| {
        let (store, record) = (Arc::clone(&harness.stores().idempotency), record(number));
        async move { store.claim(&record, NOON).await.unwrap() }
    };
    let answers = at_once(60, claim).await;
    for (number, answer) in (0..).zip(answers) {
        let expected = match number % 3 {
            1 => IdempotencyClaim::Taken(Box::new(before(number))),
            _ => IdempotencyClaim::New,
        };
        assert_eq!(answer, expected, "{number}");
    }
    for answer in at_once(60, claim).await {
        assert!(matches!(answer, IdempotencyClaim::Taken(_)));
    }
}

pub async fn claims_made_together_are_answered_in_their_order(harness: &impl StorageHarness) {
    let (own, other) = (
        harness.stores().environment().await,
        harness.stores().environment().await,
    );
    let store = &harness.stores().idempotency;
    let [free, taken, expired] =
        ["free", "taken", "expired"].map(|key| fixtures::idempotency_record(own.id, key));
    let before = [(&taken, 60), (&expired, 0)].map(|(record, seconds)| IdempotencyRecord {
        response: fixtures::sealed("before"),
        expires_at: seconds_later(seconds),
        ..record.clone()
    });
    for claim in store.claim_all(&before, seconds_later(-1)).await.unwrap() {
        assert_eq!(claim.unwrap(), IdempotencyClaim::New);
    }
    let elsewhere = IdempotencyRecord {
        scope: IdempotencyScope {
            environment_id: other.id,
            ..taken.scope.clone()
        },
        ..taken.clone()
    };
    let records = [expired, taken, free, elsewhere];
    let claims = store.claim_all(&records, NOON).await.unwrap();
    let claims: Vec<_> = claims.into_iter().map(Result::unwrap).collect();
    let held = |record: &IdempotencyRecord| IdempotencyClaim::Taken(Box::new(record.clone()));
    let new = || IdempotencyClaim::New;
    assert_eq!(claims, [new(), held(&before[0]), new(), new()]);
    let [expired, _, free, elsewhere] = &records;
    let stored = [expired, &before[0], free, elsewhere].map(held);
    let claims = store.claim_all(&records, NOON).await.unwrap();
    let claims: Vec<_> = claims.into_iter().map(Result::unwrap).collect();
    assert_eq!(claims, stored);
    assert_eq!(store.claim_all(&[], NOON).await.unwrap().len(), 0);
}

pub async fn a_record_that_cannot_be_stored_is_no_hindrance_to_the_others(
    harness: &impl StorageHarness,
) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().idempotency;
    let records = [
        fixtures::idempotency_record(environment.id, "before"),
        fixtures::idempotency_record(EnvironmentId(fixtures::uuid()), "of no environment"),
        fixtures::idempotency_record(environment.id, "after"),
    ];
    let claims = store.claim_all(&records, NOON).await.unwrap();
    assert_eq!(claims.len(), records.len());
    for place in [0, 2] {
        assert_eq!(*claims[place].as_ref().unwrap(), IdempotencyClaim::New);
        let taken = IdempotencyClaim::Taken(Box::new(records[place].clone()));
        assert_eq!(store.claim(&records[place], NOON).await.unwrap(), taken);
    }
}

pub async fn however_many_claims_are_made_together_each_is_answered(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().idempotency;
    // Of all sizes, some of them too large to be sent with others.
    let record = |number: u32| IdempotencyRecord {
        response: Sealed(vec![7; number.pow(2) as usize]),
        ..fixtures::idempotency_record(environment.id, &format!("key {number}"))
    };
    let records: Vec<_> = (0..200).map(record).collect();
    let taken = |record: &IdempotencyRecord| IdempotencyClaim::Taken(Box::new(record.clone()));
    let before = store.claim_all(&records[..10], NOON).await.unwrap();
    assert_eq!(before.len(), 10);
    for (claim, number) in store
        .claim_all(&records, NOON)
        .await
        .unwrap()
        .into_iter()
        .zip(0..)
    {
        let expected = match records[..10].get(number) {
            Some(record) => taken(record),
            None => IdempotencyClaim::New,
        };
        assert_eq!(claim.unwrap(), expected, "{number}");
    }
    let claims = store.claim_all(&records, NOON).await.unwrap();
    assert_eq!(claims.len(), records.len());
    for (claim, record) in claims.into_iter().zip(&records) {
        assert_eq!(claim.unwrap(), taken(record));
    }
}

async fn claim_at_once(harness: &impl StorageHarness, record: &IdempotencyRecord) {
    let answers = at_once(50, |number| {
        let store = Arc::clone(&harness.stores().idempotency);
        let response = fixtures::sealed(&format!("response {number}"));
        let record = IdempotencyRecord {
            response,
            ..record.clone()
        };
        async move { store.claim(&record, NOON).await.unwrap() }
    })
    .await;
    let stored = answers
        .iter()
        .position(|answer| *answer == IdempotencyClaim::New)
        .unwrap();
    let response = fixtures::sealed(&format!("response {stored}"));
    let taken = IdempotencyClaim::Taken(Box::new(IdempotencyRecord {
        response,
        ..record.clone()
    }));
    for (number, answer) in answers.iter().enumerate() {
        assert_eq!(*answer == taken, number != stored, "{number}");
    }
}

pub async fn an_answer_replaces_that_of_its_own_scope(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().idempotency;
    let [first, other] =
        ["key", "other"].map(|key| fixtures::idempotency_record(environment.id, key));
    let answer = fixtures::sealed("the answer");
    assert!(!store.answer(&first.scope, &answer).await.unwrap());
    for record in [&first, &other] {
        store.claim(record, NOON).await.unwrap();
    }
    assert!(store.answer(&first.scope, &answer).await.unwrap());
    let answered = IdempotencyRecord {
        response: answer,
        ..first.clone()
    };
    for (claim, stored) in [(&first, answered), (&other, other.clone())] {
        let taken = store.claim(claim, NOON).await.unwrap();
        assert_eq!(taken, IdempotencyClaim::Taken(Box::new(stored)));
    }
}

pub async fn records_are_listed_page_by_page_in_their_order(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (own, other) = (stores.environment().await, stores.environment().await);
    let store = &stores.idempotency;
    assert_eq!(store.list(own.id, None, 10).await.unwrap(), []);
    // Collations of most languages put `a` before `B`, and `ä` before `z`.
    let routes = ["B", "a", "z", "ä", "本"];
    let mut expected = Vec::new();
    for (expires_at, key_hash) in [(-60, [0; 32]), (60, [1; 32]), (60, [0xff; 32])] {
        expected.extend(routes.map(|route| IdempotencyRecord {
            scope: IdempotencyScope {
                environment_id: own.id,
                route: route.to_owned(),
                key_hash,
            },
            expires_at: seconds_later(expires_at),
            ..fixtures::idempotency_record(own.id, route)
        }));
    }
    let theirs = fixtures::idempotency_record(other.id, "key");
    for record in expected.iter().rev().chain([&theirs]) {
        let claim = store.claim(record, seconds_later(-90)).await.unwrap();
        assert_eq!(claim, IdempotencyClaim::New);
    }
    for limit in [1, 4, 15, 16] {
        let mut listed: Vec<IdempotencyRecord> = Vec::new();
        loop {
            let page = store.list(own.id, listed.last(), limit).await.unwrap();
            assert!(page.len() <= limit as usize);
            if page.is_empty() {
                break;
            }
            listed.extend(page);
        }
        assert_eq!(listed, expected, "{limit}");
    }
}

pub async fn a_key_is_taken_until_its_record_expires(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let store = &stores.idempotency;
    for seconds in [1, 299, 300, 301, 600, 601, 86_400] {
        let environment = stores.environment().await;
        let [first, second] = [1, 2].map(|times| IdempotencyRecord {
            response: fixtures::sealed(&format!("response {times}")),
            expires_at: seconds_later(seconds * times),
            ..fixtures::idempotency_record(environment.id, "key")
        });
        for (record, now, expected) in [
            (&first, 0, IdempotencyClaim::New),
            (&second, 0, IdempotencyClaim::Taken(Box::new(first.clone()))),
            (
                &second,
                seconds - 1,
                IdempotencyClaim::Taken(Box::new(first.clone())),
            ),
            (&second, seconds, IdempotencyClaim::New),
            (
                &first,
                // A clock can be set.
                0,
                IdempotencyClaim::Taken(Box::new(second.clone())),
            ),
        ] {
            let claim = store.claim(record, seconds_later(now)).await.unwrap();
            assert_eq!(claim, expected, "{seconds} s, at {now}");
        }
        let listed = store.list(environment.id, None, 10).await.unwrap();
        assert_eq!(listed, [second], "{seconds} s");
    }
}

pub async fn expired_records_are_deleted_up_to_the_limit(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().idempotency;
    let records: Vec<_> = (1..=5)
        .map(|second| IdempotencyRecord {
            expires_at: seconds_later(second),
            ..fixtures::idempotency_record(environment.id, &format!("key {second}"))
        })
        .collect();
    for record in &records {
        store.claim(record, NOON).await.unwrap();
    }
    for (now, limit, count) in [
        (NOON, 100, 0),
        (seconds_later(4), 0, 0),
        (seconds_later(4), 3, 3),
        (seconds_later(4), 3, 1),
        (seconds_later(4), 3, 0),
    ] {
        let deletion = store.delete_expired(now, limit).await.unwrap();
        assert_eq!(deletion, Deletion::of(count, limit));
    }
    let mut free = Vec::new();
    for record in &records {
        // As of noon none has expired: whatever is free was deleted.
        free.push(store.claim(record, NOON).await.unwrap() == IdempotencyClaim::New);
    }
    assert_eq!(free, [true, true, true, true, false]);
}

pub async fn a_claim_that_is_abandoned_leaves_the_store_usable(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().idempotency;
    abandon_everywhere(
        async |round| fixtures::idempotency_record(environment.id, &format!("key {round}")),
        async |record| drop(store.claim(record, NOON).await.unwrap()),
        async |record| {
            // Whether it was stored or not, it can be claimed again, and then is there.
            store.claim(&record, NOON).await.unwrap();
            let answer = store.claim(&record, NOON).await.unwrap();
            assert_eq!(answer, IdempotencyClaim::Taken(Box::new(record)));
        },
    )
    .await;
}
