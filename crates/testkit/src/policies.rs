//! Policies of providers that resemble the real ones, for tests of the domain. The real ones are
//! not the domain's to know.

use tieline_domain::{
    connection::{ConnectionMode, CredentialKind},
    endpoint::EndpointKind,
    integration::Credentials,
    provider::{
        AuthorizeRequest, ConnectPolicy, CredentialField, CredentialFormat, LinkPolicy, Param,
        ProviderId, ProviderPolicy, ScopePolicy, SelectableScopes,
    },
};
use url::Url;

const KNOWN_SCOPES: &[&str] = &[
    "chat:write",
    "channels:read",
    "users:read",
    "incoming-webhook",
];

const MODES: &[ConnectionMode] = &[ConnectionMode::Subscriber, ConnectionMode::Shared];

/// A provider like Slack: one consent, selectable scopes, a bot's token.
#[must_use]
pub fn slack_like() -> ProviderPolicy {
    ProviderPolicy {
        id: ProviderId::parse("slack").unwrap(),
        name: "Slack",
        account_noun: "workspace",
        credentials: fields(),
        connect: Some(ConnectPolicy {
            modes: MODES,
            consent: AuthorizeRequest {
                base: Url::parse("https://slack.test").unwrap(),
                path: "/oauth/v2/authorize",
                params: vec![
                    ("client_id", Param::ClientId),
                    ("scope", Param::Scope),
                    ("redirect_uri", Param::RedirectUri),
                    ("state", Param::State),
                ],
            },
            sign_in: None,
            scopes: ScopePolicy::Selectable(SelectableScopes {
                default: &["chat:write", "channels:read"],
                known: KNOWN_SCOPES,
                separator: ",",
                required: &["chat:write"],
                for_a_subscriber: &["incoming-webhook"],
                credential: CredentialKind::Bot,
            }),
            rotates_tokens: true,
            reuse_revokes_family: false,
            link: LinkPolicy {
                page: AuthorizeRequest {
                    base: Url::parse("https://slack.test").unwrap(),
                    path: "/oauth/v2/authorize",
                    params: vec![("user_scope", Param::Scope), ("state", Param::State)],
                },
                scopes: ScopePolicy::Selectable(SelectableScopes {
                    default: &["identity.basic"],
                    known: &["identity.basic", "identity.email"],
                    separator: ",",
                    required: &[],
                    for_a_subscriber: &[],
                    credential: CredentialKind::User,
                }),
            },
            person_endpoint: EndpointKind::SlackUser,
            needs_credential: true,
        }),
    }
}

/// A provider like Microsoft Teams: an administrator's consent that brings no code, then a sign-in
/// that proves the tenant; no token is kept.
#[must_use]
pub fn teams_like() -> ProviderPolicy {
    ProviderPolicy {
        id: ProviderId::parse("msteams").unwrap(),
        name: "Microsoft Teams",
        account_noun: "tenant",
        credentials: fields(),
        connect: Some(ConnectPolicy {
            modes: MODES,
            consent: entra(
                "/{authority}/v2.0/adminconsent",
                vec![(
                    "scope",
                    Param::Fixed("https://graph.test/.default".to_owned()),
                )],
            ),
            sign_in: Some(entra(
                "/{authority}/oauth2/v2.0/authorize",
                vec![
                    ("response_type", Param::Fixed("code".to_owned())),
                    ("scope", Param::Fixed("openid profile".to_owned())),
                    ("code_challenge", Param::CodeChallenge),
                    ("code_challenge_method", Param::Fixed("S256".to_owned())),
                    ("nonce", Param::Nonce),
                ],
            )),
            scopes: ScopePolicy::Fixed,
            rotates_tokens: false,
            reuse_revokes_family: false,
            link: LinkPolicy {
                page: entra(
                    "/{authority}/oauth2/v2.0/authorize",
                    vec![("response_type", Param::Fixed("code".to_owned()))],
                ),
                scopes: ScopePolicy::Fixed,
            },
            person_endpoint: EndpointKind::MsTeamsUser,
            needs_credential: false,
        }),
    }
}

fn entra(path: &'static str, extra: Vec<(&'static str, Param)>) -> AuthorizeRequest {
    let mut params = vec![
        ("client_id", Param::ClientId),
        ("redirect_uri", Param::RedirectUri),
        ("state", Param::State),
    ];
    params.extend(extra);
    AuthorizeRequest {
        base: Url::parse("https://entra.test").unwrap(),
        path,
        params,
    }
}

fn fields() -> Vec<CredentialField> {
    let field = |name, required, format| CredentialField {
        name,
        required,
        format,
        description: "",
    };
    vec![
        field(Credentials::CLIENT_ID, true, CredentialFormat::Text),
        field(Credentials::SECRET_KEY, true, CredentialFormat::Text),
        field(Credentials::TENANT_ID, false, CredentialFormat::Text),
        field(
            Credentials::REDIRECT_URL,
            false,
            CredentialFormat::ReturnUrl,
        ),
        field(Credentials::HMAC, false, CredentialFormat::Flag),
        field(
            Credentials::SCOPES,
            false,
            CredentialFormat::Scopes(KNOWN_SCOPES),
        ),
    ]
}
