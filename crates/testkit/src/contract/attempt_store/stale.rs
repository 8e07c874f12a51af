//! How attempts that got stuck are ended, and old ones deleted.

use jiff::SignedDuration;
use tieline_domain::{
    attempt::{AttemptStatus, ConnectAttempt},
    page::COUNT_CAP,
    ports::{AttemptFilter, Claim},
    reason::Reason,
};

use crate::{
    StorageHarness,
    contract::pages::first,
    fixtures::{self, seconds_later},
    harness::Tenant,
};

pub async fn stale_attempts_fail(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let mut expected = Vec::new();
    for tenant in [stores.tenant().await, stores.tenant().await] {
        let stuck = ConnectAttempt {
            provider_error: Some("of the last step".to_owned()),
            updated_at: seconds_later(9),
            ..fixtures::attempt(&tenant.slack)
        };
        stores.attempts.claim(&stuck).await.unwrap();
        expected.push(stuck.failed(&Reason::Interrupted.into(), seconds_later(20)));
    }
    let fail = || {
        let (before, now) = (seconds_later(10), seconds_later(20));
        stores
            .attempts
            .fail_stale(AttemptStatus::Exchanging, before, Reason::Interrupted, now)
    };
    assert_eq!(fail().await.unwrap(), 2);
    assert_eq!(fail().await.unwrap(), 0);
    for attempt in expected {
        assert_eq!(
            stores.attempts.find_anywhere(attempt.id).await.unwrap(),
            Some(attempt)
        );
    }
}

pub async fn fresh_and_other_attempts_do_not_fail(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let mut attempts = vec![ConnectAttempt {
        updated_at: seconds_later(10),
        ..fixtures::attempt(&tenant.slack)
    }];
    for status in AttemptStatus::ALL {
        if status != AttemptStatus::Exchanging {
            attempts.push(ConnectAttempt {
                status,
                ..fixtures::attempt(&tenant.slack)
            });
        }
    }
    for attempt in &attempts {
        stores.attempts.claim(attempt).await.unwrap();
    }
    let (before, now) = (seconds_later(10), seconds_later(20));
    let fail =
        stores
            .attempts
            .fail_stale(AttemptStatus::Exchanging, before, Reason::Interrupted, now);
    assert_eq!(fail.await.unwrap(), 0);
    for attempt in attempts {
        assert_eq!(
            stores.attempts.find_anywhere(attempt.id).await.unwrap(),
            Some(attempt)
        );
    }
}

pub async fn very_many_stale_attempts_fail(harness: &impl StorageHarness) {
    const MANY: u32 = 2_500;
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let stuck = fixtures::attempt(&tenant.slack);
    stores.attempts.claim(&stuck).await.unwrap();
    harness.copy_attempt(stuck.id, MANY - 1).await;
    let (status, now) = (AttemptStatus::Exchanging, seconds_later(20));
    let failed = stores
        .attempts
        .fail_stale(status, now, Reason::Interrupted, now)
        .await
        .unwrap();
    assert_eq!(failed, u64::from(MANY));
    let filter = AttemptFilter {
        reason: Some(Reason::Interrupted),
        ..AttemptFilter::default()
    };
    let page = stores
        .attempts
        .list(tenant.environment.id, &filter, &first(1))
        .await
        .unwrap();
    assert_eq!(page.total, u64::from(MANY).min(COUNT_CAP));
}

pub async fn an_attempt_that_failed_stale_advances_no_more(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let waiting = fixtures::attempt(&tenant.teams).awaiting_sign_in(seconds_later(1));
    stores.attempts.claim(&waiting).await.unwrap();
    let (status, now) = (AttemptStatus::AwaitingSignIn, seconds_later(20));
    stores
        .attempts
        .fail_stale(status, now, Reason::SignInAbandoned, now)
        .await
        .unwrap();
    let failed = waiting.clone().failed(&Reason::SignInAbandoned.into(), now);
    let late = waiting.signed_in(seconds_later(21), fixtures::uuid());
    let advance = stores
        .attempts
        .advance(AttemptStatus::AwaitingSignIn, &late)
        .await
        .unwrap();
    assert_eq!(advance, Claim::Lost(Box::new(failed)));
}

pub async fn old_attempts_that_ended_are_deleted_up_to_the_limit(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let end = seconds_later(4);
    let from = |tenant: &Tenant, status, created_at| ConnectAttempt {
        status,
        created_at,
        // How long it took makes no difference.
        updated_at: seconds_later(60),
        ..fixtures::attempt(&tenant.slack)
    };
    let (mut old, mut kept) = (Vec::new(), Vec::new());
    for status in AttemptStatus::ALL {
        let just_before = end - SignedDuration::from_micros(1);
        let attempts = [(&tenant, seconds_later(1)), (&other, just_before)];
        let attempts = attempts.map(|(tenant, at)| from(tenant, status, at));
        let young = from(&tenant, status, end);
        kept.push(young);
        if status.has_ended() {
            old.extend(attempts);
        } else {
            kept.extend(attempts);
        }
    }
    for attempt in old.iter().chain(&kept) {
        stores.attempts.claim(attempt).await.unwrap();
    }
    for (limit, expected) in [(0, 0), (4, 4), (4, 2), (4, 0)] {
        let deleted = stores.attempts.delete_ended(end, limit).await;
        assert_eq!(deleted.unwrap(), expected);
    }
    for attempt in old {
        let found = stores.attempts.find_anywhere(attempt.id).await;
        assert_eq!(found.unwrap(), None);
    }
    for attempt in kept {
        let found = stores.attempts.find_anywhere(attempt.id).await;
        assert_eq!(found.unwrap(), Some(attempt));
    }
}
