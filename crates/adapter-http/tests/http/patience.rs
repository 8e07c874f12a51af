//! Nobody waits for ever. The runtime's clock is paused: it jumps to the next timeout.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    connection::Workspace,
    id::EnvironmentId,
    idempotency::{IdempotencyRecord, IdempotencyScope},
    integration::Credentials,
    ports::{
        CodeExchange, Deletion, GrantedScopes, IdempotencyClaim, IdempotencyStore,
        MockProviderClient, ProviderClient, ProviderError, RefreshError, StoreError,
    },
    provider::{CredentialProblem, Grant, GrantedCredential, Provider},
    revocation::RevocationItem,
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
    async fn claim_all(
        &self,
        _: &[IdempotencyRecord],
        _: Timestamp,
    ) -> Result<Vec<Result<IdempotencyClaim, StoreError>>, StoreError> {
        std::future::pending().await
    }

    async fn answer(&self, _: &IdempotencyScope, _: &Sealed) -> Result<bool, StoreError> {
        std::future::pending().await
    }

    async fn list(
        &self,
        _: EnvironmentId,
        _: Option<&IdempotencyRecord>,
        _: u32,
    ) -> Result<Vec<IdempotencyRecord>, StoreError> {
        std::future::pending().await
    }

    async fn delete_expired(&self, _: Timestamp, _: u32) -> Result<Deletion, StoreError> {
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

/// A provider that does what is asked when it is told to.
pub(crate) struct Slow {
    pub(crate) provider: MockProviderClient,
    pub(crate) go: Arc<Notify>,
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

    async fn revoke(
        &self,
        app: &Credentials,
        credential: &GrantedCredential,
    ) -> Result<(), ProviderError> {
        self.provider.revoke(app, credential).await
    }

    async fn disconnect(
        &self,
        app: &Credentials,
        workspace: &Workspace,
        credentials: &[GrantedCredential],
    ) -> Vec<RevocationItem> {
        self.go.notified().await;
        self.provider.disconnect(app, workspace, credentials).await
    }

    async fn refresh(
        &self,
        app: &Credentials,
        workspace_id: &str,
        credential: &GrantedCredential,
    ) -> Result<GrantedCredential, RefreshError> {
        self.go.notified().await;
        self.provider.refresh(app, workspace_id, credential).await
    }

    async fn exchange_token(
        &self,
        app: &Credentials,
        credential: &GrantedCredential,
    ) -> Result<Option<GrantedCredential>, RefreshError> {
        self.provider.exchange_token(app, credential).await
    }

    async fn app_token(
        &self,
        app: &Credentials,
        workspace_id: &str,
    ) -> Result<Option<GrantedCredential>, ProviderError> {
        self.provider.app_token(app, workspace_id).await
    }

    async fn verify(
        &self,
        app: &Credentials,
        workspace_id: &str,
        credentials: &[GrantedCredential],
    ) -> Result<GrantedScopes, ProviderError> {
        self.provider.verify(app, workspace_id, credentials).await
    }

    async fn check_credentials(
        &self,
        app: &Credentials,
    ) -> Result<Vec<CredentialProblem>, ProviderError> {
        self.provider.check_credentials(app).await
    }
}

impl Slow {
    /// Puts this provider behind a bench.
    pub(crate) fn behind(self, bench: &mut Bench) {
        let client: Arc<dyn ProviderClient> = Arc::new(self);
        let providers = bench.api.broker.providers.iter().cloned();
        let slow = |provider| Provider {
            client: Some(client.clone()),
            ..provider
        };
        bench.api.broker.providers = providers.map(slow).collect();
    }
}

/// A bench whose provider grants when it is told to.
pub(crate) async fn slow_bench(go: Arc<Notify>) -> Bench {
    let mut bench = Bench::start().await;
    let provider = crate::bench::grants("Acme");
    Slow { provider, go }.behind(&mut bench);
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
