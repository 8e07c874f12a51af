//! The contract of [`tieline_domain::ports::ReplayStore`], as long as nothing is lost.

use std::sync::Arc;

use jiff::SignedDuration;
use tieline_domain::{
    id::EnvironmentId,
    idempotency::{IdempotencyRecord, IdempotencyScope},
    ports::{IdempotencyClaim, ReplayStore},
    sealed::Sealed,
};

use crate::{
    FixedClock,
    contract::concurrency::at_once,
    fixtures::{self, NOON, seconds_later},
};

mod shared;

pub use shared::*;

/// Puts an adapter through the contract of `ReplayStore`.
#[macro_export]
macro_rules! replay_store_contract {
    ($harness:ty) => {
        $crate::port_cases! { replay_store $harness [
            the_second_claim_gets_the_first_record_back,
            another_scope_is_another_key,
            a_record_expires_at_its_very_instant,
            of_many_claims_exactly_one_stores,
            of_many_claims_of_an_expired_key_exactly_one_stores,
        ] }
    };
}

/// Puts an adapter of nodes that share a server through what they do without it.
#[macro_export]
macro_rules! shared_replay_store_contract {
    ($harness:ty) => {
        $crate::shared_cases! { replay_store shared_replay_store $harness [
            without_the_server_the_database_keeps_the_answers,
            once_the_server_is_back_the_database_is_left_alone,
        ] }
    };
}

type Store = Arc<dyn ReplayStore>;

fn record() -> IdempotencyRecord {
    fixtures::idempotency_record(EnvironmentId(fixtures::uuid()), "key")
}

fn another(first: &IdempotencyRecord) -> IdempotencyRecord {
    IdempotencyRecord {
        fingerprint: [2; 32],
        response: fixtures::sealed("second"),
        expires_at: seconds_later(9000),
        ..first.clone()
    }
}

fn taken(record: &IdempotencyRecord) -> IdempotencyClaim {
    IdempotencyClaim::Taken(Box::new(record.clone()))
}

pub async fn the_second_claim_gets_the_first_record_back(store: Store, _: &FixedClock) {
    let first = IdempotencyRecord {
        response: Sealed((0..=u8::MAX).cycle().take(70_000).collect()),
        ..record()
    };
    let claim = store.claim(&first, NOON).await.unwrap();
    assert_eq!(claim, IdempotencyClaim::New);
    for record in [&first, &another(&first)] {
        assert_eq!(store.claim(record, NOON).await.unwrap(), taken(&first));
    }
}

pub async fn another_scope_is_another_key(store: Store, _: &FixedClock) {
    let record = record();
    let scope = &record.scope;
    let scopes = [
        scope.clone(),
        IdempotencyScope {
            environment_id: EnvironmentId(fixtures::uuid()),
            ..scope.clone()
        },
        IdempotencyScope {
            route: "POST /v1/…".to_owned(),
            ..scope.clone()
        },
        IdempotencyScope {
            key_hash: [7; 32],
            ..scope.clone()
        },
    ];
    for scope in scopes {
        let record = IdempotencyRecord {
            scope,
            ..record.clone()
        };
        let claim = store.claim(&record, NOON).await.unwrap();
        assert_eq!(claim, IdempotencyClaim::New);
    }
}

pub async fn a_record_expires_at_its_very_instant(store: Store, _: &FixedClock) {
    let first = record();
    let second = another(&first);
    store.claim(&first, NOON).await.unwrap();
    let just_before = first.expires_at - SignedDuration::from_micros(1);
    let claim = store.claim(&second, just_before).await.unwrap();
    assert_eq!(claim, taken(&first));
    let claim = store.claim(&second, first.expires_at).await.unwrap();
    assert_eq!(claim, IdempotencyClaim::New);
    let claim = store.claim(&first, first.expires_at).await.unwrap();
    assert_eq!(claim, taken(&second));
}

pub async fn of_many_claims_exactly_one_stores(store: Store, _: &FixedClock) {
    claim_at_once(&store, &record()).await;
}

pub async fn of_many_claims_of_an_expired_key_exactly_one_stores(store: Store, _: &FixedClock) {
    let expired = IdempotencyRecord {
        expires_at: NOON,
        ..record()
    };
    store.claim(&expired, seconds_later(-60)).await.unwrap();
    let record = IdempotencyRecord {
        expires_at: seconds_later(60),
        ..expired
    };
    claim_at_once(&store, &record).await;
}

async fn claim_at_once(store: &Store, record: &IdempotencyRecord) {
    let with_response = |number| IdempotencyRecord {
        response: fixtures::sealed(&format!("response {number}")),
        ..record.clone()
    };
    let claims = at_once(50, |number| {
        let (store, record) = (Arc::clone(store), with_response(number));
        async move { store.claim(&record, NOON).await.unwrap() }
    })
    .await;
    let stored = (0..)
        .zip(&claims)
        .find(|(_, claim)| **claim == IdempotencyClaim::New);
    let winner = stored.unwrap().0;
    for (number, claim) in (0..).zip(claims) {
        let expected = taken(&with_response(winner));
        assert_eq!(claim == expected, number != winner, "{number}");
    }
}
