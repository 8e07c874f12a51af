//! A sandbox, our clients of it, and a browser.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::{Client, redirect};
use tieline_domain::{
    flow::{FlowSecrets, Purpose},
    integration::Credentials,
    ports::{Clock, CodeExchange, EventReader, ProviderClient, ProviderError, Timer},
    provider::{AuthorizeInputs, AuthorizeRequest, ConnectPolicy, Grant, ProviderId, Providers},
    reason::Reason,
};
use tieline_providers::{Egress, EgressPolicy, ProviderEndpoints, providers};
use tieline_sandbox::{
    Endpoint, EntraApp, Fault, Sandbox, SandboxConfig, SandboxControl, SlackApp,
};
use url::Url;

pub(crate) const CALLBACK: &str = "https://tieline.test/callback";
pub(crate) const CLIENT_ID: &str = "2718281828.3141592653";
pub(crate) const SECRET: &str = "canary-client-secret";
pub(crate) const VERIFIER: &str = "canary-verifier-0123456789-0123456789-0123456789";
pub(crate) const NONCE: &str = "nonce-of-this-flow";

/// The first tenant of the sandbox, with its administrator.
pub(crate) const TENANT: &str = "3f6c1a52-8d0b-4e57-9a41-6b2f0c7d9e10";
pub(crate) const ADMIN: &str = "a1e0c7d4-52b9-4f6e-8c13-0d97be64f2a1";
/// The other tenant.
pub(crate) const OTHER_TENANT: &str = "c84de7b1-20f9-4a36-8be5-f1957a0463d2";

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) app: Credentials,
    providers: Providers,
}

struct SandboxTime(SandboxControl);

impl Clock for SandboxTime {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

/// Nobody waits: a pause moves the sandbox's clock and is over.
#[async_trait]
impl Timer for SandboxTime {
    async fn pause(&self, duration: Duration) {
        self.0.advance(duration);
    }
}

/// Short enough for a test to wait for, long enough for a busy machine to answer in.
pub(crate) fn short_limits() -> EgressPolicy {
    EgressPolicy {
        total_timeout: Duration::from_secs(1),
        ..private()
    }
}

pub(crate) fn private() -> EgressPolicy {
    EgressPolicy {
        allow_private_addresses: true,
        ..EgressPolicy::default()
    }
}

pub(crate) fn credentials(members: &[(&str, &str)]) -> Credentials {
    members
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(private(), CLIENT_ID, SECRET).await
    }

    pub(crate) async fn with(policy: EgressPolicy, client_id: &str, secret: &str) -> Self {
        let sandbox = Sandbox::start(SandboxConfig {
            slack_apps: vec![SlackApp {
                client_id: client_id.to_owned(),
                client_secret: secret.to_owned(),
                redirect_uris: vec![CALLBACK.to_owned()],
                rotation: false,
            }],
            entra_apps: vec![EntraApp {
                client_id: client_id.to_owned(),
                client_secret: secret.to_owned(),
                redirect_uris: vec![CALLBACK.to_owned()],
            }],
            ..SandboxConfig::default()
        });
        let sandbox = sandbox.await.unwrap();
        let endpoints = ProviderEndpoints {
            slack: sandbox.slack_base_url(),
            entra: sandbox.entra_base_url(),
            graph: sandbox.graph_base_url(),
            bot_framework: sandbox.bot_framework_base_url(),
        };
        let providers = clients(&endpoints, policy, &sandbox);
        let app = credentials(&[("clientId", client_id), ("secretKey", secret)]);
        Self {
            sandbox,
            app,
            providers,
        }
    }

    /// A world in which Slack is said to be somewhere else.
    pub(crate) async fn at_slack(policy: EgressPolicy, slack: &Url) -> Self {
        let world = Self::new().await;
        let endpoints = ProviderEndpoints {
            slack: slack.clone(),
            ..ProviderEndpoints::default()
        };
        let providers = clients(&endpoints, policy, &world.sandbox);
        Self { providers, ..world }
    }

    pub(crate) fn control(&self) -> SandboxControl {
        self.sandbox.control()
    }

    /// Switches token rotation on for the Slack app.
    pub(crate) fn rotate_tokens(&self) {
        self.control().register_slack_app(SlackApp {
            client_id: CLIENT_ID.to_owned(),
            client_secret: SECRET.to_owned(),
            redirect_uris: vec![CALLBACK.to_owned()],
            rotation: true,
        });
    }

    pub(crate) fn client(&self, provider: &str) -> Arc<dyn ProviderClient> {
        let provider = self
            .providers
            .find(&ProviderId::parse(provider).unwrap())
            .unwrap();
        provider.client.clone().unwrap()
    }

    pub(crate) fn events(&self, provider: &str) -> Arc<dyn EventReader> {
        let provider = self
            .providers
            .find(&ProviderId::parse(provider).unwrap())
            .unwrap();
        provider.events.clone().unwrap()
    }

    pub(crate) fn connect(&self, provider: &str) -> ConnectPolicy {
        let provider = self
            .providers
            .find(&ProviderId::parse(provider).unwrap())
            .unwrap();
        provider.policy.connect.clone().unwrap()
    }

    /// Fills in the page behind a request as a person would, with these fields changed or added,
    /// and returns the code.
    pub(crate) async fn consent(
        &self,
        request: &AuthorizeRequest,
        scope: Option<&str>,
        changes: &[(&str, &str)],
    ) -> String {
        let secrets = FlowSecrets {
            pkce_verifier: VERIFIER.into(),
            nonce: NONCE.to_owned(),
        };
        let inputs = AuthorizeInputs {
            state: "canary-state",
            scope,
            workspace_id: None,
        };
        let page = request
            .prepare(&self.app, CALLBACK)
            .url(&inputs, || secrets);
        submit(&Url::parse(&page).unwrap(), changes).await
    }

    pub(crate) async fn slack_code(&self, scopes: &[&str], changes: &[(&str, &str)]) -> String {
        let consent = self.connect("slack").consent;
        self.consent(&consent, Some(&scopes.join(",")), changes)
            .await
    }

    pub(crate) async fn entra_code(&self) -> String {
        let sign_in = self.connect("msteams").sign_in.unwrap();
        self.consent(&sign_in, None, &[("person", ADMIN)]).await
    }

    /// An exchange that only tells who somebody is.
    pub(crate) fn exchange(&self, code: &str, scopes: &[&str]) -> CodeExchange {
        CodeExchange {
            code: code.into(),
            redirect_uri: CALLBACK.to_owned(),
            pkce_verifier: VERIFIER.into(),
            nonce: NONCE.to_owned(),
            scopes: scopes.iter().map(ToString::to_string).collect(),
            purpose: Purpose::LinkUser,
            tenant: None,
            now: self.control().now(),
        }
    }

    /// Consents to a Slack app with these scopes and exchanges the code.
    pub(crate) async fn install(&self, scopes: &[&str]) -> Result<Grant, ProviderError> {
        self.install_with(scopes, &[]).await
    }

    pub(crate) async fn install_with(
        &self,
        scopes: &[&str],
        changes: &[(&str, &str)],
    ) -> Result<Grant, ProviderError> {
        let code = self.slack_code(scopes, changes).await;
        self.client("slack")
            .exchange_code(&self.app, &self.exchange(&code, scopes))
            .await
    }

    /// The same, with a JSON merge patch on Slack's reply.
    pub(crate) async fn install_patched(
        &self,
        scopes: &[&str],
        patch: serde_json::Value,
    ) -> Result<Grant, ProviderError> {
        self.control()
            .fault_once(Endpoint::SlackOauthV2Access, Fault::SlackReplyPatch(patch));
        self.install(scopes).await
    }

    /// Signs in to the first tenant and exchanges the code.
    pub(crate) async fn sign_in(&self) -> Result<Grant, ProviderError> {
        let code = self.entra_code().await;
        self.client("msteams")
            .exchange_code(&self.app, &self.exchange(&code, &[]))
            .await
    }
}

fn clients(endpoints: &ProviderEndpoints, policy: EgressPolicy, sandbox: &Sandbox) -> Providers {
    let time = Arc::new(SandboxTime(sandbox.control()));
    let egress = Egress::new(policy).unwrap();
    providers(endpoints, egress, time.clone(), time)
}

/// The reason for which something failed.
pub(crate) fn reason(outcome: Result<Grant, ProviderError>) -> Reason {
    outcome.unwrap_err().reason
}

async fn submit(page: &Url, changes: &[(&str, &str)]) -> String {
    let mut fields: Vec<(String, String)> = page.query_pairs().into_owned().collect();
    fields.push(("decision".to_owned(), "allow".to_owned()));
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    let form = format!(
        "{}{}/decision",
        page.origin().ascii_serialization(),
        page.path()
    );
    let answer = browser().post(form).form(&fields).send().await.unwrap();
    let location = answer.headers().get("location").expect("a redirect");
    let location = Url::parse(location.to_str().unwrap()).unwrap();
    let (_, code) = location
        .query_pairs()
        .find(|(name, _)| name == "code")
        .expect("a code");
    code.into_owned()
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the person's browser, not the product"
)]
fn browser() -> Client {
    Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}
