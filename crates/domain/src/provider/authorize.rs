//! The URLs to which a person is sent.

use std::{borrow::Cow, cell::LazyCell};

use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

use crate::{flow::FlowSecrets, integration::Credentials};

/// About what the parameters of a page take besides the state.
const ROOM: usize = 512;

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

/// A page for one integration: its URL, all but what each flow puts there.
#[derive(Clone, Debug)]
pub struct AuthorizePage {
    base: String,
    query: Vec<Piece>,
}

/// A part of a query.
#[derive(Clone, Debug)]
enum Piece {
    /// Parameters, encoded.
    Ready(String),
    /// A parameter whose value is the flow's.
    Open(&'static str, Param),
}

/// What a flow puts into a URL.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizeInputs<'a> {
    /// The sealed state.
    pub state: &'a str,
    /// The scopes, joined.
    pub scope: Option<&'a str>,
    /// The account that is to be connected, where the flow is for one.
    pub workspace_id: Option<&'a str>,
}

impl AuthorizeRequest {
    /// The page for an integration with these credentials. A parameter without a value is left
    /// out.
    #[must_use]
    pub fn prepare(&self, app: &Credentials, redirect_uri: &str) -> AuthorizePage {
        let authority = app.get(Credentials::TENANT_ID).unwrap_or("organizations");
        let base = join(&self.base, &self.path.replace("{authority}", authority));
        let mut query = Vec::new();
        for (name, param) in &self.params {
            let value = match param {
                Param::Fixed(value) => Some(value.as_str()),
                Param::ClientId => app.get(Credentials::CLIENT_ID),
                Param::RedirectUri => Some(redirect_uri),
                _ => {
                    query.push(Piece::Open(name, param.clone()));
                    continue;
                }
            };
            if let Some(value) = value {
                add_ready(&mut query, name, value);
            }
        }
        AuthorizePage {
            base: base.into(),
            query,
        }
    }
}

/// Adds a parameter to those that are ready, if it stands beside them.
fn add_ready(query: &mut Vec<Piece>, name: &str, value: &str) {
    if let Some(Piece::Ready(text)) = query.last_mut() {
        text.push('&');
        encode(text, name, value);
    } else {
        let mut text = String::new();
        encode(&mut text, name, value);
        query.push(Piece::Ready(text));
    }
}

impl AuthorizePage {
    /// The URL for a flow, every value percent-encoded once. A parameter without a value is left
    /// out. The flow's secrets are asked for only where the page has one of them.
    #[must_use]
    pub fn url(
        &self,
        inputs: &AuthorizeInputs<'_>,
        secrets: impl FnOnce() -> FlowSecrets,
    ) -> String {
        let secrets = LazyCell::new(secrets);
        let mut url = String::with_capacity(self.base.len() + inputs.state.len() + ROOM);
        url.push_str(&self.base);
        let mut separator = if self.base.contains('?') { '&' } else { '?' };
        for piece in &self.query {
            let before = url.len();
            url.push(separator);
            match piece {
                Piece::Ready(text) => url.push_str(text),
                Piece::Open(name, param) => {
                    let Some(value) = param.of_flow(inputs, &secrets) else {
                        url.truncate(before);
                        continue;
                    };
                    encode(&mut url, name, &value);
                }
            }
            separator = '&';
        }
        url
    }
}

impl Param {
    /// The value that a flow gives to its parameter.
    fn of_flow<'a, F: FnOnce() -> FlowSecrets>(
        &self,
        inputs: &AuthorizeInputs<'a>,
        secrets: &LazyCell<FlowSecrets, F>,
    ) -> Option<Cow<'a, str>> {
        match self {
            Self::State => Some(inputs.state.into()),
            Self::Scope => inputs.scope.map(Cow::from),
            Self::Workspace => inputs.workspace_id.map(Cow::from),
            Self::CodeChallenge => {
                Some(code_challenge(secrets.pkce_verifier.expose_secret()).into())
            }
            Self::Nonce => Some(secrets.nonce.clone().into()),
            Self::Fixed(_) | Self::ClientId | Self::RedirectUri => None,
        }
    }
}

/// Whether a text has nothing but letters and digits of ASCII, `-` and `_`.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "without branches many bytes are looked at in one step"
)]
fn is_plain(text: &str) -> bool {
    let is_plain = |byte: u8| {
        let (letter, digit) = ((byte | 0x20).wrapping_sub(b'a'), byte.wrapping_sub(b'0'));
        (letter < 26) | (digit < 10) | (byte == b'-') | (byte == b'_')
    };
    text.bytes().fold(true, |all, byte| all & is_plain(byte))
}

/// `application/x-www-form-urlencoded`, as a query is.
fn encode(url: &mut String, name: &str, value: &str) {
    for (text, after) in [(name, "="), (value, "")] {
        // A state is long, and has nothing to encode.
        if is_plain(text) {
            url.push_str(text);
        } else {
            url.extend(form_urlencoded::byte_serialize(text.as_bytes()));
        }
        url.push_str(after);
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

    #[test]
    fn what_is_encoded_is_what_a_form_encodes() {
        for byte in 0..=127_u8 {
            let text = format!("a{}z", char::from(byte));
            let mut encoded = String::new();
            encode(&mut encoded, "n", &text);
            let expected: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
            assert_eq!(encoded, format!("n={expected}"));
        }
    }
}
