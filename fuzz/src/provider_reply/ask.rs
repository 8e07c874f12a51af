//! What the clients are asked, one letter a question.

use std::{fmt, sync::Arc};

use serde_json::Value;
use tieline_domain::{
    connection::{CredentialKind, Workspace},
    flow::Purpose,
    integration::Credentials,
    ports::{CodeExchange, KeyWrapper, ProviderClient},
    provider::{GrantedCredential, ProviderId},
};
use tieline_providers::{ProviderEndpoints, TransitKey, VaultKeyWrapper, providers};
use tieline_testkit::{FixedClock, fixtures::NOON};

use super::{SECRET, World, promise};
use crate::loopback::Answer;

const CLIENT_ID: &str = "2718281828.3141592653";
const TENANT: &str = "3f6c1a52-8d0b-4e57-9a41-6b2f0c7d9e10";
const WORKSPACE: &str = "T0HARBOUR1";
const NONCE: &str = "nonce-of-this-flow";

/// A question, and what will be told in answer to it.
pub(super) struct Asked {
    kind: u8,
    /// What an id token claims.
    claims: Option<Value>,
    /// Of each answer: whether its status is one of success, and its body.
    told: Vec<(bool, Option<Value>)>,
}

impl Asked {
    pub(super) fn new(kind: u8, claims: Option<&[u8]>, answers: &[Answer]) -> Self {
        let told = |answer: &Answer| {
            let is_success = (200..300).contains(&answer.status);
            (is_success, serde_json::from_slice(&answer.body).ok())
        };
        Self {
            kind,
            claims: claims.and_then(|claims| serde_json::from_slice(claims).ok()),
            told: answers.iter().map(told).collect(),
        }
    }

    /// What was told, if a grant may come of it; none where it is JSON that only a reader takes who
    /// skips what he does not know, however deep.
    fn granting(&self) -> Option<&Value> {
        let (is_success, body) = self.told.first().expect("no grant out of nothing");
        assert!(is_success);
        body.as_ref()
    }
}

impl World {
    pub(super) async fn ask(&self, asked: &Asked) {
        let [slack, teams] = self.clients();
        match asked.kind {
            b'a'..=b'd' => self.ask_slack_for_tokens(&*slack, asked).await,
            b'e'..=b'g' => ask_slack(&*slack, asked).await,
            b'h'..=b'l' => ask_teams(&*teams, asked).await,
            b'm'..=b'o' => ask_vault(&self.vault(), asked).await,
            _ => {}
        }
    }

    async fn ask_slack_for_tokens(&self, slack: &dyn ProviderClient, asked: &Asked) {
        let (app, told) = (app(&[]), || asked.granting());
        match asked.kind {
            b'a' => {
                let grant = slack.exchange_code(&app, &exchange(Purpose::Connect)).await;
                if let Some(grant) = quiet(grant) {
                    promise::of_slack(&grant, told(), &self.base);
                }
            }
            b'b' => {
                let renewed = slack.refresh(&app, WORKSPACE, &bot()).await;
                if let Some(renewed) = quiet(renewed) {
                    promise::of_renewed(&renewed, told());
                }
            }
            b'c' => {
                let renewed = slack.exchange_token(&app, &bot()).await;
                if let Some(Some(renewed)) = quiet(renewed) {
                    promise::of_renewed(&renewed, told());
                }
            }
            _ => {
                let scopes = slack.verify(&app, WORKSPACE, &[bot()]).await;
                if let Some(told) = quiet(scopes).and_then(|_| told()) {
                    let named = [&told["team_id"], &told["enterprise_id"]];
                    assert!(named.contains(&&WORKSPACE.into()));
                }
            }
        }
    }

    /// Those of Slack and Teams, who know nothing yet.
    fn clients(&self) -> [Arc<dyn ProviderClient>; 2] {
        let endpoints = ProviderEndpoints {
            slack: self.base.clone(),
            entra: self.base.clone(),
            graph: self.base.clone(),
            bot_framework: self.base.clone(),
        };
        let clock = Arc::new(FixedClock::default());
        let all = providers(&endpoints, self.egress.clone(), clock.clone(), clock);
        ["slack", "msteams"].map(|id| {
            let id = ProviderId::parse(id).unwrap();
            all.find(&id).unwrap().client.clone().unwrap()
        })
    }

    fn vault(&self) -> VaultKeyWrapper {
        let key = self.base.join("/v1/transit/keys/tieline").unwrap();
        let key = TransitKey::parse(key).unwrap();
        VaultKeyWrapper::new(self.egress.clone(), key, Some("hvs.token".into()))
    }
}

/// What is asked of Slack besides.
async fn ask_slack(slack: &dyn ProviderClient, asked: &Asked) {
    let app = app(&[]);
    match asked.kind {
        b'e' => {
            let items = slack.disconnect(&app, &workspace(), &[bot()]).await;
            assert!(!items.is_empty());
            assert_quiet(&items);
        }
        b'f' => drop(quiet(slack.revoke(&app, &bot()).await)),
        _ => drop(quiet(slack.check_credentials(&app).await)),
    }
}

async fn ask_teams(teams: &dyn ProviderClient, asked: &Asked) {
    let app = app(match asked.kind {
        b'l' => &[("tenantId", TENANT)],
        _ => &[],
    });
    match asked.kind {
        // Nobody has signed anything here.
        b'h' => {
            let grant = teams.exchange_code(&app, &exchange(Purpose::Connect)).await;
            assert!(quiet(grant).is_none());
        }
        b'i' => {
            let purpose = match asked.told.len() {
                0 | 1 => Purpose::LinkUser,
                _ => Purpose::Connect,
            };
            let grant = teams.exchange_code(&app, &exchange(purpose)).await;
            if let Some(grant) = quiet(grant) {
                promise::of_teams(&grant, asked.claims.as_ref(), CLIENT_ID, NONCE);
            }
        }
        b'j' => {
            let token = teams.app_token(&app, TENANT).await;
            if let Some(Some(token)) = quiet(token) {
                promise::of_token(&token, asked.granting());
                assert!(!token.scopes.is_empty());
            }
        }
        b'k' => drop(quiet(teams.verify(&app, TENANT, &[]).await)),
        _ => drop(quiet(teams.check_credentials(&app).await)),
    }
}

async fn ask_vault(vault: &VaultKeyWrapper, asked: &Asked) {
    let (name, wrapped) = ("storage/s1", "vault:v1:abc=".into());
    match asked.kind {
        b'm' => {
            let key = b"key-of-thirty-two-bytes-exactly!".to_vec().into();
            drop(quiet(vault.wrap(name, &key).await));
        }
        b'n' => drop(quiet(vault.unwrap(name, &wrapped).await)),
        _ => drop(quiet(vault.rewrap(name, &wrapped).await)),
    }
}

/// What came of it. An error tells no secret.
fn quiet<T, E: fmt::Debug + fmt::Display>(outcome: Result<T, E>) -> Option<T> {
    match outcome {
        Ok(value) => Some(value),
        Err(error) => {
            assert_quiet(&error);
            assert!(!error.to_string().contains(SECRET));
            None
        }
    }
}

fn assert_quiet(shown: &impl fmt::Debug) {
    assert!(!format!("{shown:?}").contains(SECRET));
}

/// The app's credentials, with these besides.
fn app(more: &[(&str, &str)]) -> Credentials {
    let basic = [("clientId", CLIENT_ID), ("secretKey", "the-app-secret")];
    let all = basic.iter().chain(more);
    all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn exchange(purpose: Purpose) -> CodeExchange {
    CodeExchange {
        code: "code".into(),
        redirect_uri: "https://tieline.test/callback".to_owned(),
        pkce_verifier: "verifier-0123456789-0123456789-0123456789-0".into(),
        nonce: NONCE.to_owned(),
        scopes: ["chat:write", "incoming-webhook"].map(str::to_owned).into(),
        purpose,
        tenant: None,
        now: NOON,
    }
}

fn bot() -> GrantedCredential {
    GrantedCredential {
        kind: CredentialKind::Bot,
        access_token: "xoxb-old".into(),
        refresh_token: Some("xoxe-old".into()),
        scopes: vec!["chat:write".to_owned()],
        expires_at: None,
    }
}

fn workspace() -> Workspace {
    Workspace {
        id: WORKSPACE.to_owned(),
        name: None,
        bot_user_id: None,
    }
}
