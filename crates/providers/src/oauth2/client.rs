//! Client authentication.

use tieline_domain::{integration::Credentials, ports::ProviderError, reason::Reason};
use url::{Url, form_urlencoded::byte_serialize};

use crate::http::{Call, EgressError, Form};

/// How a provider wants an app to authenticate (RFC 6749 section 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// In the form: `client_secret_post`.
    Post,
    /// By HTTP Basic, both parts form-encoded first: `client_secret_basic`.
    Basic,
}

/// An app's name and password at a provider.
#[derive(Clone, Copy)]
pub struct OauthClient<'a> {
    /// The client id.
    pub id: &'a str,
    /// The client secret.
    pub secret: &'a str,
}

impl std::fmt::Debug for OauthClient<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OauthClient")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl<'a> OauthClient<'a> {
    /// The app of these credentials.
    pub fn of(app: &'a Credentials) -> Result<Self, ProviderError> {
        let get = |name| app.get(name).ok_or(Reason::CredentialsMissing);
        Ok(Self {
            id: get(Credentials::CLIENT_ID)?,
            secret: get(Credentials::SECRET_KEY)?,
        })
    }
}

impl ClientAuthentication {
    /// A call to a token endpoint by this client.
    pub fn call(
        self,
        endpoint: &'static str,
        url: Url,
        form: Form,
        client: OauthClient<'_>,
    ) -> Result<Call, EgressError> {
        match self {
            Self::Post => {
                let form = form
                    .field("client_id", client.id)
                    .field("client_secret", client.secret);
                Ok(Call::post(endpoint, url, form))
            }
            Self::Basic => Call::post(endpoint, url, form)
                .with_basic(&form_encoded(client.id), &form_encoded(client.secret)),
        }
    }
}

fn form_encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C39
    #[test]
    fn basic_authentication_form_encodes_both_parts() {
        assert_eq!(form_encoded("a:b+c%d é"), "a%3Ab%2Bc%25d+%C3%A9");
    }

    #[test]
    fn a_missing_secret_is_named_before_anything_is_sent() {
        let app = Credentials::from_iter([("clientId".to_owned(), "1.2".to_owned())]);
        let error = OauthClient::of(&app).unwrap_err();
        assert_eq!(error.reason, Reason::CredentialsMissing);
    }
}
