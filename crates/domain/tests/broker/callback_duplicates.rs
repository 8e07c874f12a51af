//! One state, one exchange, however often and at however many places it comes back.

use std::{collections::HashSet, sync::Arc};

use tieline_domain::{attempt::AttemptStatus, broker::Broker, reason::Reason, usecase::Progress};
use tokio::{sync::Barrier, task::JoinSet};

use crate::{
    bench::{Bench, TENANT, attempt, code, consented, for_ada, for_bob, refused, state_of},
    grants, provider,
};

const MANY: usize = 50;

/// The same callback, many times at the same moment.
async fn at_once(bench: &Bench, callback: tieline_domain::usecase::Callback) -> Vec<Progress> {
    let barrier = Arc::new(Barrier::new(MANY));
    let mut tasks = JoinSet::new();
    for _ in 0..MANY {
        let (broker, barrier): (Broker, _) = (bench.broker.clone(), barrier.clone());
        let callback = callback.clone();
        tasks.spawn(async move {
            barrier.wait().await;
            broker.complete_connect(callback).await.unwrap()
        });
    }
    tasks.join_all().await
}

/// B05, I1
#[tokio::test]
async fn a_second_callback_shows_what_became_of_the_first() {
    let bench = Bench::start().await.with(provider::grants(grants::slack()));
    let state = bench.state(for_ada("slack")).await;
    let first = bench.answer(code(&state)).await;
    assert_eq!(first.status, AttemptStatus::Completed);
    assert_eq!(bench.answer(code(&state)).await, first);
    assert_eq!(bench.answer(refused(&state, "access_denied")).await, first);
    assert_eq!(bench.connections().await.len(), 1);
}

/// B05
#[tokio::test]
async fn a_second_callback_shows_a_failure_too() {
    let refuses = provider::refuses(Reason::CodeRejected.into());
    let bench = Bench::start().await.with(refuses);
    let state = bench.state(for_ada("slack")).await;
    let first = bench.answer(code(&state)).await;
    assert_eq!(first.reason, Some(Reason::CodeRejected));
    assert_eq!(bench.answer(code(&state)).await, first);
}

/// B06, C1: the mock counts the exchanges.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_callbacks_at_once_exchange_once() {
    let bench = Bench::start().await.with(provider::grants(grants::slack()));
    let state = bench.state(for_ada("slack")).await;
    let seen: HashSet<_> = at_once(&bench, code(&state))
        .await
        .into_iter()
        .map(|progress| attempt(progress).id)
        .collect();
    assert_eq!(seen.len(), 1);
    assert_eq!(bench.connections().await.len(), 1);
    assert_eq!(bench.attempts().await[0].status, AttemptStatus::Completed);
}

/// B06
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_consents_at_once_lead_to_one_sign_in() {
    let bench = Bench::start().await;
    let state = bench.state(for_ada("msteams")).await;
    let answers = at_once(&bench, consented(&state, TENANT)).await;
    let sign_ins = answers.iter().filter(|p| matches!(p, Progress::SignIn(_)));
    assert_eq!(sign_ins.count(), 1);
}

/// B06
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_sign_ins_at_once_exchange_once() {
    let bench = Bench::start().await.with(provider::grants(grants::teams()));
    let page = bench.consent(for_ada("msteams")).await;
    at_once(&bench, code(&state_of(&page))).await;
    assert_eq!(bench.connections().await.len(), 1);
    assert_eq!(bench.attempts().await[0].status, AttemptStatus::Completed);
}

/// E14
#[tokio::test]
async fn a_consent_that_comes_again_shows_its_attempt() {
    let bench = Bench::start().await.with(provider::grants(grants::teams()));
    let state = bench.state(for_ada("msteams")).await;
    let page = bench
        .broker
        .complete_connect(consented(&state, TENANT))
        .await;
    let again = bench.answer(consented(&state, TENANT)).await;
    assert_eq!(again.status, AttemptStatus::AwaitingSignIn);
    let sign_in = state_of(&crate::bench::sign_in(page.unwrap()));
    let ended = bench.answer(code(&sign_in)).await;
    assert_eq!(bench.answer(code(&sign_in)).await, ended);
    assert_eq!(bench.answer(consented(&state, TENANT)).await, ended);
}

/// B09
#[tokio::test]
async fn two_flows_of_one_browser_end_in_either_order() {
    let twice = provider::grants_in_turn(vec![grants::slack(), grants::slack()]);
    let bench = Bench::start().await.with(twice);
    let first = bench.state(for_ada("slack")).await;
    let second = bench.state(for_bob("slack")).await;
    let second = bench.answer(code(&second)).await;
    let first = bench.answer(code(&first)).await;
    assert_eq!(first.status, AttemptStatus::Completed);
    assert_eq!(second.status, AttemptStatus::Completed);
    assert_eq!(bench.connections().await.len(), 2);
}
