//! Replacing keys, giving rights, and noting when keys were used.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use tieline_domain::{
    api_key::{ApiKey, ApiKeyRight, ApiKeyRole, PresentedKey},
    reason::Reason,
    usecase::{MAX_OVERLAP, NewApiKey, UseCaseError},
};

use crate::bench::{Bench, refusal};

fn new_key(rights: &[ApiKeyRight]) -> NewApiKey {
    NewApiKey {
        name: "back end".to_owned(),
        role: ApiKeyRole::Admin,
        rights: rights.iter().copied().collect(),
    }
}

async fn made(bench: &Bench, rights: &[ApiKeyRight]) -> (ApiKey, String) {
    let new = new_key(rights);
    let made = bench.broker.create_api_key(bench.environment, new, None);
    made.await.unwrap()
}

async fn rotated(
    bench: &Bench,
    key: &ApiKey,
    overlap: SignedDuration,
    granter: Option<&ApiKey>,
) -> Result<(ApiKey, String), UseCaseError> {
    let broker = &bench.broker;
    broker
        .rotate_api_key(bench.environment, key.id, overlap, granter)
        .await
}

async fn opens(bench: &Bench, text: &str) -> bool {
    let presented = PresentedKey::parse(text).unwrap();
    let asked = bench
        .broker
        .authenticate(Some(&presented), ApiKeyRole::Admin);
    match asked.await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.reason(), Reason::Unauthorized);
            false
        }
    }
}

#[tokio::test]
async fn a_key_and_its_replacement_live_side_by_side_until_the_overlap_ends() {
    let bench = Bench::start().await;
    let (old, old_text) = made(&bench, &[ApiKeyRight::ReadTokens]).await;
    let hour = SignedDuration::from_hours(1);
    let (new, new_text) = rotated(&bench, &old, hour, None).await.unwrap();
    assert_eq!(
        (new.name, new.role, new.rights),
        (old.name, old.role, old.rights)
    );
    assert_ne!(old_text, new_text);
    bench.clock.advance(hour - SignedDuration::from_micros(1));
    assert!(opens(&bench, &old_text).await);
    bench.clock.advance(SignedDuration::from_micros(1));
    assert!(!opens(&bench, &old_text).await);
    assert!(opens(&bench, &new_text).await);
}

#[tokio::test]
async fn without_overlap_the_old_key_is_dead_at_once() {
    let bench = Bench::start().await;
    let (old, old_text) = made(&bench, &[]).await;
    let (_, new_text) = rotated(&bench, &old, SignedDuration::ZERO, None)
        .await
        .unwrap();
    assert!(!opens(&bench, &old_text).await);
    assert!(opens(&bench, &new_text).await);
}

#[tokio::test]
async fn a_dead_key_is_not_replaced() {
    let bench = Bench::start().await;
    let (expired, _) = made(&bench, &[]).await;
    rotated(&bench, &expired, SignedDuration::ZERO, None)
        .await
        .unwrap();
    let (revoked, _) = made(&bench, &[]).await;
    let broker = &bench.broker;
    broker
        .revoke_api_key(bench.environment, revoked.id)
        .await
        .unwrap();
    for dead in [expired, revoked] {
        let refused = rotated(&bench, &dead, SignedDuration::ZERO, None).await;
        assert_eq!(refusal(refused).0, Reason::NotFound);
    }
}

#[tokio::test]
async fn an_overlap_has_its_bounds() {
    let bench = Bench::start().await;
    let (key, _) = made(&bench, &[]).await;
    let second = SignedDuration::from_secs(1);
    for overlap in [-second, MAX_OVERLAP + second] {
        let (reason, message) = refusal(rotated(&bench, &key, overlap, None).await);
        assert_eq!(reason, Reason::ValidationFailed);
        assert_eq!(message, "overlapSeconds must be 0 to 2592000 seconds");
    }
    rotated(&bench, &key, MAX_OVERLAP, None).await.unwrap();
}

#[tokio::test]
async fn a_replacement_that_cannot_be_written_leaves_the_old_key_as_it_was() {
    let bench = Bench::start().await;
    let (old, old_text) = made(&bench, &[]).await;
    // The key is found, the transaction begins, and then the database is away.
    for calls_before in 1..=4 {
        bench.storage.fail_after(calls_before);
        let failed = rotated(&bench, &old, SignedDuration::ZERO, None).await;
        bench.storage.fail(0);
        assert_eq!(failed.unwrap_err().reason(), Reason::Unavailable);
        assert!(opens(&bench, &old_text).await, "{calls_before}");
        let keys = bench.broker.list_api_keys(bench.environment).await.unwrap();
        assert_eq!(keys.len(), 1, "{calls_before}");
    }
}

#[tokio::test]
async fn a_key_gives_no_right_that_it_has_not() {
    let bench = Bench::start().await;
    let (plain, _) = made(&bench, &[]).await;
    let (seeing, _) = made(&bench, &[ApiKeyRight::ReadTokens]).await;
    let create = async |granter, rights: &[ApiKeyRight]| {
        let new = new_key(rights);
        bench
            .broker
            .create_api_key(bench.environment, new, Some(granter))
            .await
    };
    let refused = create(&plain, &[ApiKeyRight::ReadTokens]).await;
    assert_eq!(refusal(refused).0, Reason::Forbidden);
    let refused = rotated(&bench, &seeing, SignedDuration::ZERO, Some(&plain)).await;
    assert_eq!(refusal(refused).0, Reason::Forbidden);
    create(&plain, &[]).await.unwrap();
    let (given, _) = create(&seeing, &[ApiKeyRight::ReadTokens]).await.unwrap();
    assert_eq!(given.rights, BTreeSet::from([ApiKeyRight::ReadTokens]));
    rotated(&bench, &seeing, SignedDuration::ZERO, Some(&given))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_use_is_noted_and_a_refusal_for_the_role_is_one() {
    let bench = Bench::start().await;
    let (key, text) = made(&bench, &[]).await;
    let (unused, _) = made(&bench, &[]).await;
    bench.clock.advance(SignedDuration::from_secs(90));
    assert!(opens(&bench, &text).await);
    let used = bench.broker.clock.now();
    let listed = bench.broker.list_api_keys(bench.environment).await.unwrap();
    let last = |id| listed.iter().find(|key| key.id == id).unwrap().last_used_at;
    assert_eq!(last(key.id), Some(used));
    assert_eq!(last(unused.id), None);
}

#[tokio::test]
async fn a_use_that_could_not_be_written_down_is_written_later() {
    let bench = Bench::start().await;
    let (key, text) = made(&bench, &[]).await;
    assert!(opens(&bench, &text).await);
    let used = bench.broker.clock.now();
    bench.storage.fail(1);
    bench.broker.record_key_uses().await.unwrap_err();
    bench.broker.record_key_uses().await.unwrap();
    let stored = bench.broker.stores.api_keys.find(bench.environment, key.id);
    assert_eq!(stored.await.unwrap().unwrap().last_used_at, Some(used));
}
