//! The database is away when the person comes back: nothing is spent.

use tieline_domain::{
    attempt::AttemptStatus,
    ports::StoreError,
    reason::Reason,
    usecase::{Progress, UseCaseError},
};

use crate::{
    bench::{Bench, code, for_ada, state_of},
    grants,
    outage::{Mishap, claims_go_wrong},
    provider,
};

fn assert_unavailable(result: Result<Progress, UseCaseError>) {
    let error = result.unwrap_err();
    let unavailable = matches!(error, UseCaseError::Store(StoreError::Unavailable(_)));
    assert!(unavailable, "{error:?}");
    assert_eq!(error.reason(), Reason::Unavailable);
}

/// I10, C9
#[tokio::test]
async fn a_callback_during_an_outage_succeeds_when_it_is_repeated() {
    let bench = Bench::start().await.with(provider::grants(grants::slack()));
    let state = bench.state(for_ada("slack")).await;
    bench.storage.fail(1);
    assert_unavailable(bench.broker.complete_connect(code(&state)).await);
    assert!(bench.attempts().await.is_empty());
    let attempt = bench.answer(code(&state)).await;
    assert_eq!(attempt.status, AttemptStatus::Completed);
}

/// I10
#[tokio::test]
async fn an_outage_at_the_claim_leaves_the_code_unspent() {
    let mut bench = Bench::start().await.with(provider::grants(grants::slack()));
    let state = bench.state(for_ada("slack")).await;
    // A claim is tried twice.
    claims_go_wrong(&mut bench, [(); 4].map(|()| Mishap::Away).into());
    assert_unavailable(bench.broker.complete_connect(code(&state)).await);
    assert_unavailable(bench.broker.complete_connect(code(&state)).await);
    let attempt = bench.answer(code(&state)).await;
    assert_eq!(attempt.status, AttemptStatus::Completed);
}

/// Each sign-in takes three calls before its code is sent: integration, attempt, claim.
#[tokio::test]
async fn an_outage_before_the_claim_of_a_sign_in_leaves_the_code_unspent() {
    let bench = Bench::start().await.with(provider::grants(grants::teams()));
    let page = bench.consent(for_ada("msteams")).await;
    bench.storage.fail(1);
    let state = state_of(&page);
    assert_unavailable(bench.broker.complete_connect(code(&state)).await);
    let attempt = bench.answer(code(&state)).await;
    assert_eq!(attempt.status, AttemptStatus::Completed);
}

/// I1
#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_recognized() {
    let mut bench = Bench::start().await.with(provider::grants(grants::slack()));
    let state = bench.state(for_ada("slack")).await;
    claims_go_wrong(&mut bench, vec![Mishap::AnswerLost]);
    let attempt = bench.answer(code(&state)).await;
    assert_eq!(attempt.status, AttemptStatus::Completed);
}

/// I1: who cannot know whether the claim is theirs does not send the code. The sweep ends it.
#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_nobodys() {
    let mut bench = Bench::start().await;
    let state = bench.state(for_ada("slack")).await;
    claims_go_wrong(&mut bench, vec![Mishap::AnswerLost, Mishap::Away]);
    assert_unavailable(bench.broker.complete_connect(code(&state)).await);
    let attempt = bench.answer(code(&state)).await;
    assert_eq!(attempt.status, AttemptStatus::Exchanging);
    bench.later(jiff::SignedDuration::from_mins(3));
    assert_eq!(bench.broker.sweep_attempts().await.unwrap(), 1);
    let attempt = bench.stored_attempt(&attempt).await;
    assert_eq!(attempt.reason, Some(Reason::Interrupted));
}
