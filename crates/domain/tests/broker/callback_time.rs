//! How long a state may be answered.

use jiff::SignedDuration;
use tieline_domain::{attempt::AttemptStatus, reason::Reason};

use crate::{
    bench::{Bench, TENANT, code, consented, for_ada, refusal, state_of},
    grants, provider,
};

const LIFETIME: SignedDuration = SignedDuration::from_mins(5);
const MOMENT: SignedDuration = SignedDuration::from_millis(1);

/// B04
#[tokio::test]
async fn a_state_is_accepted_until_its_last_moment() {
    let bench = Bench::start().await.with(provider::grants(grants::slack()));
    let state = bench.state(for_ada("slack")).await;
    bench.later(LIFETIME);
    let attempt = bench.answer(code(&state)).await;
    assert_eq!(attempt.status, AttemptStatus::Completed);
}

/// B04, I3
#[tokio::test]
async fn a_state_that_expired_is_refused_and_nothing_is_exchanged() {
    let bench = Bench::start().await;
    let state = bench.state(for_ada("slack")).await;
    bench.later(LIFETIME + MOMENT);
    let refused = bench.broker.complete_connect(code(&state)).await;
    assert_eq!(refusal(refused).0, Reason::StateExpired);
    assert!(bench.attempts().await.is_empty());
}

#[tokio::test]
async fn another_node_may_be_a_minute_ahead() {
    let bench = Bench::start().await.with(provider::grants(grants::slack()));
    let state = bench.state(for_ada("slack")).await;
    bench.later(-SignedDuration::from_secs(59));
    let attempt = bench.answer(code(&state)).await;
    assert_eq!(attempt.status, AttemptStatus::Completed);
}

#[tokio::test]
async fn a_state_from_the_future_is_refused() {
    let bench = Bench::start().await;
    let state = bench.state(for_ada("slack")).await;
    bench.later(-SignedDuration::from_secs(61));
    let refused = bench.broker.complete_connect(code(&state)).await;
    assert_eq!(refusal(refused).0, Reason::StateInvalid);
    assert!(bench.attempts().await.is_empty());
}

/// The consent took four minutes; the sign-in has five of its own.
#[tokio::test]
async fn a_sign_in_has_a_lifetime_of_its_own() {
    let bench = Bench::start().await.with(provider::grants(grants::teams()));
    let state = bench.state(for_ada("msteams")).await;
    bench.later(SignedDuration::from_mins(4));
    let page = bench
        .broker
        .complete_connect(consented(&state, TENANT))
        .await;
    let page = crate::bench::sign_in(page.unwrap());
    bench.later(LIFETIME);
    let attempt = bench.answer(code(&state_of(&page))).await;
    assert_eq!(attempt.status, AttemptStatus::Completed);
}

#[tokio::test]
async fn a_sign_in_that_expired_is_refused() {
    let bench = Bench::start().await;
    let page = bench.consent(for_ada("msteams")).await;
    bench.later(LIFETIME + MOMENT);
    let refused = bench.broker.complete_connect(code(&state_of(&page))).await;
    assert_eq!(refusal(refused).0, Reason::StateExpired);
    assert_eq!(
        bench.attempts().await[0].status,
        AttemptStatus::AwaitingSignIn
    );
}
