//! The URLs to which a person is sent.

use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use url::Url;

use crate::{flow::FlowSecrets, integration::Credentials};

/// A page at a provider to which a person is sent, as data.
#[derive(Clone, Debug)]
pub struct AuthorizeRequest {
    /// The provider's base URL, which configuration may override.
    pub base: Url,
    /// The path below it. `{authority}` stands for the integration's tenant, or for
    /// `organizations` where it has none.
    pub path: &'static str,
    /// The query's parameters, in their order.
    pub params: Vec<(&'static str, Param)>,
}

/// Where a query parameter's value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Param {
    /// Always the same.
    Fixed(String),
    /// The integration's client id.
    ClientId,
    /// Our callback.
    RedirectUri,
    /// The sealed state.
    State,
    /// The scopes, joined as the provider wants them.
    Scope,
    /// The PKCE challenge, method S256 (RFC 7636 section 4.2).
    CodeChallenge,
    /// The OpenID Connect nonce.
    Nonce,
    /// The account that is to be connected, where the flow is for one: a hint to the person, since
    /// the page may let them choose another.
    Workspace,
}

/// What a URL is made of.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizeInputs<'a> {
    /// The integration's credentials.
    pub credentials: &'a Credentials,
    /// Our callback.
    pub redirect_uri: &'a str,
    /// The sealed state.
    pub state: &'a str,
    /// The scopes, joined.
    pub scope: Option<&'a str>,
    /// The account that is to be connected, where the flow is for one.
    pub workspace_id: Option<&'a str>,
    /// The flow's secrets.
    pub secrets: &'a FlowSecrets,
}

impl AuthorizeRequest {
    /// The URL of the page, every value percent-encoded once. A parameter without a value is left
    /// out.
    #[must_use]
    pub fn url(&self, inputs: &AuthorizeInputs<'_>) -> Url {
        let authority = inputs
            .credentials
            .get(Credentials::TENANT_ID)
            .unwrap_or("organizations");
        let mut url = join(&self.base, &self.path.replace("{authority}", authority));
        {
            let mut query = url.query_pairs_mut();
            for (name, param) in &self.params {
                if let Some(value) = param.value(inputs) {
                    query.append_pair(name, &value);
                }
            }
        }
        url
    }
}

impl Param {
    fn value(&self, inputs: &AuthorizeInputs<'_>) -> Option<String> {
        match self {
            Self::Fixed(value) => Some(value.clone()),
            Self::ClientId => inputs
                .credentials
                .get(Credentials::CLIENT_ID)
                .map(str::to_owned),
            Self::RedirectUri => Some(inputs.redirect_uri.to_owned()),
            Self::State => Some(inputs.state.to_owned()),
            Self::Scope => inputs.scope.map(str::to_owned),
            Self::CodeChallenge => {
                Some(code_challenge(inputs.secrets.pkce_verifier.expose_secret()))
            }
            Self::Nonce => Some(inputs.secrets.nonce.clone()),
            Self::Workspace => inputs.workspace_id.map(str::to_owned),
        }
    }
}

/// Puts a path below a base URL, whatever path the base has itself.
#[must_use]
pub fn join(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}

/// The S256 challenge of a verifier: BASE64URL(SHA-256(verifier)), RFC 7636 section 4.2.
#[must_use]
pub fn code_challenge(verifier: &str) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_the_one_of_rfc_7636_appendix_b() {
        assert_eq!(
            code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn a_path_is_put_below_the_path_of_its_base() {
        for base in ["http://127.0.0.1:1/slack", "http://127.0.0.1:1/slack/"] {
            let base = Url::parse(base).unwrap();
            assert_eq!(
                join(&base, "/oauth/v2/authorize").path(),
                "/slack/oauth/v2/authorize"
            );
        }
    }
}
