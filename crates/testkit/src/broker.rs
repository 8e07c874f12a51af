//! A broker whose every port is in a test's hands.

use std::{sync::Arc, time::Duration};

use tieline_domain::{
    api_key::ApiKeyUses,
    broker::{Broker, Ports},
    connection::{AppTokens, ProviderPauses},
    ports::{MockProviderClient, RateLimit},
    provider::{Provider, ProviderPolicy, Providers},
};

use crate::{
    FakeFlowSealer, FakeSealer, FixedClock, MemoryJournal, MemoryStorage, SequentialIds, policies,
};

/// A broker on this storage and clock, with the sample providers, whose client expects no call. Its
/// ids begin at `first_id`: far from those of fixtures, and of other brokers on the same storage.
#[must_use]
pub fn broker(
    storage: &Arc<MemoryStorage>,
    clock: &Arc<FixedClock>,
    first_id: u64,
    redirect_uri: impl Into<String>,
) -> Broker {
    let stores = storage.stores();
    Broker::from(Ports {
        lookups: Arc::new(stores.clone()),
        replays: Arc::new(Arc::clone(&stores.idempotency)),
        changes: Arc::new(()),
        checks: Arc::new(()),
        stores,
        transactions: storage.clone(),
        journal: Arc::new(MemoryJournal::default()),
        limiter: Arc::new(()),
        upkeep_budget: RateLimit {
            burst: 1,
            interval: Duration::from_secs(1),
        },
        pauses: ProviderPauses::default(),
        app_tokens: AppTokens::default(),
        key_uses: ApiKeyUses::default(),
        sealer: Arc::new(FakeSealer::default()),
        flow_sealer: Arc::new(FakeFlowSealer),
        clock: clock.clone(),
        timer: clock.clone(),
        ids: Arc::new(SequentialIds::from(first_id)),
        providers: sample_providers(MockProviderClient::new()),
        redirect_uri: redirect_uri.into(),
    })
}

/// The sample providers, all with this client.
#[must_use]
pub fn sample_providers(client: MockProviderClient) -> Providers {
    providers([policies::slack_like(), policies::teams_like()], client)
}

/// Providers of these policies, all with this client.
#[must_use]
pub fn providers(
    policies: impl IntoIterator<Item = ProviderPolicy>,
    client: MockProviderClient,
) -> Providers {
    let client = Arc::new(client);
    let provider = |policy| Provider {
        policy: Arc::new(policy),
        client: Some(client.clone()),
        events: None,
    };
    policies.into_iter().map(provider).collect()
}
