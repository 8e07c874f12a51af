//! Everything that a test needs, set up and connected.

use serde_json::{Value, json};
use tieline_sandbox::{EntraApp, Sandbox, SandboxConfig, SandboxControl, SlackApp};
use url::Url;

use crate::{
    Api, Browser, ENTRA, Home, Minted, Page, ROTATING, SLACK, SUBSCRIBER, Server, TestDatabase,
};

/// A server, the providers that it talks to, and a back end that may do everything.
#[derive(Debug)]
pub struct Stage {
    /// The server.
    pub server: Server,
    /// The providers' stand-in.
    pub sandbox: Sandbox,
    /// The handle to watch and to disturb it.
    pub control: SandboxControl,
    /// The back end.
    pub api: Api,
    /// The database, where it is one of Postgres; it goes last.
    pub database: Option<TestDatabase>,
}

/// Where the data of a stage are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// In the folder of the server.
    Sqlite,
    /// In a database of the test's own, on the server that the surroundings name.
    Postgres,
}

/// What a stage is set up with.
#[derive(Debug)]
pub struct Setup {
    /// The data folder and the settings.
    pub home: Home,
    /// The providers' stand-in.
    pub sandbox: SandboxConfig,
}

impl Stage {
    /// The usual one: integrations `slack` and `msteams`, a subscriber, the fictional cast.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The usual one with changes.
    pub async fn start_with(change: impl FnOnce(&mut Setup)) -> Self {
        Self::start_on(Storage::Sqlite, change).await
    }

    /// The same with its data there.
    pub async fn start_on(storage: Storage, change: impl FnOnce(&mut Setup)) -> Self {
        let database = (storage == Storage::Postgres).then(TestDatabase::empty);
        let mut setup = Setup {
            home: match &database {
                None => Home::prepared().await,
                Some(database) => Home::prepared_in(database).await,
            },
            sandbox: SandboxConfig::default(),
        };
        change(&mut setup);
        let Setup { mut home, sandbox } = setup;
        let sandbox = Sandbox::start(sandbox).await.expect("a loopback port");
        lead_to(&sandbox, &mut home);
        let server = Server::start(home).await;
        let control = sandbox.control();
        register_apps(&control, &server.callback());
        Self {
            api: Api::of(&server),
            control,
            server,
            sandbox,
            database,
        }
    }

    /// A connect URL for [`SUBSCRIBER`] through this integration.
    pub async fn mint(&self, integration: &str) -> Minted {
        self.mint_with(integration, &json!({})).await
    }

    /// The same with more in the request.
    pub async fn mint_with(&self, integration: &str, more: &Value) -> Minted {
        self.api.minted(&mint_request(integration, more)).await
    }

    /// A whole Slack flow, allowed; answers the last page and the attempt.
    pub async fn connect_slack(&self, more: &Value) -> (Page, Value) {
        let minted = self.mint_with("slack", more).await;
        self.allow(&minted, Browser::new()).await
    }

    /// Has somebody allow everything; answers the last page and the attempt.
    pub async fn allow(&self, minted: &Minted, mut browser: Browser) -> (Page, Value) {
        let page = browser.allow(&minted.url).await;
        (page, self.api.attempt(&minted.attempt).await)
    }

    /// The state of a minted URL comes back with an error, as if the person had cancelled.
    pub async fn deny(&self, minted: &Minted) -> Page {
        let state = crate::param(&minted.url, "state").expect("a state");
        let answer = [("error", "access_denied"), ("state", &state)];
        Browser::new().open(&self.callback(&answer)).await
    }

    /// The callback with these parameters.
    #[must_use]
    pub fn callback(&self, pairs: &[(&str, &str)]) -> Url {
        let mut url = self.server.callback();
        url.query_pairs_mut().extend_pairs(pairs);
        url
    }
}

/// Has the program of this home talk to the stand-in in place of the providers.
pub(crate) fn lead_to(sandbox: &Sandbox, home: &mut Home) {
    home.set_default("ALLOW_PRIVATE_ADDRESSES", "true");
    home.set_default("SLACK_BASE_URL", sandbox.slack_base_url());
    home.set_default("ENTRA_BASE_URL", sandbox.entra_base_url());
    home.set_default("GRAPH_BASE_URL", sandbox.graph_base_url());
    home.set_default("BOT_FRAMEWORK_BASE_URL", sandbox.bot_framework_base_url());
}

/// Registers the apps behind all integrations, with this callback.
pub(crate) fn register_apps(control: &SandboxControl, callback: &Url) {
    let redirect_uris = vec![callback.to_string()];
    for ((id, secret), rotation) in [(SLACK, false), (ROTATING, true)] {
        control.register_slack_app(SlackApp {
            client_id: id.to_owned(),
            client_secret: secret.to_owned(),
            redirect_uris: redirect_uris.clone(),
            rotation,
        });
    }
    control.register_entra_app(EntraApp {
        client_id: ENTRA.0.to_owned(),
        client_secret: ENTRA.1.to_owned(),
        redirect_uris,
    });
}

/// The request for a URL that connects for [`SUBSCRIBER`] through this integration, with more in
/// it.
pub(crate) fn mint_request(integration: &str, more: &Value) -> Value {
    let mut body = json!({ "integrationIdentifier": integration, "subscriberId": SUBSCRIBER });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}
