//! All routes, with a provider that answers at once.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use hyper::Request;
use jiff::SignedDuration;
use secrecy::ExposeSecret;
use tieline_adapter_crypto::KeyRingFlowSealer;
use tieline_adapter_http::{
    Api, CALLBACK_PATH, Lockout, RateLimits, Readiness, Totals, TrustedProxies, WorkLimit, router,
};
use tieline_domain::{
    attempt::ConnectAttempt,
    broker::Broker,
    connection::{ConnectionIdentifier, CredentialKind, Workspace},
    flow::{Flow, Purpose},
    integration::Integration,
    ports::{MockProviderClient, StoreError},
    provider::{Grant, GrantedCredential, ProviderId},
    reason::Reason,
    subscriber::ProfilePatch,
    usecase::{IfExists, NewIntegration},
};
use tieline_testkit::{
    FakeCursorSealer, FixedClock, MemoryStorage, broker, fixtures, fixtures::NOON, sample_providers,
};
use tokio::runtime::Runtime;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::answer::Answer;
use crate::{runtime, state::one_key};

/// The states that a query may have, by the names in their places.
pub(super) const NAMES: [&str; 8] = [
    "{slack}",
    "{returning}",
    "{link}",
    "{expired}",
    "{teams}",
    "{signin}",
    "{consented}",
    "{inactive}",
];

/// Where the product wants people back, and as what it wants their connections.
const RETURN_URL: &str = "https://app.test/done";
pub(super) const IDENTIFIER: &str = "mine";

const TENANT: &str = "9f2b1c6e-0d5a-4f43-9a51-6f0f6ed0a1c2";

/// Answers a request.
type Ask = Box<dyn Fn(Request<String>) -> Pin<Box<dyn Future<Output = Answer>>>>;

pub(super) struct World {
    runtime: Runtime,
    broker: Broker,
    ask: Ask,
    exchanges: Arc<AtomicUsize>,
    slack: Integration,
    returning: Integration,
    teams: Integration,
    inactive: Integration,
}

impl World {
    pub(super) fn start() -> Self {
        let runtime = runtime();
        let exchanges = Arc::new(AtomicUsize::new(0));
        let api = api(client(Arc::clone(&exchanges)));
        let broker = api.broker.clone();
        let environment = broker.create_environment("Development");
        let environment = runtime.block_on(environment).unwrap().id;
        let integrate = |provider, redirect, active| {
            let new = integration(provider, redirect, active);
            let made = runtime.block_on(broker.create_integration(environment, new));
            made.unwrap()
        };
        let [slack, returning, teams, inactive] = [
            integrate("slack", None, true),
            integrate("slack", Some(RETURN_URL), true),
            integrate("msteams", None, true),
            integrate("slack", None, false),
        ];
        let ada = broker.create_subscriber(
            environment,
            fixtures::subscriber_id("ada"),
            ProfilePatch::default(),
            IfExists::Keep,
        );
        runtime.block_on(ada).unwrap();
        Self {
            runtime,
            broker,
            ask: ask(api),
            exchanges,
            slack,
            returning,
            teams,
            inactive,
        }
    }

    /// How often the provider was asked for a grant.
    pub(super) fn exchanges(&self) -> usize {
        self.exchanges.load(Ordering::Relaxed)
    }

    /// Opens a path as a browser does.
    pub(super) fn open(&self, path: &str) -> Answer {
        let request = Request::get(path).body(String::new()).unwrap();
        self.runtime.block_on((self.ask)(request))
    }

    /// A new state by one of the [`NAMES`].
    pub(super) fn state(&self, name: &str) -> String {
        let slack = || fixtures::flow(&self.slack);
        let teams = || fixtures::flow(&self.teams);
        let flow = match name {
            "{returning}" => Flow {
                connection_identifier: Some(ConnectionIdentifier::parse(IDENTIFIER).unwrap()),
                ..fixtures::flow(&self.returning)
            },
            "{link}" => Flow {
                purpose: Purpose::LinkUser,
                ..slack()
            },
            "{expired}" => Flow {
                issued_at: NOON - SignedDuration::from_mins(6),
                ..slack()
            },
            "{teams}" => teams(),
            "{signin}" => teams().into_sign_in(TENANT.to_owned(), NOON),
            "{consented}" => self.consented(teams()),
            "{inactive}" => fixtures::flow(&self.inactive),
            _ => slack(),
        };
        self.broker.flow_sealer.seal(&flow)
    }

    /// The second half of a flow whose first half is stored.
    fn consented(&self, flow: Flow) -> Flow {
        let attempt = ConnectAttempt::claimed(&flow, &self.teams, NOON, fixtures::uuid());
        let attempt = attempt.awaiting_sign_in(NOON);
        let claimed = self.broker.stores.attempts.claim(&attempt);
        self.runtime.block_on(claimed).unwrap();
        flow.into_sign_in(TENANT.to_owned(), NOON)
    }
}

fn ask(api: Api) -> Ask {
    let router = router(api);
    Box::new(move |request| {
        let answer = router.clone().oneshot(request);
        Box::pin(async { Answer::read(answer.await.unwrap()).await })
    })
}

fn api(client: MockProviderClient) -> Api {
    let (storage, clock) = (MemoryStorage::new(), Arc::new(FixedClock::default()));
    let callback = format!("https://connect.test{CALLBACK_PATH}");
    let mut broker = broker(&storage, &clock, 1 << 40, callback);
    broker.flow_sealer = Arc::new(KeyRingFlowSealer::new(one_key()));
    broker.providers = sample_providers(client);
    Api {
        broker,
        cursors: Arc::new(FakeCursorSealer),
        limits: RateLimits::off(),
        lockout: Lockout::default(),
        totals: Totals::default(),
        work: WorkLimit::of(1000),
        proxies: TrustedProxies::default(),
        readiness: Arc::new(Ready),
        tasks: TaskTracker::new(),
    }
}

/// A client that grants whatever the code, but for two.
fn client(exchanges: Arc<AtomicUsize>) -> MockProviderClient {
    let mut client = MockProviderClient::new();
    client.expect_exchange_code().returning(move |_, exchange| {
        exchanges.fetch_add(1, Ordering::Relaxed);
        match exchange.code.expose_secret() {
            "refused" => Err(Reason::CodeRejected.into()),
            "down" => Err(Reason::ProviderUnreachable.into()),
            _ => Ok(grant()),
        }
    });
    client
}

fn grant() -> Grant {
    Grant {
        workspace: Workspace {
            id: TENANT.to_owned(),
            name: Some("Acme".to_owned()),
            bot_user_id: None,
        },
        person: Some("U1".to_owned()),
        credentials: vec![GrantedCredential {
            kind: CredentialKind::Bot,
            access_token: "xoxb-1".into(),
            refresh_token: None,
            scopes: vec!["chat:write".to_owned()],
            expires_at: None,
        }],
        incoming_webhook: None,
    }
}

fn integration(provider: &str, redirect: Option<&str>, active: bool) -> NewIntegration {
    let basic = [("clientId", "the-client-id"), ("secretKey", "the-secret")];
    let all = basic
        .into_iter()
        .chain(redirect.map(|url| ("redirectUrl", url)));
    NewIntegration {
        provider: ProviderId::parse(provider).unwrap(),
        identifier: None,
        name: None,
        credentials: all
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        active,
    }
}

struct Ready;

#[async_trait]
impl Readiness for Ready {
    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
