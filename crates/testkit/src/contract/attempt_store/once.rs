//! That an attempt is claimed and moved once, and kept as it is.

use std::sync::Arc;

use tieline_domain::{
    attempt::{AttemptStatus, ConnectAttempt, Failure, Step, StepKind},
    connection::{ConnectionIdentifier, ConnectionMode},
    flow::Purpose,
    id::FlowId,
    ports::{Claim, StoreError},
    reason::Reason,
};

use crate::{
    StorageHarness,
    contract::concurrency::{abandon_everywhere, at_once},
    fixtures::{self, seconds_later},
};

pub async fn an_absent_attempt_is_none(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await;
    let store = &harness.stores().attempts;
    let id = FlowId(fixtures::uuid());
    assert_eq!(store.find(environment.id, id).await.unwrap(), None);
    assert_eq!(store.find_anywhere(id).await.unwrap(), None);
}

pub async fn attempts_come_back_as_they_were_claimed(harness: &impl StorageHarness) {
    let tenant = harness.stores().tenant().await;
    let store = &harness.stores().attempts;
    let bare = ConnectAttempt {
        subscriber_id: None,
        steps: Vec::new(),
        ..fixtures::attempt(&tenant.slack)
    };
    let mut attempts = vec![bare, fixtures::attempt(&tenant.teams)];
    attempts.extend(AttemptStatus::ALL.map(|status| full(&tenant.slack, status)));
    for attempt in attempts {
        assert_eq!(store.claim(&attempt).await.unwrap(), Claim::Won);
        let found = store.find(tenant.environment.id, attempt.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(&attempt));
        assert_eq!(
            store.find_anywhere(attempt.id).await.unwrap(),
            Some(attempt)
        );
    }
}

/// An attempt with a value in every field.
fn full(
    integration: &tieline_domain::integration::Integration,
    status: AttemptStatus,
) -> ConnectAttempt {
    let kinds = [
        StepKind::Minted,
        StepKind::Returned,
        StepKind::ConsentGranted,
        StepKind::SignedIn,
        StepKind::Exchanged,
        StepKind::Connected,
        StepKind::Linked,
        StepKind::Ended,
    ];
    ConnectAttempt {
        purpose: Purpose::LinkUser,
        context_keys: fixtures::context_keys(&["tenant:acme", "project:x"]),
        mode: ConnectionMode::Shared,
        status,
        reason: Some(Reason::ProviderError),
        provider_error: Some("ünexpected 💥 'x'".to_owned()),
        connection_identifier: Some(ConnectionIdentifier::parse("c".repeat(128)).unwrap()),
        workspace_name: Some("Zoë & Söhne 株式会社".to_owned()),
        steps: (0..)
            .zip(kinds)
            .map(|(n, kind)| Step {
                kind,
                at: seconds_later(n),
                by: (n > 0).then(fixtures::uuid),
            })
            .collect(),
        created_at: "2026-02-03T04:05:06.789012Z".parse().unwrap(),
        updated_at: "2026-02-03T04:05:06.789013Z".parse().unwrap(),
        ..fixtures::attempt(integration)
    }
}

pub async fn every_reason_comes_back(harness: &impl StorageHarness) {
    let tenant = harness.stores().tenant().await;
    let store = &harness.stores().attempts;
    for reason in Reason::ALL {
        let attempt = ConnectAttempt {
            reason: Some(*reason),
            ..fixtures::attempt(&tenant.slack)
        };
        store.claim(&attempt).await.unwrap();
        assert_eq!(
            store.find_anywhere(attempt.id).await.unwrap(),
            Some(attempt)
        );
    }
}

pub async fn the_second_claim_gets_the_first_attempt_back(harness: &impl StorageHarness) {
    let tenant = harness.stores().tenant().await;
    let store = &harness.stores().attempts;
    let first = fixtures::attempt(&tenant.slack);
    assert_eq!(store.claim(&first).await.unwrap(), Claim::Won);
    let second = first
        .clone()
        .failed(&Reason::CodeRejected.into(), seconds_later(1));
    for attempt in [&first, &second] {
        assert_eq!(
            store.claim(attempt).await.unwrap(),
            Claim::Lost(Box::new(first.clone()))
        );
    }
    assert_eq!(store.find_anywhere(first.id).await.unwrap(), Some(first));
}

pub async fn of_many_claims_exactly_one_wins(harness: &impl StorageHarness) {
    let tenant = harness.stores().tenant().await;
    let attempt = fixtures::attempt(&tenant.slack);
    let named = |number| ConnectAttempt {
        workspace_name: Some(format!("claimed by {number}")),
        ..attempt.clone()
    };
    let claims = at_once(50, |number| {
        let (store, attempt) = (Arc::clone(&harness.stores().attempts), named(number));
        async move { store.claim(&attempt).await.unwrap() }
    })
    .await;
    check_single_winner(&claims, named);
}

fn check_single_winner(claims: &[Claim], named: impl Fn(u64) -> ConnectAttempt) {
    let winner = claims
        .iter()
        .position(|claim| *claim == Claim::Won)
        .unwrap();
    let stored = Claim::Lost(Box::new(named(winner as u64)));
    for (number, claim) in claims.iter().enumerate() {
        assert_eq!(*claim == stored, number != winner, "{number}: {claim:?}");
    }
}

pub async fn an_attempt_advances_from_the_given_status_only(harness: &impl StorageHarness) {
    let tenant = harness.stores().tenant().await;
    let store = &harness.stores().attempts;
    let claimed = fixtures::attempt(&tenant.teams);
    store.claim(&claimed).await.unwrap();
    let consented = claimed.clone().awaiting_sign_in(seconds_later(1));
    let too_early = store
        .advance(AttemptStatus::AwaitingSignIn, &consented)
        .await
        .unwrap();
    assert_eq!(too_early, Claim::Lost(Box::new(claimed)));
    let advance = store
        .advance(AttemptStatus::Exchanging, &consented)
        .await
        .unwrap();
    assert_eq!(advance, Claim::Won);
    assert_eq!(
        store.find_anywhere(consented.id).await.unwrap().as_ref(),
        Some(&consented)
    );
    let failure = Failure {
        reason: Reason::AccessDenied,
        provider_error: Some("access_denied".to_owned()),
    };
    let denied = consented.failed(&failure, seconds_later(2));
    let advance = store
        .advance(AttemptStatus::AwaitingSignIn, &denied)
        .await
        .unwrap();
    assert_eq!(advance, Claim::Won);
    let again = store
        .advance(AttemptStatus::AwaitingSignIn, &denied)
        .await
        .unwrap();
    assert_eq!(again, Claim::Lost(Box::new(denied)));
}

pub async fn of_many_advances_exactly_one_wins(harness: &impl StorageHarness) {
    let tenant = harness.stores().tenant().await;
    let claimed = fixtures::attempt(&tenant.teams);
    harness.stores().attempts.claim(&claimed).await.unwrap();
    let named = |number| ConnectAttempt {
        workspace_name: Some(format!("advanced by {number}")),
        ..claimed.clone().awaiting_sign_in(seconds_later(1))
    };
    let claims = at_once(50, |number| {
        let (store, attempt) = (Arc::clone(&harness.stores().attempts), named(number));
        async move {
            store
                .advance(AttemptStatus::Exchanging, &attempt)
                .await
                .unwrap()
        }
    })
    .await;
    check_single_winner(&claims, named);
}

pub async fn an_attempt_is_found_and_advanced_in_its_own_environment_only(
    harness: &impl StorageHarness,
) {
    let (tenant, other) = (
        harness.stores().tenant().await,
        harness.stores().tenant().await,
    );
    let store = &harness.stores().attempts;
    let attempt = fixtures::attempt(&tenant.slack);
    store.claim(&attempt).await.unwrap();
    assert_eq!(
        store.find(other.environment.id, attempt.id).await.unwrap(),
        None
    );
    let foreign = ConnectAttempt {
        environment_id: other.environment.id,
        ..attempt.clone().awaiting_sign_in(seconds_later(1))
    };
    let advanced = store.advance(AttemptStatus::Exchanging, &foreign).await;
    assert!(
        matches!(advanced, Err(StoreError::Corrupt { .. })),
        "{advanced:?}"
    );
    assert_eq!(
        store.find_anywhere(attempt.id).await.unwrap(),
        Some(attempt)
    );
}

pub async fn a_claim_that_is_abandoned_leaves_the_store_usable(harness: &impl StorageHarness) {
    let tenant = harness.stores().tenant().await;
    let store = &harness.stores().attempts;
    abandon_everywhere(
        async |_| fixtures::attempt(&tenant.slack),
        async |attempt| drop(store.claim(attempt).await.unwrap()),
        async |attempt| {
            let stored = store.find_anywhere(attempt.id).await.unwrap();
            assert!(stored.is_none_or(|stored| stored == attempt));
            store.claim(&attempt).await.unwrap();
            let again = store.claim(&attempt).await.unwrap();
            assert_eq!(again, Claim::Lost(Box::new(attempt)));
        },
    )
    .await;
}
