//! A broker on a bench: everything around it is in the test's hands.

use std::sync::Arc;

use jiff::SignedDuration;
use tieline_domain::{
    attempt::ConnectAttempt,
    broker::Broker,
    connection::ChannelConnection,
    endpoint::ChannelEndpoint,
    flow::Flow,
    id::EnvironmentId,
    integration::{Credentials, Integration},
    page::{From, Order, PageRequest},
    ports::{AttemptFilter, ConnectionFilter, EndpointFilter, FlowSealer, MockProviderClient},
    provider::{Provider, ProviderId, ProviderPolicy},
    subscriber::{ProfilePatch, Subscriber, SubscriberId},
    usecase::{Callback, IfExists, MintConnectUrl, MintedUrl, NewIntegration, UseCaseError},
};
use tieline_testkit::{
    FakeFlowSealer, FixedClock, MemoryStorage, broker, fixtures, providers, sample_providers,
};

mod callbacks;
mod requests;

pub(crate) use callbacks::{
    attempt, code, consented, param, path_of, refusal, refused, sign_in, state_of,
};
pub(crate) use requests::{contexts, for_ada, for_bob, identifier_of, named, shared};

pub(crate) const REDIRECT_URI: &str = "https://connect.test/v1/integrations/chat/oauth/callback";
pub(crate) const TENANT: &str = "9f2b1c6e-0d5a-4f43-9a51-6f0f6ed0a1c2";

/// A page that holds all there is.
pub(crate) const ALL: PageRequest = PageRequest {
    limit: 100,
    from: From::Start,
    order: Order::Ascending,
    total: None,
};

pub(crate) struct Bench {
    pub(crate) broker: Broker,
    pub(crate) storage: Arc<MemoryStorage>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) environment: EnvironmentId,
}

impl Bench {
    /// An environment with the integrations `slack` and `msteams` and the subscribers `ada` and
    /// `bob`. Nobody may call a provider yet.
    pub(crate) async fn start() -> Self {
        let storage = MemoryStorage::new();
        let clock = Arc::new(FixedClock::default());
        let broker = broker(&storage, &clock, 1 << 40, REDIRECT_URI);
        let environment = broker.first_environment().await.unwrap().id;
        let bench = Self {
            broker,
            storage,
            clock,
            environment,
        };
        bench.integrate("slack", "slack", &[]).await;
        bench.integrate("msteams", "msteams", &[]).await;
        bench.subscribe("ada").await;
        bench.subscribe("bob").await;
        bench
    }

    /// The same with a provider to call.
    pub(crate) fn with(mut self, client: MockProviderClient) -> Self {
        self.broker.providers = sample_providers(client);
        self
    }

    /// The same with policies of the test's own.
    pub(crate) fn under(mut self, policies: impl IntoIterator<Item = ProviderPolicy>) -> Self {
        self.broker.providers = providers(policies, MockProviderClient::new());
        self
    }

    /// The same with policies, and nobody who talks to their providers.
    pub(crate) fn unconnected(mut self) -> Self {
        let providers = self.broker.providers.iter().cloned();
        let mute = |provider| Provider {
            client: None,
            ..provider
        };
        self.broker.providers = providers.map(mute).collect();
        self
    }

    /// The same storage under a broker that knows nothing of the one before.
    pub(crate) fn restarted(self) -> Self {
        Self {
            broker: broker(&self.storage, &self.clock, 1 << 41, REDIRECT_URI),
            ..self
        }
    }

    /// Adds an integration with client id, secret and these credentials.
    pub(crate) async fn integrate(
        &self,
        provider: &str,
        identifier: &str,
        more: &[(&str, &str)],
    ) -> Integration {
        let new = NewIntegration {
            provider: ProviderId::parse(provider).unwrap(),
            identifier: Some(identifier.to_owned()),
            name: None,
            credentials: credentials(more),
            active: true,
        };
        let created = self.broker.create_integration(self.environment, new).await;
        created.unwrap()
    }

    pub(crate) async fn subscribe(&self, id: &str) {
        let subscriber: Subscriber = fixtures::subscriber(self.environment, id);
        let id = subscriber.subscriber_id;
        assert!(self.create_subscriber(id).await.unwrap());
    }

    /// Makes a subscriber of whom nothing more is known; answers whether it is new.
    pub(crate) async fn create_subscriber(&self, id: SubscriberId) -> Result<bool, UseCaseError> {
        let (profile, if_exists) = (ProfilePatch::default(), IfExists::Keep);
        let created = self
            .broker
            .create_subscriber(self.environment, id, profile, if_exists)
            .await;
        created.map(|(_, is_new)| is_new)
    }

    /// Switches an integration on or off.
    pub(crate) async fn switch(&self, identifier: &str, active: bool) {
        let stores = &self.broker.stores.integrations;
        let stored = stores.find(self.environment, identifier).await.unwrap();
        let mut changed = stored.unwrap();
        changed.active = active;
        changed.generation += 1;
        let json = credentials(&[]).to_json();
        changed.credentials = self.broker.sealer.seal(&json, &changed.credentials_place());
        assert!(stores.replace(&changed).await.unwrap());
    }

    pub(crate) async fn mint(&self, request: MintConnectUrl) -> Result<MintedUrl, UseCaseError> {
        let minted = self.broker.mint_connect_url(self.environment, request);
        minted.await
    }

    /// Mints a URL and takes the state out of it.
    pub(crate) async fn state(&self, request: MintConnectUrl) -> String {
        state_of(&self.mint(request).await.unwrap().url)
    }

    /// The flow that a request is turned into.
    pub(crate) async fn flow(&self, request: MintConnectUrl) -> Flow {
        FakeFlowSealer
            .open(&self.state(request).await)
            .unwrap()
            .flow
    }

    /// Takes a callback to the attempt that came of it.
    pub(crate) async fn answer(&self, callback: Callback) -> ConnectAttempt {
        attempt(self.broker.complete_connect(callback).await.unwrap())
    }

    /// From a request to the end of its flow, at a provider like Slack.
    pub(crate) async fn connect(&self, request: MintConnectUrl) -> ConnectAttempt {
        let state = self.state(request).await;
        self.answer(code(&state)).await
    }

    /// From a request to the sign-in page, at a provider like Microsoft Teams.
    pub(crate) async fn consent(&self, request: MintConnectUrl) -> String {
        let state = self.state(request).await;
        let progress = self
            .broker
            .complete_connect(consented(&state, TENANT))
            .await;
        sign_in(progress.unwrap())
    }

    /// From a request to the end of its flow, at a provider like Microsoft Teams.
    pub(crate) async fn connect_tenant(&self, request: MintConnectUrl) -> ConnectAttempt {
        let page = self.consent(request).await;
        self.answer(code(&state_of(&page))).await
    }

    pub(crate) async fn stored_attempt(&self, attempt: &ConnectAttempt) -> ConnectAttempt {
        let found = self
            .broker
            .stores
            .attempts
            .find(self.environment, attempt.id);
        found.await.unwrap().unwrap()
    }

    /// All attempts, oldest first.
    pub(crate) async fn attempts(&self) -> Vec<ConnectAttempt> {
        let (store, filter) = (&self.broker.stores.attempts, AttemptFilter::default());
        let page = store.list(self.environment, &filter, &ALL).await;
        page.unwrap().items
    }

    /// All connections, oldest first.
    pub(crate) async fn connections(&self) -> Vec<ChannelConnection> {
        let (store, filter) = (&self.broker.stores.connections, ConnectionFilter::default());
        let page = store.list(self.environment, &filter, &ALL).await;
        page.unwrap().items
    }

    /// All endpoints, oldest first.
    pub(crate) async fn endpoints(&self) -> Vec<ChannelEndpoint> {
        let (store, filter) = (&self.broker.stores.endpoints, EndpointFilter::default());
        let page = store.list(self.environment, &filter, &ALL).await;
        page.unwrap().items
    }

    pub(crate) fn later(&self, by: SignedDuration) {
        self.clock.advance(by);
    }
}

/// Client id, secret and these.
pub(crate) fn credentials(more: &[(&str, &str)]) -> Credentials {
    let basic = [("clientId", "the-client-id"), ("secretKey", "the-secret")];
    let all = basic.iter().chain(more);
    all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
