//! The contract of [`tieline_domain::ports::RecentChecks`], as long as nothing is lost.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use jiff::SignedDuration;
use tieline_domain::{
    id::ConnectionId,
    ports::{CheckOutcome, Checked, ProviderCheck, ProviderError, RecentChecks},
    reason::Reason,
};
use tokio::sync::Semaphore;

use crate::{FixedClock, fixtures};

/// How long the suite takes answers to be remembered.
pub const CHECK_MEMORY: Duration = Duration::from_secs(10);

mod shared;

pub use shared::*;

/// Puts an adapter through the contract of `RecentChecks`.
#[macro_export]
macro_rules! recent_checks_contract {
    ($harness:ty) => {
        $crate::port_cases! { recent_checks $harness [
            an_answer_stands_for_ten_seconds,
            a_refusal_is_remembered_with_its_words,
            what_says_nothing_of_the_connection_is_asked_again,
            other_tokens_or_another_app_are_another_question,
            who_goes_away_while_asking_leaves_it_to_the_next,
        ] }
    };
}

/// Puts an adapter of nodes that share a server through what they do without it.
#[macro_export]
macro_rules! shared_recent_checks_contract {
    ($harness:ty) => {
        $crate::shared_cases! { recent_checks shared_recent_checks $harness [
            without_the_server_the_provider_is_asked_each_time,
            once_the_server_is_back_nodes_share_answers,
        ] }
    };
}

/// Puts an adapter that sees to it that a node asks the same once at a time through that.
#[macro_export]
macro_rules! coalesced_checks_contract {
    ($harness:ty) => {
        mod coalesced_checks {
            use super::*;
            $crate::port_cases! { recent_checks $harness [
                of_many_at_once_one_asks,
            ] }
        }
    };
}

type Checks = Arc<dyn RecentChecks>;

fn checked() -> Checked {
    Checked {
        connection: ConnectionId(fixtures::uuid()),
        generation: 1,
        app_generation: 1,
    }
}

/// A provider that counts what it is asked.
#[derive(Default)]
struct Provider(AtomicU32);

impl Provider {
    fn answers(&self, outcome: CheckOutcome) -> ProviderCheck<'_> {
        Box::pin(async {
            self.0.fetch_add(1, Ordering::SeqCst);
            outcome
        })
    }

    fn asked(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

fn refusal(reason: Reason) -> ProviderError {
    ProviderError {
        provider_error: Some("token_\u{fc}\"revoked".to_owned()),
        ..reason.into()
    }
}

pub async fn an_answer_stands_for_ten_seconds(checks: Checks, clock: &FixedClock) {
    let (provider, checked) = (Provider::default(), checked());
    let refused = Err(refusal(Reason::TokenRevoked));
    for (later_ms, asked) in [(0, 1), (9_999, 1), (1, 2), (5_000, 2)] {
        clock.advance(SignedDuration::from_millis(later_ms));
        let answer = if asked == 1 { Ok(()) } else { refused.clone() };
        let ask = provider.answers(answer.clone());
        assert_eq!(checks.check(&checked, ask).await, answer);
        assert_eq!(provider.asked(), asked);
    }
}

pub async fn a_refusal_is_remembered_with_its_words(checks: Checks, _: &FixedClock) {
    let (provider, checked) = (Provider::default(), checked());
    let refused = Err(refusal(Reason::TokenRevoked));
    for answer in [refused.clone(), Ok(())] {
        let ask = provider.answers(answer);
        assert_eq!(checks.check(&checked, ask).await, refused);
    }
    assert_eq!(provider.asked(), 1);
}

pub async fn what_says_nothing_of_the_connection_is_asked_again(checks: Checks, _: &FixedClock) {
    let (provider, checked) = (Provider::default(), checked());
    for reason in [
        Reason::ProviderUnreachable,
        Reason::ProviderError,
        Reason::ProviderRateLimited,
        Reason::InvalidResponse,
    ] {
        let failed = Err(refusal(reason));
        let ask = provider.answers(failed.clone());
        assert_eq!(checks.check(&checked, ask).await, failed);
    }
    let ask = Box::pin(provider.answers(Ok(())));
    assert_eq!(checks.check(&checked, ask).await, Ok(()));
    assert_eq!(provider.asked(), 5);
}

pub async fn other_tokens_or_another_app_are_another_question(checks: Checks, _: &FixedClock) {
    let provider = Provider::default();
    let first = checked();
    let questions = [
        first,
        Checked {
            generation: 2,
            ..first
        },
        Checked {
            app_generation: 2,
            ..first
        },
        checked(),
    ];
    for checked in questions {
        let ask = Box::pin(provider.answers(Ok(())));
        checks.check(&checked, ask).await.unwrap();
    }
    assert_eq!(provider.asked(), 4);
}

pub async fn of_many_at_once_one_asks(checks: Checks, _: &FixedClock) {
    // Even an answer that is not remembered.
    let failed: CheckOutcome = Err(refusal(Reason::ProviderUnreachable));
    let (provider, checked) = (Arc::new(Provider::default()), checked());
    let (asking, go) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let running = (0..20).map(|_| {
        let (checks, provider) = (Arc::clone(&checks), Arc::clone(&provider));
        let (asking, go, failed) = (asking.clone(), go.clone(), failed.clone());
        async move {
            let ask = Box::pin(async {
                asking.add_permits(1);
                go.acquire().await.unwrap().forget();
                provider.answers(failed).await
            });
            checks.check(&checked, ask).await
        }
    });
    let mut running: Vec<_> = running.map(Box::pin).collect();
    let first = tokio::spawn(running.remove(0));
    asking.acquire().await.unwrap().forget();
    // Each is polled once, and so has come to wait, before the first may end.
    let mut waiting = Vec::new();
    for mut other in running {
        let polled = std::future::poll_fn(|context| {
            std::task::Poll::Ready(other.as_mut().poll(context).is_pending())
        });
        assert!(polled.await);
        waiting.push(other);
    }
    go.add_permits(1);
    assert_eq!(first.await.unwrap(), failed);
    for other in waiting {
        assert_eq!(other.await, failed);
    }
    assert_eq!(provider.asked(), 1);
}

pub async fn who_goes_away_while_asking_leaves_it_to_the_next(checks: Checks, _: &FixedClock) {
    let (provider, checked) = (Provider::default(), checked());
    let asking = Arc::new(Semaphore::new(0));
    let gone = tokio::spawn({
        let (checks, asking) = (Arc::clone(&checks), asking.clone());
        async move {
            let ask = Box::pin(async {
                asking.add_permits(1);
                std::future::pending().await
            });
            checks.check(&checked, ask).await
        }
    });
    asking.acquire().await.unwrap().forget();
    gone.abort();
    gone.await.unwrap_err();
    let ask = Box::pin(provider.answers(Ok(())));
    assert_eq!(checks.check(&checked, ask).await, Ok(()));
    assert_eq!(provider.asked(), 1);
}
