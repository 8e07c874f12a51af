//! Attempts that nobody will finish.

use jiff::SignedDuration;
use tieline_domain::{
    attempt::{AttemptStatus, ConnectAttempt, StepKind},
    reason::Reason,
};
use tieline_testkit::fixtures;

use crate::bench::{Bench, for_ada, refused};

/// An attempt whose process died in the middle of the exchange.
async fn interrupted(bench: &Bench) -> ConnectAttempt {
    let slack = fixtures::integration(bench.environment);
    let attempt = fixtures::attempt(&slack);
    bench.broker.stores.attempts.claim(&attempt).await.unwrap();
    attempt
}

async fn sweep_after(bench: &Bench, time: SignedDuration) -> u64 {
    bench.later(time);
    bench.broker.sweep_attempts().await.unwrap()
}

/// C2, I11
#[tokio::test]
async fn an_exchange_of_more_than_two_minutes_was_interrupted() {
    let bench = Bench::start().await;
    let attempt = interrupted(&bench).await;
    assert_eq!(sweep_after(&bench, SignedDuration::from_mins(2)).await, 0);
    assert_eq!(bench.stored_attempt(&attempt).await, attempt);
    assert_eq!(sweep_after(&bench, SignedDuration::from_millis(1)).await, 1);
    let swept = bench.stored_attempt(&attempt).await;
    assert_eq!(swept.status, AttemptStatus::Failed);
    assert_eq!(swept.reason, Some(Reason::Interrupted));
    assert_eq!(swept.steps.last().unwrap().kind, StepKind::Ended);
}

#[tokio::test]
async fn a_sign_in_that_nobody_came_back_from_was_abandoned() {
    let bench = Bench::start().await;
    bench.consent(for_ada("msteams")).await;
    assert_eq!(sweep_after(&bench, SignedDuration::from_mins(5)).await, 0);
    assert_eq!(sweep_after(&bench, SignedDuration::from_millis(1)).await, 1);
    let swept = &bench.attempts().await[0];
    assert_eq!(swept.status, AttemptStatus::Failed);
    assert_eq!(swept.reason, Some(Reason::SignInAbandoned));
}

#[tokio::test]
async fn what_has_ended_is_left_alone() {
    let bench = Bench::start().await;
    let state = bench.state(for_ada("slack")).await;
    let denied = bench.answer(refused(&state, "access_denied")).await;
    assert_eq!(sweep_after(&bench, SignedDuration::from_hours(24)).await, 0);
    assert_eq!(bench.stored_attempt(&denied).await, denied);
}

#[tokio::test]
async fn both_kinds_are_swept_at_once_and_once() {
    let bench = Bench::start().await;
    interrupted(&bench).await;
    bench.consent(for_ada("msteams")).await;
    assert_eq!(sweep_after(&bench, SignedDuration::from_mins(6)).await, 2);
    assert_eq!(sweep_after(&bench, SignedDuration::from_mins(6)).await, 0);
}

/// The state is still timely when the sweep was early: the attempt stays ended.
#[tokio::test]
async fn a_sign_in_after_the_sweep_does_not_revive_the_attempt() {
    let bench = Bench::start().await;
    let page = bench.consent(for_ada("msteams")).await;
    let stale = AttemptStatus::AwaitingSignIn;
    let now = fixtures::seconds_later(1);
    let attempts = &bench.broker.stores.attempts;
    let swept = attempts.fail_stale(stale, now, Reason::SignInAbandoned, now);
    assert_eq!(swept.await.unwrap(), 1);
    let state = crate::bench::state_of(&page);
    let attempt = bench.answer(crate::bench::code(&state)).await;
    assert_eq!(attempt.reason, Some(Reason::SignInAbandoned));
}
