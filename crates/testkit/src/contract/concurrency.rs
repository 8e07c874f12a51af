//! Many at once, callers that go away, and answers that have to come.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use tokio::time::timeout;

/// No caller waits longer, however slow the machine is that runs the tests.
const SOON: Duration = Duration::from_secs(20);

/// Waits for an answer that does not keep anybody waiting.
pub(super) async fn soon<F: Future>(call: F) -> F::Output {
    timeout(SOON, call).await.expect("nobody answers")
}

/// Runs so many tasks at once and answers what they answered.
pub(super) async fn at_once<F>(tasks: u64, run: impl Fn(u64) -> F) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let running: Vec<_> = (0..tasks).map(|number| tokio::spawn(run(number))).collect();
    let mut answers = Vec::with_capacity(running.len());
    for task in running {
        answers.push(task.await.unwrap());
    }
    answers
}

/// Drops a future after so many polls, as a server drops the work of a caller who went away.
/// Answers whether it had ended by then.
async fn abandon(future: impl Future, polls: usize) -> bool {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        future.as_mut().poll(context).map(|_| true)
    })
    .await
}

/// Abandons a future of each round after one poll more than in the round before, until one ends by
/// itself; lets `check` look at what each round has left behind.
pub(super) async fn abandon_everywhere<T>(
    prepare: impl AsyncFn(usize) -> T,
    run: impl AsyncFn(&T),
    check: impl AsyncFn(T),
) {
    for polls in 0.. {
        let round = prepare(polls).await;
        let ended = abandon(run(&round), polls).await;
        check(round).await;
        if ended {
            return;
        }
    }
}
