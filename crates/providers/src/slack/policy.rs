//! What Slack demands and allows.

use tieline_domain::{
    connection::{ConnectionMode, CredentialKind},
    endpoint::EndpointKind,
    integration::Credentials,
    provider::{
        AuthorizeRequest, ConnectPolicy, CredentialField, CredentialFormat, LinkPolicy, Param,
        ProviderPolicy, ScopePolicy, SelectableScopes,
    },
};
use url::Url;

use super::scopes;

/// Slack's policy, its pages below `base`.
#[must_use]
pub fn policy(base: &Url) -> ProviderPolicy {
    ProviderPolicy {
        id: crate::provider_id("slack"),
        name: "Slack",
        account_noun: "workspace",
        credentials: credentials(),
        connect: Some(ConnectPolicy {
            modes: &[ConnectionMode::Subscriber, ConnectionMode::Shared],
            consent: page(base, "scope"),
            sign_in: None,
            scopes: ScopePolicy::Selectable(SELECTABLE),
            link: LinkPolicy {
                page: page(base, "user_scope"),
                scopes: ScopePolicy::Selectable(LINKING),
            },
            rotates_tokens: true,
            // A spent one is refused, and that is all ("Using token rotation").
            reuse_revokes_family: false,
            person_endpoint: EndpointKind::SlackUser,
            needs_credential: true,
        }),
    }
}

pub(super) const SELECTABLE: SelectableScopes = SelectableScopes {
    default: scopes::DEFAULT,
    known: scopes::KNOWN,
    separator: ",",
    required: &["chat:write", scopes::INCOMING_WEBHOOK],
    for_a_subscriber: &[scopes::INCOMING_WEBHOOK],
    credential: CredentialKind::Bot,
};

/// What a person is asked for who is only linked: who they are.
const LINKING: SelectableScopes = SelectableScopes {
    default: &["identity.basic"],
    known: scopes::KNOWN_FOR_USERS,
    separator: ",",
    required: &[],
    for_a_subscriber: &[],
    credential: CredentialKind::User,
};

/// The consent page, with the app's scopes in `scope` or the person's in `user_scope`. Without
/// PKCE: it is a switch of the app's that cannot be turned back and that changes how long
/// its refresh tokens live ("Using PKCE", docs.slack.dev), so it is never sent unasked.
fn page(base: &Url, scopes_as: &'static str) -> AuthorizeRequest {
    AuthorizeRequest {
        base: base.clone(),
        path: "/oauth/v2/authorize",
        params: vec![
            ("client_id", Param::ClientId),
            (scopes_as, Param::Scope),
            ("redirect_uri", Param::RedirectUri),
            ("state", Param::State),
            ("team", Param::Workspace),
        ],
    }
}

fn credentials() -> Vec<CredentialField> {
    vec![
        CredentialField {
            name: Credentials::CLIENT_ID,
            required: true,
            format: CredentialFormat::Text,
            description: "The app's Client ID: api.slack.com/apps, Basic Information.",
        },
        CredentialField {
            name: Credentials::SECRET_KEY,
            required: true,
            format: CredentialFormat::Text,
            description: "The app's Client Secret: api.slack.com/apps, Basic Information.",
        },
        CredentialField {
            name: Credentials::REDIRECT_URL,
            required: false,
            format: CredentialFormat::ReturnUrl,
            description: "Where the person is sent when the connection was made or failed.",
        },
        CredentialField {
            name: Credentials::HMAC,
            required: false,
            format: CredentialFormat::Flag,
            description: "Whether OAuth URLs need a contextHash, which proves the context.",
        },
        CredentialField {
            name: Credentials::SCOPES,
            required: false,
            format: CredentialFormat::Scopes(scopes::KNOWN),
            description: "The bot scopes to ask for when a request does not choose, separated by \
                commas; those of Tieline's without it.",
        },
        CredentialField {
            name: Credentials::TOKEN_ROTATION,
            required: false,
            format: CredentialFormat::Flag,
            description: "Whether the app rotates its tokens (OAuth & Permissions): older tokens \
                are then exchanged for ones that do.",
        },
        CredentialField {
            name: Credentials::SIGNING_SECRET,
            required: false,
            format: CredentialFormat::Text,
            description: "The app's Signing Secret (Basic Information), without which no event is \
                believed.",
        },
        CredentialField {
            name: Credentials::SIGNING_SECRET_PREVIOUS,
            required: false,
            format: CredentialFormat::Text,
            description: "The Signing Secret before, while a change of it goes on.",
        },
    ]
}

#[cfg(test)]
mod tests {
    use tieline_domain::provider::AuthorizeInputs;

    use super::*;

    fn consent_url(workspace_id: Option<&str>) -> String {
        let base = Url::parse("https://slack.com").unwrap();
        let app = Credentials::from_iter(
            [("clientId", "1.2"), ("secretKey", "hush")].map(|(n, v)| (n.to_owned(), v.to_owned())),
        );
        let inputs = AuthorizeInputs {
            state: "s-t_a~te",
            scope: Some("chat:write,users:read"),
            workspace_id,
        };
        let page = page(&base, "scope").prepare(&app, "https://t.example/cb");
        page.url(&inputs, || {
            unreachable!("the page has none of the flow's secrets")
        })
    }

    /// A01, A06, A07
    #[test]
    fn the_consent_page_gets_client_scopes_callback_and_state_in_this_order() {
        assert_eq!(
            consent_url(None),
            "https://slack.com/oauth/v2/authorize?client_id=1.2\
             &scope=chat%3Awrite%2Cusers%3Aread&redirect_uri=https%3A%2F%2Ft.example%2Fcb\
             &state=s-t_a%7Ete"
        );
    }

    #[test]
    fn a_connection_that_is_renewed_names_its_workspace() {
        assert!(consent_url(Some("T0HARBOUR1")).ends_with("&state=s-t_a%7Ete&team=T0HARBOUR1"));
    }

    #[test]
    fn every_scope_that_the_policy_names_is_a_known_one() {
        let named = SELECTABLE.default.iter().chain(SELECTABLE.required);
        for scope in named.chain(SELECTABLE.for_a_subscriber) {
            assert!(SELECTABLE.known.contains(scope), "{scope}");
        }
    }
}
