//! An authorize request, checked the same way when the page is shown and when
//! its form comes back.

use url::Url;

use crate::http::Params;
use crate::slack::redirect_uri;
use crate::slack::state::SlackState;

/// The scope that lets the installer choose a channel to post to.
pub(crate) const INCOMING_WEBHOOK: &str = "incoming-webhook";

/// What an app asks for.
#[derive(Debug, Clone)]
pub(crate) struct AuthorizeRequest {
    pub(crate) client_id: String,
    pub(crate) bot_scopes: Vec<String>,
    pub(crate) user_scopes: Vec<String>,
    /// Where the browser is sent.
    pub(crate) target: Url,
    /// What was literally asked for, which the token method compares.
    pub(crate) redirect_uri: Option<String>,
    pub(crate) state: String,
    pub(crate) team: Option<String>,
    pub(crate) challenge: Option<String>,
}

/// Why Slack shows its own error page: a code and an explanation.
pub(crate) type Refused = (&'static str, &'static str);

impl AuthorizeRequest {
    pub(crate) fn read(params: &Params, slack: &SlackState) -> Result<Self, Refused> {
        if params.repeated().is_some() {
            return Err(("invalid_arguments", "A parameter occurs more than once."));
        }
        let client_id = params.get("client_id").unwrap_or_default();
        let app = slack.app(client_id).ok_or((
            "invalid_client_id",
            "No app with this client_id is registered.",
        ))?;
        let redirect_uri = params.get("redirect_uri");
        let target = redirect_uri::resolve(redirect_uri, &app.redirect_uris).ok_or((
            "bad_redirect_uri",
            "redirect_uri is no registered redirect URL, nor a sub-directory of one.",
        ))?;
        let (bot_scopes, user_scopes) = read_scopes(params)?;
        Ok(Self {
            client_id: client_id.to_owned(),
            bot_scopes,
            user_scopes,
            target,
            redirect_uri: redirect_uri.map(str::to_owned),
            state: params.get("state").unwrap_or_default().to_owned(),
            team: params.get("team").map(str::to_owned),
            challenge: read_challenge(params)?,
        })
    }

    pub(crate) fn wants_webhook(&self) -> bool {
        self.bot_scopes
            .iter()
            .any(|scope| scope == INCOMING_WEBHOOK)
    }
}

fn read_scopes(params: &Params) -> Result<(Vec<String>, Vec<String>), Refused> {
    let read = |name| split(params.get(name).unwrap_or_default());
    let (bot, user) = (read("scope")?, read("user_scope")?);
    if bot.is_empty() && user.is_empty() {
        return Err((
            "no_scopes",
            "Neither scope nor user_scope asks for anything.",
        ));
    }
    Ok((bot, user))
}

/// Slack separates by commas; a blank is part of no scope's name.
fn split(list: &str) -> Result<Vec<String>, Refused> {
    let known = |byte: u8| byte.is_ascii_lowercase() || b"_.:-".contains(&byte);
    let mut scopes = Vec::new();
    for scope in list.split(',').filter(|scope| !scope.is_empty()) {
        if !scope.bytes().all(known) {
            return Err((
                "invalid_scope",
                "A scope is unknown; scopes are separated by commas.",
            ));
        }
        if !scopes.iter().any(|seen| seen == scope) {
            scopes.push(scope.to_owned());
        }
    }
    Ok(scopes)
}

/// Slack knows S256 only ("Using PKCE"). Whether the app may use PKCE at all is
/// the token method's business.
fn read_challenge(params: &Params) -> Result<Option<String>, Refused> {
    match (
        params.get("code_challenge"),
        params.get("code_challenge_method"),
    ) {
        (None, None) => Ok(None),
        (Some(challenge), Some("S256")) => Ok(Some(challenge.to_owned())),
        _ => Err((
            "invalid_arguments",
            "A code_challenge needs code_challenge_method=S256.",
        )),
    }
}
