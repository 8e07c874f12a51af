//! Waiting for what must come.

use std::time::Duration;

/// No event that a test waits for takes longer.
const LIMIT: Duration = Duration::from_secs(20);

/// How long to leave alone what has not happened yet.
const PAUSE: Duration = Duration::from_millis(15);

/// Asks again and again until there is an answer. Fails the test if `what` does not happen.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            pause().await;
        }
    };
    within(what, asking).await
}

/// Awaits `what`, but not for ever.
pub async fn within<F: Future>(what: &str, event: F) -> F::Output {
    let outcome = tokio::time::timeout(LIMIT, event).await;
    outcome.unwrap_or_else(|_| panic!("it took more than {LIMIT:?}: {what}"))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a pause between two questions; no test waits for time itself to pass"
)]
async fn pause() {
    tokio::time::sleep(PAUSE).await;
}
