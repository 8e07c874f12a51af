//! What a grant promises, whatever it was read from.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tieline_domain::{
    connection::Workspace,
    provider::{Grant, GrantedCredential},
};
use tieline_testkit::fixtures::NOON;
use url::Url;

use super::SECRET;

/// Slack said that it is well, and whose it is; a webhook leads to Slack.
pub(super) fn of_slack(grant: &Grant, told: Option<&Value>, slack: &Url) {
    assert!(told.is_none_or(|told| told["ok"] == true));
    of_workspace(&grant.workspace);
    assert!(!grant.credentials.is_empty());
    for credential in &grant.credentials {
        fit(credential);
    }
    if let Some(webhook) = &grant.incoming_webhook {
        let url = Url::parse(webhook.url.expose_secret()).unwrap();
        let hosts = [Some("hooks.slack.com"), Some("hooks.slack-gov.com")];
        assert!(url.origin() == slack.origin() || hosts.contains(&url.host_str()));
        assert!(!format!("{webhook:?}").contains("services"));
    }
}

/// Slack said that it is well, and the token is the one that it told.
pub(super) fn of_renewed(renewed: &GrantedCredential, told: Option<&Value>) {
    assert!(told.is_none_or(|told| told["ok"] == true));
    assert!(renewed.refresh_token.is_some());
    of_token(renewed, told);
}

/// The token is the one that was told.
pub(super) fn of_token(token: &GrantedCredential, told: Option<&Value>) {
    let own = token.access_token.expose_secret();
    assert!(told.is_none_or(|told| told["access_token"] == own));
    fit(token);
}

/// It is who signed in, in this flow, to this app, and now.
pub(super) fn of_teams(grant: &Grant, claims: Option<&Value>, client_id: &str, nonce: &str) {
    of_workspace(&grant.workspace);
    assert!(grant.credentials.is_empty());
    let Some(claims) = claims else { return };
    let tenant = claims["tid"].as_str().unwrap();
    assert!(tenant.eq_ignore_ascii_case(&grant.workspace.id));
    assert_eq!(claims["nonce"], nonce);
    assert_eq!(claims["oid"].as_str(), grant.person.as_deref());
    assert!(claims["exp"].as_i64().unwrap().saturating_add(300) >= NOON.as_second());
    let audience = &claims["aud"];
    let several = audience.as_array();
    assert!(audience == client_id || several.is_some_and(|all| all.contains(&client_id.into())));
}

fn of_workspace(workspace: &Workspace) {
    let is_id = |id: &String| (1..=128).contains(&id.len()) && is_visible(id);
    assert!(is_id(&workspace.id));
    assert!(workspace.bot_user_id.iter().all(is_id));
    let is_name = |name: &String| {
        (1..=200).contains(&name.chars().count()) && !name.contains(char::is_control)
    };
    assert!(workspace.name.iter().all(is_name), "{:?}", workspace.name);
}

/// Tokens can stand in a header, and are not shown; none lives for longer than time does.
fn fit(credential: &GrantedCredential) {
    let tokens = credential
        .refresh_token
        .iter()
        .chain([&credential.access_token]);
    for token in tokens.map(SecretString::expose_secret) {
        assert!(!token.is_empty() && is_visible(token));
    }
    let shown = format!(
        "{:?}",
        GrantedCredential {
            scopes: Vec::new(),
            ..credential.clone()
        }
    );
    assert!(!shown.contains(SECRET));
}

fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}
