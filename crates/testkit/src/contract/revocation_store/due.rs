//! Who tries which revocation.

use std::{collections::BTreeSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use tieline_domain::{id::RevocationId, revocation::Revocation};

use super::{find, revocation};
use crate::{
    StorageHarness, TestStores,
    contract::concurrency::{abandon_everywhere, at_once},
    fixtures::{NOON, seconds_later},
    harness::Tenant,
};

/// Stores a revocation that is due then.
async fn due(stores: &TestStores, tenant: &Tenant, due_at: Option<Timestamp>) -> Revocation {
    let revocation = Revocation {
        due_at,
        ..revocation(tenant)
    };
    stores.revocations.insert(&revocation).await.unwrap();
    revocation
}

async fn claim(stores: &TestStores, now: Timestamp, limit: u32) -> Vec<Revocation> {
    let until = now + SignedDuration::from_secs(60);
    let claimed = stores.revocations.claim_due(now, until, limit);
    claimed.await.unwrap()
}

pub async fn due_revocations_are_claimed_longest_due_first(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let mut stored = Vec::new();
    for (tenant, second) in [
        (&tenant, 3),
        (&other, 1),
        (&tenant, 3),
        (&other, -9),
        (&tenant, 2),
    ] {
        stored.push(due(stores, tenant, Some(seconds_later(second))).await);
    }
    let tried: Vec<_> = [3, 1, 4, 0, 2]
        .map(|number: usize| Revocation {
            tries: 1,
            ..stored[number].clone()
        })
        .into();
    let now = seconds_later(5);
    assert_eq!(claim(stores, now, 0).await, []);
    assert_eq!(claim(stores, now, 2).await, tried[..2]);
    assert_eq!(claim(stores, now, 9).await, tried[2..]);
    assert_eq!(claim(stores, now, 9).await, []);
}

pub async fn what_is_not_due_is_not_claimed(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let later = due(stores, &tenant, Some(NOON)).await;
    let ended = due(stores, &tenant, None).await;
    let just_before = NOON - SignedDuration::from_micros(1);
    assert_eq!(claim(stores, just_before, 9).await, []);
    for revocation in [&later, &ended] {
        assert_eq!(find(stores, revocation).await.as_ref(), Some(revocation));
    }
    assert_eq!(claim(stores, NOON, 9).await.len(), 1);
    assert_eq!(find(stores, &ended).await, Some(ended));
}

pub async fn a_claimed_revocation_is_due_again_later(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let stored = due(stores, &tenant, Some(NOON)).await;
    claim(stores, NOON, 9).await;
    let taken = Revocation {
        tries: 1,
        due_at: Some(seconds_later(60)),
        ..stored.clone()
    };
    assert_eq!(find(stores, &stored).await.as_ref(), Some(&taken));
    assert_eq!(claim(stores, seconds_later(59), 9).await, []);
    let again = Revocation { tries: 2, ..taken };
    assert_eq!(claim(stores, seconds_later(60), 9).await, [again]);
}

pub async fn of_many_claims_each_gets_others(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let mut all = BTreeSet::new();
    for _ in 0..50 {
        all.insert(due(stores, &tenant, Some(NOON)).await.id);
    }
    let mut claimed = Vec::new();
    // Those who come at once may pass over what another is about to take.
    while claimed.len() < all.len() {
        let rounds = at_once(20, |_| {
            let store = Arc::clone(&stores.revocations);
            async move { store.claim_due(NOON, seconds_later(60), 4).await.unwrap() }
        })
        .await;
        let before = claimed.len();
        for round in rounds {
            assert!(round.len() <= 4);
            assert!(round.iter().all(|revocation| revocation.tries == 1));
            claimed.extend(round.into_iter().map(|revocation| revocation.id));
        }
        assert!(claimed.len() > before, "nobody got any");
    }
    let different: BTreeSet<RevocationId> = claimed.iter().copied().collect();
    assert_eq!((claimed.len(), different), (all.len(), all));
}

pub async fn a_claim_that_is_abandoned_loses_nothing(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    abandon_everywhere(
        async |_| due(stores, &tenant, Some(NOON)).await,
        async |_| drop(claim(stores, NOON, 1).await),
        async |stored| {
            // Claimed or not, it is due in a minute at the latest. One who comes at once may still
            // pass over it.
            let now = seconds_later(60);
            let mut claimed = claim(stores, now, 1).await;
            while claimed.is_empty() {
                claimed = claim(stores, now, 1).await;
            }
            assert_eq!(claimed[0].id, stored.id);
            let ended = Revocation {
                due_at: None,
                ..claimed.remove(0)
            };
            assert!(stores.revocations.update(&ended).await.unwrap());
        },
    )
    .await;
}
