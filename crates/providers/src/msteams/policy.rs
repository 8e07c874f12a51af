//! What Microsoft Teams demands and allows.

use tieline_domain::{
    connection::ConnectionMode,
    endpoint::EndpointKind,
    integration::Credentials,
    provider::{
        AuthorizeRequest, ConnectPolicy, CredentialField, CredentialFormat, LinkPolicy, Param,
        ProviderPolicy, ScopePolicy,
    },
};
use url::Url;

use super::SIGN_IN_SCOPE;

/// The policy of Microsoft Teams, with Entra's pages below `entra`, in the cloud of `graph`.
#[must_use]
pub fn policy(entra: &Url, graph: &Url) -> ProviderPolicy {
    ProviderPolicy {
        id: crate::provider_id("msteams"),
        name: "Microsoft Teams",
        account_noun: "tenant",
        credentials: credentials(),
        connect: Some(ConnectPolicy {
            modes: &[ConnectionMode::Subscriber, ConnectionMode::Shared],
            consent: consent(entra, graph),
            sign_in: Some(sign_in(entra)),
            scopes: ScopePolicy::Fixed,
            link: LinkPolicy {
                page: sign_in(entra),
                scopes: ScopePolicy::Fixed,
            },
            rotates_tokens: false,
            reuse_revokes_family: false,
            person_endpoint: EndpointKind::MsTeamsUser,
            // Messages are sent with the app's own credentials.
            needs_credential: false,
        }),
    }
}

/// The administrator's consent to everything in the app's registration.
fn consent(entra: &Url, graph: &Url) -> AuthorizeRequest {
    AuthorizeRequest {
        base: entra.clone(),
        path: "/{authority}/v2.0/adminconsent",
        params: vec![
            ("client_id", Param::ClientId),
            ("redirect_uri", Param::RedirectUri),
            (
                "scope",
                Param::Fixed(format!("{}/.default", resource(graph))),
            ),
            ("state", Param::State),
        ],
    }
}

/// The sign-in that proves whose tenant it was ("OAuth 2.0 authorization code flow").
fn sign_in(entra: &Url) -> AuthorizeRequest {
    let fixed = |value: &str| Param::Fixed(value.to_owned());
    AuthorizeRequest {
        base: entra.clone(),
        path: "/{authority}/oauth2/v2.0/authorize",
        params: vec![
            ("client_id", Param::ClientId),
            ("response_type", fixed("code")),
            ("redirect_uri", Param::RedirectUri),
            ("response_mode", fixed("query")),
            ("scope", fixed(SIGN_IN_SCOPE)),
            ("state", Param::State),
            ("nonce", Param::Nonce),
            ("code_challenge", Param::CodeChallenge),
            ("code_challenge_method", fixed("S256")),
        ],
    }
}

/// The resource whose permissions are consented to. A sovereign cloud has its own; the sandbox
/// stands in for the global one ("National clouds", learn.microsoft.com).
pub(super) fn resource(graph: &Url) -> String {
    match graph.scheme() {
        "https" => graph.origin().ascii_serialization(),
        _ => "https://graph.microsoft.com".to_owned(),
    }
}

fn credentials() -> Vec<CredentialField> {
    vec![
        CredentialField {
            name: Credentials::CLIENT_ID,
            required: true,
            format: CredentialFormat::Text,
            description: "The Application (client) ID: entra.microsoft.com, App registrations.",
        },
        CredentialField {
            name: Credentials::SECRET_KEY,
            required: true,
            format: CredentialFormat::Text,
            description: "The Value of a client secret: Certificates & secrets of the registration.",
        },
        CredentialField {
            name: Credentials::TENANT_ID,
            required: false,
            format: CredentialFormat::Guid,
            description: "The one tenant that may connect; without it, any organization may.",
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
            name: Credentials::BOT_APP_ID,
            required: false,
            format: CredentialFormat::Guid,
            description: "The Microsoft App ID of the bot, where it is not the clientId.",
        },
    ]
}

#[cfg(test)]
mod tests {
    use tieline_domain::{flow::FlowSecrets, provider::AuthorizeInputs};

    use super::*;

    fn url(request: &AuthorizeRequest, tenant: Option<&str>) -> String {
        let app = [("clientId", Some("c1")), ("tenantId", tenant)];
        let app = app
            .into_iter()
            .filter_map(|(n, v)| Some((n.to_owned(), v?.to_owned())));
        let secrets = FlowSecrets {
            pkce_verifier: "v".repeat(43).into(),
            nonce: "n1".to_owned(),
        };
        let inputs = AuthorizeInputs {
            state: "s1",
            scope: None,
            workspace_id: None,
        };
        let page = request.prepare(&app.collect(), "https://t.example/cb");
        page.url(&inputs, || secrets)
    }

    fn parsed(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    /// E01
    #[test]
    fn consent_is_asked_for_any_organization_or_for_the_one_tenant() {
        let consent = consent(
            &parsed("https://login.microsoftonline.com"),
            &parsed("https://graph.microsoft.com"),
        );
        let query = "client_id=c1&redirect_uri=https%3A%2F%2Ft.example%2Fcb\
                     &scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&state=s1";
        for (tenant, authority) in [
            (None, "organizations"),
            (
                Some("3f6c1a52-8d0b-4e57-9a41-6b2f0c7d9e10"),
                "3f6c1a52-8d0b-4e57-9a41-6b2f0c7d9e10",
            ),
        ] {
            assert_eq!(
                url(&consent, tenant),
                format!("https://login.microsoftonline.com/{authority}/v2.0/adminconsent?{query}")
            );
        }
    }

    /// E12
    #[test]
    fn the_resource_is_that_of_the_cloud() {
        for (graph, expected) in [
            (
                "https://graph.microsoft.com/",
                "https://graph.microsoft.com",
            ),
            ("https://graph.microsoft.us", "https://graph.microsoft.us"),
            ("http://127.0.0.1:4000/graph", "https://graph.microsoft.com"),
        ] {
            assert_eq!(resource(&parsed(graph)), expected);
        }
    }

    /// A06
    #[test]
    fn the_sign_in_carries_nonce_and_s256_challenge() {
        let url = url(
            &sign_in(&parsed("https://login.microsoftonline.com/")),
            None,
        );
        assert_eq!(
            url,
            format!(
                "https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize\
                 ?client_id=c1&response_type=code&redirect_uri=https%3A%2F%2Ft.example%2Fcb\
                 &response_mode=query&scope=openid+profile+User.Read&state=s1&nonce=n1\
                 &code_challenge={}&code_challenge_method=S256",
                tieline_domain::provider::authorize::code_challenge(&"v".repeat(43))
            )
        );
    }
}
