//! Many nodes on one Postgres and one Redis.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tieline_sandbox::{Sandbox, SandboxConfig, SandboxControl};
use url::Url;

use crate::{
    Api, Browser, CALLBACK_PATH, Home, Minted, Page, Server, TestDatabase,
    services::named,
    stage::{lead_to, mint_request, register_apps},
};

/// How many nodes there are.
pub const NODES: usize = 3;

/// Where browsers and providers believe the program to be. Nobody answers there: a test chooses
/// the node, in place of a load balancer.
pub const PUBLIC_URL: &str = "http://tieline.example";

/// Nodes that have their database, their Redis and their sealing keys in common.
#[derive(Debug)]
pub struct Fleet {
    /// The nodes.
    pub nodes: [Server; NODES],
    /// The handle to watch and to disturb the providers.
    pub control: SandboxControl,
    /// The providers' stand-in.
    pub sandbox: Sandbox,
    /// Whose commands work on the same database.
    pub operator: Home,
    /// The database, which goes last.
    pub database: TestDatabase,
}

/// What a fleet is set up with.
#[derive(Debug)]
pub struct FleetSetup {
    /// The database that it will be on, still empty.
    pub database: TestDatabase,
    settings: BTreeMap<&'static str, String>,
}

impl FleetSetup {
    /// Sets `TIELINE_{name}` of every node.
    pub fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.settings.insert(name, value.into());
    }
}

impl Fleet {
    /// The usual one: integrations `slack` and `msteams`, a subscriber, the fictional cast.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The usual one with changes.
    pub async fn start_with(change: impl FnOnce(&mut FleetSetup)) -> Self {
        let setup = FleetSetup::new(change);
        // Its commands reach the database itself, whatever stands between that and the nodes.
        let operator = Home::prepared_in(&setup.database).await;
        Self::start_nodes(setup, operator, &[]).await
    }

    /// One whose nodes find a database with nothing in it, all at once, and are to make its
    /// tables.
    pub async fn start_empty() -> Self {
        let setup = FleetSetup::new(|_| {});
        let mut operator = Home::prepared().await;
        operator.set("DATABASE_URL", setup.database.url());
        Self::start_nodes(setup, operator, &["--migrate"]).await
    }

    async fn start_nodes(
        setup: FleetSetup,
        operator: Home,
        arguments: &'static [&'static str],
    ) -> Self {
        let sandbox = Sandbox::start(SandboxConfig::default()).await;
        let sandbox = sandbox.expect("a loopback port");
        let control = sandbox.control();
        register_apps(&control, &at(PUBLIC_URL, CALLBACK_PATH));
        let node = || Server::start_with(setup.node(&operator, &sandbox), arguments);
        let nodes = tokio::join!(node(), node(), node());
        Self {
            nodes: nodes.into(),
            control,
            sandbox,
            operator,
            database: setup.database,
        }
    }

    /// A back end that talks to this node.
    #[must_use]
    pub fn api(&self, node: usize) -> Api {
        Api::of(&self.nodes[node])
    }

    /// Back ends that talk to one node each.
    pub fn apis(&self) -> impl Iterator<Item = Api> {
        self.nodes.iter().map(Api::of)
    }

    /// A page of the public URL, at this node.
    #[must_use]
    pub fn at(&self, node: usize, page: &Url) -> Url {
        let place = &page[url::Position::BeforePath..];
        assert_eq!(at(PUBLIC_URL, place), *page, "a page of ours");
        self.nodes[node].url(place)
    }

    /// The same at each node.
    #[must_use]
    pub fn at_all(&self, page: &Url) -> [Url; NODES] {
        std::array::from_fn(|node| self.at(node, page))
    }

    /// A connect URL for [`crate::SUBSCRIBER`] through this integration, minted by this node.
    pub async fn mint(&self, node: usize, integration: &str) -> Minted {
        let body = mint_request(integration, &json!({}));
        self.api(node).minted(&body).await
    }

    /// Somebody allows what a minted URL asks; answers the public callback, still to be visited.
    pub async fn allowed(&self, minted: &Minted) -> Url {
        Browser::new().callback(&minted.url).await
    }

    /// Somebody visits the callback at this node; answers the page after it.
    pub async fn visit(&self, node: usize, callback: &Url) -> Page {
        Browser::new().open(&self.at(node, callback)).await
    }

    /// The body of a request for a connect URL.
    #[must_use]
    pub fn mint_request(integration: &str, more: &Value) -> Value {
        mint_request(integration, more)
    }
}

impl FleetSetup {
    fn new(change: impl FnOnce(&mut Self)) -> Self {
        let mut setup = Self {
            database: TestDatabase::empty(),
            settings: BTreeMap::new(),
        };
        change(&mut setup);
        setup
    }

    fn node(&self, operator: &Home, sandbox: &Sandbox) -> Home {
        let mut home = Home::empty();
        for (name, value) in &self.settings {
            home.set(name, value);
        }
        lead_to(sandbox, &mut home);
        home.set_default("DATABASE_URL", self.database.url());
        if !self.settings.contains_key("REDIS_URL") {
            home.set_default("REDIS_URL", named("TIELINE_TEST_REDIS_URL"));
        }
        home.set_default("REDIS_PREFIX", self.database.name());
        home.set_default("PUBLIC_URL", PUBLIC_URL);
        let keys = operator.key_file().display().to_string();
        home.set_default("SEALING_KEYS_PATH", keys);
        home
    }
}

fn at(base: &str, place: &str) -> Url {
    format!("{base}{place}").parse().expect("a URL")
}
