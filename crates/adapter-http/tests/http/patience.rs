//! Nobody waits for ever. The runtime's clock is paused: it jumps to the next timeout.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    idempotency::{IdempotencyRecord, IdempotencyScope},
    integration::Credentials,
    ports::{
        CodeExchange, IdempotencyClaim, IdempotencyStore, MockProviderClient, ProviderClient,
        ProviderError, StoreError,
    },
    provider::{CredentialProblem, Grant, GrantedCredential, Provider},
    sealed::Sealed,
};
use tokio::sync::Notify;

use crate::{
    bench::{Bench, for_ada},
    pages::assert_guarded,
};

/// A database that never answers.
pub(crate) struct Silent;

#[async_trait]
impl IdempotencyStore for Silent {
    async fn claim(
        &self,
        _: &IdempotencyRecord,
        _: Timestamp,
    ) -> Result<IdempotencyClaim, StoreError> {
        std::future::pending().await
    }

    async fn answer(&self, _: &IdempotencyScope, _: &Sealed) -> Result<bool, StoreError> {
        std::future::pending().await
    }

    async fn delete_expired(&self, _: Timestamp, _: u32) -> Result<u64, StoreError> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_takes_too_long_is_a_503() {
    let mut bench = Bench::start().await;
    let silent: Arc<dyn IdempotencyStore> = Arc::new(Silent);
    bench.api.broker.replays = Arc::new(silent);
    let answer = bench
        .mint_with(&for_ada(), &[("idempotency-key", "k1")])
        .await;
    assert_eq!(answer.refusal(), (503, "timed_out".to_owned()));
    assert_eq!(answer.header("retry-after"), Some("2"));
}

/// A provider that grants when it is told to.
struct Slow {
    provider: MockProviderClient,
    go: Arc<Notify>,
}

#[async_trait]
impl ProviderClient for Slow {
    async fn exchange_code(
        &self,
        app: &Credentials,
        exchange: &CodeExchange,
    ) -> Result<Grant, ProviderError> {
        self.go.notified().await;
        self.provider.exchange_code(app, exchange).await
    }

    async fn revoke(&self, _: &Credentials, _: &GrantedCredential) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn verify(
        &self,
        _: &Credentials,
        _: &str,
        _: &[GrantedCredential],
    ) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn check_credentials(
        &self,
        _: &Credentials,
    ) -> Result<Vec<CredentialProblem>, ProviderError> {
        Ok(Vec::new())
    }
}

/// A bench whose provider grants when it is told to.
pub(crate) async fn slow_bench(go: Arc<Notify>) -> Bench {
    let mut bench = Bench::start().await;
    let provider = crate::bench::grants("Acme");
    let client: Arc<dyn ProviderClient> = Arc::new(Slow { provider, go });
    let providers = bench.api.broker.providers.iter().cloned();
    let slow = |provider| Provider {
        client: Some(client.clone()),
        ..provider
    };
    bench.api.broker.providers = providers.map(slow).collect();
    bench
}

/// C6: the person is told to come again, and finds the end.
#[tokio::test(start_paused = true)]
async fn a_callback_that_takes_too_long_is_a_page_and_goes_on() {
    let go = Arc::new(Notify::new());
    let bench = slow_bench(go.clone()).await;
    let state = bench.state(&for_ada()).await;
    let query = [("state", &*state), ("code", "the-code")];
    let answer = bench.call_back(&query).await;
    answer.assert_is(503);
    assert_eq!(answer.header("retry-after"), Some("2"));
    assert_eq!(answer.media_type(), Some("text/html"));
    assert_guarded(&answer);
    assert!(
        answer
            .text()
            .contains("This connection is just being made.")
    );
    assert_eq!(bench.call_back(&query).await.status, 303);
    go.notify_one();
    bench.api.tasks.close();
    bench.api.tasks.wait().await;
    assert_eq!(bench.attempts().await[0]["status"], "completed");
}
