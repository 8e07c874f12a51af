//! The provider granted, and the database does not do as it should.

use std::sync::Arc;

use jiff::SignedDuration;
use tieline_domain::{
    attempt::AttemptStatus,
    ports::{Clock, RecordError, StoreError},
    reason::Reason,
};
use tieline_testkit::{MemoryStorage, fixtures::NOON};

use crate::{
    bench::{Bench, for_ada},
    grants,
    outage::{Mishap, records_go_wrong},
    provider,
};

/// So many tries are made to record a grant.
const TRIES: u32 = 7;

/// Each try that meets an outage makes two calls: to record, and to see whether it did.
const CALLS: u32 = 2 * TRIES;

/// How long the pauses between all tries are together.
const PAUSES: SignedDuration = SignedDuration::from_millis(9_750);

/// A bench on which the database goes at the moment of the exchange, for so many calls.
async fn away_for(calls: u32, revoked: usize) -> Bench {
    let bench = Bench::start().await;
    let storage: Arc<MemoryStorage> = bench.storage.clone();
    let client = provider::grants_while(grants::slack(), move || storage.fail(calls));
    bench.with(provider::taking_back(client, revoked))
}

async fn assert_one_connection(bench: &Bench) {
    assert_eq!(bench.connections().await.len(), 1);
    assert_eq!(bench.endpoints().await.len(), 1);
    assert_eq!(bench.attempts().await.len(), 1);
    assert_eq!(bench.attempts().await[0].status, AttemptStatus::Completed);
}

/// C4: every length of an outage that the tries outlast.
#[tokio::test]
async fn a_grant_outlasts_an_outage() {
    for calls in 1..CALLS - 1 {
        let bench = away_for(calls, 0).await;
        let attempt = bench.connect(for_ada("slack")).await;
        assert_eq!(attempt.status, AttemptStatus::Completed, "{calls}");
        assert_one_connection(&bench).await;
    }
}

#[tokio::test]
async fn the_pauses_grow_and_end_within_the_time_that_a_person_waits() {
    let bench = away_for(CALLS - 2, 0).await;
    bench.connect(for_ada("slack")).await;
    assert_eq!(bench.clock.now(), NOON + PAUSES);
}

/// C42, I5: the account is known to be nobody else's, so its token is taken back.
#[tokio::test]
async fn a_grant_that_cannot_be_recorded_is_taken_back() {
    let client = provider::taking_back(provider::grants(grants::slack()), 1);
    let mut bench = Bench::start().await.with(client);
    let mishaps = (0..TRIES).map(|_| Mishap::Away).collect();
    records_go_wrong(&mut bench, mishaps);
    let attempt = bench.connect(for_ada("slack")).await;
    assert_eq!(attempt.status, AttemptStatus::Failed);
    assert_eq!(attempt.reason, Some(Reason::StorageFailed));
    assert_eq!(bench.stored_attempt(&attempt).await, attempt);
    assert!(bench.connections().await.is_empty());
    assert!(bench.endpoints().await.is_empty());
}

/// C42: as long as nobody can say whether another connection lives on the same token, it is left
/// alone. The record is ended by the sweep.
#[tokio::test]
async fn a_database_that_stays_away_ends_in_a_told_failure_and_a_sweep() {
    let bench = away_for(u32::MAX, 0).await;
    let attempt = bench.connect(for_ada("slack")).await;
    assert_eq!(attempt.reason, Some(Reason::StorageFailed));
    bench.storage.fail(0);
    assert!(bench.connections().await.is_empty());
    let stored = bench.stored_attempt(&attempt).await;
    assert_eq!(stored.status, AttemptStatus::Exchanging);
    bench.later(SignedDuration::from_mins(3));
    assert_eq!(bench.broker.sweep_attempts().await.unwrap(), 1);
    let stored = bench.stored_attempt(&attempt).await;
    assert_eq!(stored.reason, Some(Reason::Interrupted));
}

/// The database is back right after the last try.
#[tokio::test]
async fn a_database_that_is_back_too_late_still_gets_the_truth() {
    let bench = away_for(CALLS, 1).await;
    let attempt = bench.connect(for_ada("slack")).await;
    assert_eq!(attempt.reason, Some(Reason::StorageFailed));
    assert_eq!(bench.stored_attempt(&attempt).await, attempt);
}

/// C5
#[tokio::test]
async fn a_commit_whose_answer_was_lost_happened_once() {
    let mut bench = Bench::start().await.with(provider::grants(grants::slack()));
    records_go_wrong(&mut bench, vec![Mishap::AnswerLost]);
    let attempt = bench.connect(for_ada("slack")).await;
    assert_eq!(attempt.status, AttemptStatus::Completed);
    assert_eq!(bench.connections().await[0].generation, 1);
    assert_one_connection(&bench).await;
}

/// C5, I12: and the database is away for some more calls, even until after the last try.
#[tokio::test]
async fn a_commit_whose_answer_was_lost_in_an_outage_happened_once() {
    for calls in 1..=CALLS {
        let mut bench = Bench::start().await.with(provider::grants(grants::slack()));
        records_go_wrong(&mut bench, vec![Mishap::Crashed(calls)]);
        let attempt = bench.connect(for_ada("slack")).await;
        assert_eq!(attempt.status, AttemptStatus::Completed, "{calls}");
        let identifier = &bench.connections().await[0].identifier;
        assert_eq!(attempt.connection_identifier.as_ref(), Some(identifier));
        assert_one_connection(&bench).await;
    }
}

/// C10
#[tokio::test]
async fn a_raced_record_is_tried_again() {
    let mut bench = Bench::start().await.with(provider::grants(grants::slack()));
    let raced = || Mishap::Refused(RecordError::Raced);
    records_go_wrong(&mut bench, vec![raced(), raced()]);
    let attempt = bench.connect(for_ada("slack")).await;
    assert_eq!(attempt.status, AttemptStatus::Completed);
    assert_one_connection(&bench).await;
}

/// Each of these will not change by waiting: no pause, no second try.
#[tokio::test]
async fn what_will_never_be_recorded_is_given_up_at_once() {
    let corrupt = StoreError::Corrupt {
        table: "connections",
        column: "generation",
        problem: "is negative".to_owned(),
    };
    for (error, reason) in [
        (RecordError::IdentifierTaken, Reason::IdentifierTaken),
        (RecordError::SubscriberGone, Reason::SubscriberGone),
        (RecordError::Store(corrupt), Reason::StorageFailed),
    ] {
        let client = provider::taking_back(provider::grants(grants::slack()), 1);
        let mut bench = Bench::start().await.with(client);
        records_go_wrong(&mut bench, vec![Mishap::Refused(error)]);
        let attempt = bench.connect(for_ada("slack")).await;
        assert_eq!(attempt.reason, Some(reason));
        assert_eq!(bench.clock.now(), NOON);
        assert!(bench.connections().await.is_empty());
    }
}
