//! How attempts that got stuck are ended.

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
