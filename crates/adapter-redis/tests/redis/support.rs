//! What the tests share.

use std::{future::pending, process, sync::Arc, time::Duration};

use async_trait::async_trait;
use tieline_adapter_redis::{RedisMemory, RedisSettings, RedisUrl};
use tieline_domain::ports::Timer;
use tieline_testkit::fixtures;

/// The server that all tests share, each with a prefix of its own.
pub(crate) fn shared_server() -> String {
    const VARIABLE: &str = "TIELINE_TEST_REDIS_URL";
    #[expect(
        clippy::disallowed_methods,
        reason = "it is how the task tells the tests"
    )]
    let named = std::env::var(VARIABLE);
    named.unwrap_or_else(|_| {
        panic!("{VARIABLE} names no server: run the tests with `cargo xtask test`")
    })
}

/// A prefix that no other test has.
pub(crate) fn prefix() -> String {
    format!("test-{}-{}", process::id(), fixtures::number())
}

/// Memory on a server, under a prefix.
pub(crate) async fn memory(url: &str, prefix: &str) -> RedisMemory {
    let settings = RedisSettings {
        prefix: prefix.to_owned(),
        ..RedisSettings::default()
    };
    let url = RedisUrl::parse(url).unwrap();
    RedisMemory::connect(&url, settings, Arc::new(Hurry))
        .await
        .unwrap()
}

/// A timer for the impatient: pauses a hundredth.
pub(crate) struct Hurry;

#[async_trait]
impl Timer for Hurry {
    async fn pause(&self, duration: Duration) {
        let _ = tokio::time::timeout(duration / 100, pending::<()>()).await;
    }
}

/// Ends a test that waits for what does not come.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    let limit = Duration::from_secs(20);
    tokio::time::timeout(limit, future)
        .await
        .expect("it does not come")
}
