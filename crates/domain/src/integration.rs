//! Integrations: the product's own apps at the providers.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    id::{EnvironmentId, IntegrationId},
    provider::ProviderId,
    sealed::{Sealed, SealedColumn, SealedPlace},
};

pub mod known;

pub use known::KnownIntegration;
pub(crate) use known::Prepared;

/// The product's own app at a provider, in one environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integration {
    /// Its id.
    pub id: IntegrationId,
    /// The environment it lives in.
    pub environment_id: EnvironmentId,
    /// The provider.
    pub provider: ProviderId,
    /// The name under which clients know it; unique in its environment.
    pub identifier: String,
    /// What people call it.
    pub name: String,
    /// Whether it may be used.
    pub active: bool,
    /// Its credentials, sealed; see [`Credentials`].
    pub credentials: Sealed,
    /// How often its credentials have been replaced; starts at 1.
    pub generation: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Integration {
    /// Where the sealed credentials belong.
    #[must_use]
    pub fn credentials_place(&self) -> SealedPlace {
        SealedPlace {
            environment_id: self.environment_id,
            row: self.id.0,
            column: SealedColumn::IntegrationCredentials,
            generation: self.generation,
        }
    }
}

/// An integration's credentials by their names on the wire: `clientId`, `secretKey`, and what else
/// its provider's policy knows.
#[derive(Clone, Default)]
pub struct Credentials(BTreeMap<String, SecretString>);

impl Credentials {
    /// The OAuth client id (RFC 6749 section 2.2).
    pub const CLIENT_ID: &str = "clientId";
    /// The OAuth client secret.
    pub const SECRET_KEY: &str = "secretKey";
    /// The one tenant that may connect; without it, any may.
    pub const TENANT_ID: &str = "tenantId";
    /// Where the person is sent when the flow has ended.
    pub const REDIRECT_URL: &str = "redirectUrl";

    /// Whether requests must prove their context: `true` or `false`, which it is without.
    pub const HMAC: &str = "hmac";

    /// The scopes that are asked for when a request does not choose.
    pub const SCOPES: &str = "scopes";
    /// Whether the app rotates its tokens, so that older ones are to be replaced: `true` or
    /// `false`, which it is without.
    pub const TOKEN_ROTATION: &str = "tokenRotation";
    /// The secret with which the provider signs what it sends by itself.
    pub const SIGNING_SECRET: &str = "signingSecret";
    /// The one before, while both are in use.
    pub const SIGNING_SECRET_PREVIOUS: &str = "signingSecretPrevious";
    /// The bot's id, where it is not the app's.
    pub const BOT_APP_ID: &str = "botAppId";

    /// Whether requests must prove their context with a `contextHash`.
    #[must_use]
    pub fn demands_context_proof(&self) -> bool {
        self.get(Self::HMAC) == Some("true")
    }

    /// Whether the app rotates its tokens.
    #[must_use]
    pub fn rotates_tokens(&self) -> bool {
        self.get(Self::TOKEN_ROTATION) == Some("true")
    }

    /// The scopes that are asked for when a request does not choose, if the integration has any of
    /// its own.
    #[must_use]
    pub fn scopes(&self) -> Option<Vec<String>> {
        let scopes = split_scopes(self.get(Self::SCOPES)?);
        Some(scopes.map(str::to_owned).collect())
    }

    /// The value of a credential, if it is there.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(ExposeSecret::expose_secret)
    }

    /// The names that are there.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The credentials as the JSON object that is sealed.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(&self.expose()).unwrap_or_default()
    }

    /// The credentials in the clear, to be sealed with something else.
    pub(crate) fn expose(&self) -> BTreeMap<String, String> {
        let members = self.0.iter();
        members
            .map(|(name, value)| (name.clone(), value.expose_secret().to_owned()))
            .collect()
    }

    /// Reads what [`Self::to_json`] wrote.
    pub fn from_json(json: &[u8]) -> Result<Self, serde_json::Error> {
        let members: BTreeMap<String, String> = serde_json::from_slice(json)?;
        Ok(members.into_iter().collect())
    }
}

impl FromIterator<(String, String)> for Credentials {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(members: I) -> Self {
        Self(
            members
                .into_iter()
                .map(|(name, value)| (name, SecretString::from(value)))
                .collect(),
        )
    }
}

/// The scopes of a text in which they are separated by commas or blanks.
pub(crate) fn split_scopes(text: &str) -> impl Iterator<Item = &str> {
    let between = |c: char| c == ',' || c.is_whitespace();
    text.split(between).filter(|scope| !scope.is_empty())
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}
