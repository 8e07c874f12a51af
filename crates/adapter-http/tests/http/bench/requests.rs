//! What a back end asks for, what a browser brings back, and what a provider grants.

use secrecy::SecretString;
use serde_json::{Value, json};
use tieline_adapter_http::CALLBACK_PATH;
use tieline_domain::{
    connection::{CredentialKind, Workspace},
    ports::MockProviderClient,
    provider::{Grant, GrantedCredential},
};
use url::Url;

/// The request for `ada` to connect Slack.
pub(crate) fn for_ada() -> Value {
    json!({ "subscriberId": "ada", "integrationIdentifier": "slack" })
}

/// A request for `ada` with this member more, or in another's place.
pub(crate) fn with(member: &str, value: impl Into<Value>) -> Value {
    let mut body = for_ada();
    body[member] = value.into();
    body
}

pub(crate) fn callback(query: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(query)
        .finish();
    format!("{CALLBACK_PATH}?{query}")
}

pub(crate) fn state_of(url: &str) -> String {
    let url = Url::parse(url).unwrap();
    let mut pairs = url.query_pairs();
    let state = pairs.find(|(name, _)| name == "state").unwrap().1;
    state.into_owned()
}

/// Grants a bot in a workspace of this name, once.
pub(crate) fn grants(workspace: &str) -> MockProviderClient {
    let grant = Grant {
        workspace: Workspace {
            id: "T1".to_owned(),
            name: Some(workspace.to_owned()),
            bot_user_id: None,
        },
        person: Some("U1".to_owned()),
        credentials: vec![GrantedCredential {
            kind: CredentialKind::Bot,
            access_token: SecretString::from("xoxb-canary"),
            refresh_token: None,
            scopes: vec!["chat:write".to_owned()],
            expires_at: None,
        }],
        incoming_webhook: None,
    };
    let mut client = MockProviderClient::new();
    client
        .expect_exchange_code()
        .times(1)
        .returning(move |_, _| Ok(grant.clone()));
    client
}
