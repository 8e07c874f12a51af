//! The endpoints of the sandbox by name.

use serde::{Deserialize, Serialize};

/// An endpoint that can be counted and made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `GET /slack/oauth/v2/authorize`, the consent page.
    SlackAuthorize,
    /// `POST /slack/oauth/v2/authorize/decision`, its form.
    SlackAuthorizeDecision,
    /// `POST /slack/api/oauth.v2.access`, code exchange and refresh.
    SlackOauthV2Access,
    /// `/slack/api/oauth.v2.exchange`, a rotating pair for a long-lived token.
    SlackOauthV2Exchange,
    /// `/slack/api/auth.test`.
    SlackAuthTest,
    /// `/slack/api/auth.revoke`.
    SlackAuthRevoke,
    /// `POST /slack/api/apps.uninstall`.
    SlackAppsUninstall,
    /// Any other `/slack/api/{method}`; answers `unknown_method`.
    SlackOtherMethod,
    /// `POST /slack/services/{team}/{hook}/{secret}`, an incoming webhook.
    SlackIncomingWebhook,
    /// `GET /entra/{tenant}/v2.0/adminconsent`, the consent page.
    EntraAdminConsent,
    /// `POST /entra/{tenant}/v2.0/adminconsent/decision`, its form.
    EntraAdminConsentDecision,
    /// `GET /entra/{tenant}/oauth2/v2.0/authorize`, the sign-in page.
    EntraAuthorize,
    /// `POST /entra/{tenant}/oauth2/v2.0/authorize/decision`, its form.
    EntraAuthorizeDecision,
    /// `POST /entra/{tenant}/oauth2/v2.0/token`.
    EntraToken,
    /// `GET /entra/{tenant}/discovery/v2.0/keys`.
    EntraKeys,
    /// `GET /entra/{tenant}/v2.0/.well-known/openid-configuration`.
    EntraDiscovery,
    /// `GET /graph/v1.0/organization`.
    GraphOrganization,
    /// `GET /graph/v1.0/me`.
    GraphMe,
    /// `GET /graph/v1.0/users/{id}`.
    GraphUser,
    /// `GET /botframework/v1/.well-known/openidconfiguration`.
    BotFrameworkDiscovery,
    /// `GET /botframework/v1/.well-known/keys`.
    BotFrameworkKeys,
    /// `GET /rogue/keys`: the attacker's key set to which the header of
    /// [`IdTokenFault::EmbeddedKey`](crate::IdTokenFault::EmbeddedKey) points.
    /// Nobody has a reason to fetch it.
    RogueKeys,
}

impl Endpoint {
    /// The endpoint at this path; `None` for the index and the control API.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match segments.as_slice() {
            ["slack", rest @ ..] => of_slack(rest),
            ["entra", _, rest @ ..] => of_entra(rest),
            ["graph", "v1.0", "organization"] => Some(Self::GraphOrganization),
            ["graph", "v1.0", "me"] => Some(Self::GraphMe),
            ["graph", "v1.0", "users", _] => Some(Self::GraphUser),
            ["botframework", "v1", ".well-known", "openidconfiguration"] => {
                Some(Self::BotFrameworkDiscovery)
            }
            ["botframework", "v1", ".well-known", "keys"] => Some(Self::BotFrameworkKeys),
            ["rogue", "keys"] => Some(Self::RogueKeys),
            _ => None,
        }
    }
}

fn of_slack(segments: &[&str]) -> Option<Endpoint> {
    match segments {
        ["oauth", "v2", "authorize"] => Some(Endpoint::SlackAuthorize),
        ["oauth", "v2", "authorize", "decision"] => Some(Endpoint::SlackAuthorizeDecision),
        ["api", "oauth.v2.access"] => Some(Endpoint::SlackOauthV2Access),
        ["api", "oauth.v2.exchange"] => Some(Endpoint::SlackOauthV2Exchange),
        ["api", "auth.test"] => Some(Endpoint::SlackAuthTest),
        ["api", "auth.revoke"] => Some(Endpoint::SlackAuthRevoke),
        ["api", "apps.uninstall"] => Some(Endpoint::SlackAppsUninstall),
        ["api", _] => Some(Endpoint::SlackOtherMethod),
        ["services", _, _, _] => Some(Endpoint::SlackIncomingWebhook),
        _ => None,
    }
}

fn of_entra(segments: &[&str]) -> Option<Endpoint> {
    match segments {
        ["v2.0", "adminconsent"] => Some(Endpoint::EntraAdminConsent),
        ["v2.0", "adminconsent", "decision"] => Some(Endpoint::EntraAdminConsentDecision),
        ["oauth2", "v2.0", "authorize"] => Some(Endpoint::EntraAuthorize),
        ["oauth2", "v2.0", "authorize", "decision"] => Some(Endpoint::EntraAuthorizeDecision),
        ["oauth2", "v2.0", "token"] => Some(Endpoint::EntraToken),
        ["discovery", "v2.0", "keys"] => Some(Endpoint::EntraKeys),
        ["v2.0", ".well-known", "openid-configuration"] => Some(Endpoint::EntraDiscovery),
        _ => None,
    }
}
