//! The routes on a bench: everything behind them is in the test's hands.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use serde_json::Value;
use tieline_adapter_http::{
    Api, CALLBACK_PATH, Lockout, RateLimits, Readiness, Totals, TrustedProxies, WorkLimit, router,
};
use tieline_domain::{
    api_key::{ApiKeyRight, ApiKeyRole},
    attempt::ConnectAttempt,
    connection::{ChannelConnection, CredentialKind, SealedCredential},
    endpoint::ChannelEndpoint,
    id::EnvironmentId,
    integration::Integration,
    ports::{ConnectionWrite, EnvironmentStore, MockProviderClient, RecordConnection, StoreError},
    provider::ProviderId,
    sealed::{Sealed, SealedColumn, SealedPlace},
    subscriber::ProfilePatch,
    usecase::{IfExists, NewApiKey, NewIntegration},
};
use tieline_testkit::{
    FakeCursorSealer, FixedClock, MemoryStorage, broker, fixtures, sample_providers,
};
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

mod answer;
mod counter;
mod requests;

pub(crate) use answer::Answer;
pub(crate) use counter::Counter;
pub(crate) use requests::{callback, for_ada, grants, state_of, with};

use crate::contract;

pub(crate) const PUBLIC_URL: &str = "https://connect.test";
pub(crate) const MINT: &str = "/v1/integrations/channel-connections/oauth";
pub(crate) const TENANT: &str = "9f2b1c6e-0d5a-4f43-9a51-6f0f6ed0a1c2";

pub(crate) struct Bench {
    pub(crate) api: Api,
    pub(crate) storage: Arc<MemoryStorage>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) environment: EnvironmentId,
    /// Its integration of Slack.
    pub(crate) slack: Integration,
    /// A key that may do everything.
    pub(crate) key: String,
}

impl Bench {
    /// An environment with the integrations `slack` and `msteams` and the subscriber `ada`. Nobody
    /// may call a provider yet.
    pub(crate) async fn start() -> Self {
        Self::on(MemoryStorage::new(), "Development").await
    }

    /// The same in an environment of this name, beside others.
    pub(crate) async fn on(storage: Arc<MemoryStorage>, environment: &str) -> Self {
        let clock = Arc::new(FixedClock::default());
        let api = api(&storage, &clock);
        let environment = api.broker.create_environment(environment).await.unwrap();
        let slack = fixtures::integration(environment.id);
        let mut bench = Self {
            api,
            storage,
            clock,
            environment: environment.id,
            slack,
            key: String::new(),
        };
        bench.key = bench.key_of(ApiKeyRole::Admin).await;
        bench.slack = bench.integrate("slack", "slack", &[]).await;
        bench.integrate("msteams", "msteams", &[]).await;
        bench.subscribe("ada").await;
        bench
    }

    /// The same with a provider to call.
    pub(crate) fn with(mut self, client: MockProviderClient) -> Self {
        self.api.broker.providers = sample_providers(client);
        self
    }

    /// The same in front of another key.
    pub(crate) fn holding(&self, key: &str) -> Self {
        Self {
            api: self.api.clone(),
            storage: self.storage.clone(),
            clock: self.clock.clone(),
            environment: self.environment,
            slack: self.slack.clone(),
            key: key.to_owned(),
        }
    }

    /// The same in front of a key that may do everything, and sees tokens.
    pub(crate) async fn seeing(&self) -> Self {
        let key = self.key_with(ApiKeyRole::Admin, &[ApiKeyRight::ReadTokens]);
        self.holding(&key.await)
    }

    /// Makes a key of this role.
    pub(crate) async fn key_of(&self, role: ApiKeyRole) -> String {
        self.key_with(role, &[]).await
    }

    /// Makes a key of this role with these rights.
    pub(crate) async fn key_with(&self, role: ApiKeyRole, rights: &[ApiKeyRight]) -> String {
        let name = role.to_string();
        let rights = rights.iter().copied().collect();
        let new = NewApiKey { name, role, rights };
        let broker = &self.api.broker;
        let made = broker.create_api_key(self.environment, new, None).await;
        made.unwrap().1
    }

    /// Adds an integration with client id, secret and these credentials.
    pub(crate) async fn integrate(
        &self,
        provider: &str,
        identifier: &str,
        more: &[(&str, &str)],
    ) -> Integration {
        let basic = [("clientId", "the-client-id"), ("secretKey", "the-secret")];
        let all = basic.iter().chain(more);
        let new = NewIntegration {
            provider: ProviderId::parse(provider).unwrap(),
            identifier: Some(identifier.to_owned()),
            name: None,
            credentials: all
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            active: true,
        };
        let broker = &self.api.broker;
        broker
            .create_integration(self.environment, new)
            .await
            .unwrap()
    }

    pub(crate) async fn subscribe(&self, id: &str) {
        let id = fixtures::subscriber_id(id);
        let made = self
            .api
            .broker
            .create_subscriber(
                self.environment,
                id,
                ProfilePatch::default(),
                IfExists::Keep,
            )
            .await;
        assert!(made.unwrap().1);
    }

    /// Stores an attempt.
    pub(crate) async fn store_attempt(&self, attempt: &ConnectAttempt) {
        self.api
            .broker
            .stores
            .attempts
            .claim(attempt)
            .await
            .unwrap();
    }

    /// An attempt in this environment, not stored.
    pub(crate) fn attempt(&self) -> ConnectAttempt {
        fixtures::attempt(&self.slack)
    }

    /// A connection of `ada` with a bot's token, not stored.
    pub(crate) fn connection(&self) -> ChannelConnection {
        let mut connection = fixtures::connection(&self.slack, fixtures::subscriber_owner("ada"));
        connection.credentials = vec![self.sealed(&connection, CredentialKind::Bot, "xoxb-first")];
        connection
    }

    /// A token of this kind, sealed for a connection as it is.
    pub(crate) fn sealed(
        &self,
        connection: &ChannelConnection,
        kind: CredentialKind,
        token: &str,
    ) -> SealedCredential {
        SealedCredential {
            kind,
            access_token: self.seal(connection, kind.access_token_column(), token),
            ..fixtures::bot_credential(token)
        }
    }

    /// A token, sealed for this column of a connection as it is.
    pub(crate) fn seal(
        &self,
        connection: &ChannelConnection,
        column: SealedColumn,
        token: &str,
    ) -> Sealed {
        let place = SealedPlace {
            environment_id: connection.environment_id,
            row: connection.id.0,
            column,
            generation: connection.generation,
        };
        self.api.broker.sealer.seal(token.as_bytes(), &place)
    }

    /// Stores a connection and its endpoints as if a flow had made them.
    pub(crate) async fn store(
        &self,
        connection: &ChannelConnection,
        endpoints: Vec<ChannelEndpoint>,
    ) -> ConnectAttempt {
        let attempt = self.attempt();
        self.store_attempt(&attempt).await;
        let completed = fixtures::completed_attempt(&attempt, connection, fixtures::NOON);
        let record = RecordConnection {
            write: ConnectionWrite::Insert,
            connection: connection.clone(),
            endpoints,
            attempt: completed.clone(),
        };
        self.api
            .broker
            .stores
            .connections
            .record(&record)
            .await
            .unwrap();
        completed
    }

    /// Sends a request as it is. The answer has passed the contract.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let response = router(self.api.clone()).oneshot(request).await.unwrap();
        let answer = Answer::read(response).await;
        contract::check(&method, uri.path(), &answer);
        answer
    }

    /// Asks with the key.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = self.request(Method::GET, path);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Deletes with the key.
    pub(crate) async fn delete(&self, path: &str) -> Answer {
        let request = self.request(Method::DELETE, path);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Sends JSON with the key.
    pub(crate) async fn json(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = self.request(method, path);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::POST, path, body).await
    }

    /// The same under an idempotency key.
    pub(crate) async fn post_once(&self, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path);
        let request = request
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", "once");
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::PATCH, path, body).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::PUT, path, body).await
    }

    /// Opens a page, as a browser does: without a key.
    pub(crate) async fn open(&self, path: &str) -> Answer {
        let request = Request::get(path).body(Body::empty()).unwrap();
        self.send(request).await
    }

    /// Asks for a URL.
    pub(crate) async fn mint(&self, body: &Value) -> Answer {
        self.mint_with(body, &[]).await
    }

    /// Asks for a URL, with more headers.
    pub(crate) async fn mint_with(&self, body: &Value, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.request(Method::POST, MINT);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let request = request.body(Body::from(body.to_string())).unwrap();
        self.send(request).await
    }

    /// Mints a URL and takes the state out of it.
    pub(crate) async fn state(&self, body: &Value) -> String {
        let answer = self.mint(body).await;
        let url = answer.json()["url"].as_str().unwrap().to_owned();
        state_of(&url)
    }

    /// Comes back from the provider with these parameters.
    pub(crate) async fn call_back(&self, query: &[(&str, &str)]) -> Answer {
        self.open(&callback(query)).await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let key = format!("ApiKey {}", self.key);
        let request = Request::builder().method(method).uri(path);
        request.header(header::AUTHORIZATION, key)
    }

    pub(crate) async fn attempts(&self) -> Vec<Value> {
        let page = self.get("/v1/connect-attempts?limit=100").await;
        page.json()["data"].as_array().unwrap().clone()
    }
}

fn api(storage: &Arc<MemoryStorage>, clock: &Arc<FixedClock>) -> Api {
    // Far from the ids of fixtures, and from those of another bench on this storage.
    let first_id = fixtures::number() << 40;
    let broker = broker(
        storage,
        clock,
        first_id,
        format!("{PUBLIC_URL}{CALLBACK_PATH}"),
    );
    Api {
        broker,
        cursors: Arc::new(FakeCursorSealer),
        limits: RateLimits::off(),
        lockout: Lockout::default(),
        totals: Totals::default(),
        work: WorkLimit::of(1000),
        proxies: TrustedProxies::default(),
        readiness: Arc::new(AsksStorage(storage.clone())),
        tasks: TaskTracker::new(),
    }
}

struct AsksStorage(Arc<MemoryStorage>);

#[async_trait::async_trait]
impl Readiness for AsksStorage {
    async fn check(&self) -> Result<(), StoreError> {
        EnvironmentStore::list(&*self.0).await.map(drop)
    }
}
