//! API keys: how a product's back end proves which environment it speaks for.

use std::{collections::BTreeSet, fmt};

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::{
    id::{ApiKeyId, EnvironmentId},
    sealed::{Sealed, SealedColumn, SealedPlace},
    text::InvalidText,
};

pub mod signing_state;
pub mod uses;

pub use signing_state::SigningState;
pub use uses::ApiKeyUses;

/// What every key that Tieline makes begins with.
pub const API_KEY_PREFIX: &str = "tl_";

/// The record of an API key. The key itself is not kept, only its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// The environment that it speaks for.
    pub environment_id: EnvironmentId,
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub role: ApiKeyRole,
    /// What it may do besides.
    pub rights: BTreeSet<ApiKeyRight>,
    /// The hash that a presented key must have.
    pub hash: ApiKeyHash,
    /// The first characters of the key, by which its owner recognizes it.
    pub hint: String,
    /// Its [`SigningState`], sealed, by which a `contextHash` is checked. Keys that were made
    /// before there was such a thing have none.
    pub signing_state: Option<Sealed>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to within a minute or so.
    pub last_used_at: Option<Timestamp>,
    /// When it dies of itself: it was replaced by another, and both live until then.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it opens anything at that time.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expiry| now < expiry)
    }

    /// Where its sealed signing state belongs.
    #[must_use]
    pub fn signing_state_place(&self) -> SealedPlace {
        SealedPlace {
            environment_id: self.environment_id,
            row: self.id.0,
            column: SealedColumn::ApiKeySigningState,
            generation: 1,
        }
    }
}

/// What an API key may do. Each role includes the ones below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ApiKeyRole {
    /// Reads connections, endpoints and attempts.
    Read,
    /// Also mints connect URLs.
    Connect,
    /// Everything.
    Admin,
}

impl ApiKeyRole {
    /// All roles, least first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Connect, Self::Admin];

    /// The role's name on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Connect => "connect",
            Self::Admin => "admin",
        }
    }

    /// Whether a key of this role may do what needs `needed`.
    #[must_use]
    pub fn allows(self, needed: Self) -> bool {
        self >= needed
    }
}

impl std::str::FromStr for ApiKeyRole {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| InvalidText("must be one of read, connect, admin".to_owned()))
    }
}

impl fmt::Display for ApiKeyRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What an API key may do besides what its role allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ApiKeyRight {
    /// Get tokens, and see them in the clear where others see a mask.
    ReadTokens,
}

impl ApiKeyRight {
    /// All rights.
    pub const ALL: [Self; 1] = [Self::ReadTokens];

    /// The right's name on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadTokens => "tokens:read",
        }
    }
}

impl std::str::FromStr for ApiKeyRight {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|right| right.as_str() == text)
            .ok_or_else(|| InvalidText("must be tokens:read".to_owned()))
    }
}

impl fmt::Display for ApiKeyRight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// SHA-256 of an API key. Keys carry 256 random bits, so a fast hash is enough and keeps
/// authentication off the critical path.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ApiKeyHash(pub [u8; 32]);

impl fmt::Debug for ApiKeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeyHash(…)")
    }
}

/// An API key as a client presents it: 8 to 128 visible ASCII characters.
#[derive(Clone, Debug)]
pub struct PresentedKey(SecretString);

impl PresentedKey {
    /// Takes a key that has the shape of one.
    pub fn parse(key: &str) -> Result<Self, InvalidText> {
        let fits = (8..=128).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
        if !fits {
            return Err(InvalidText(
                "must be 8 to 128 visible ASCII characters, without blanks".to_owned(),
            ));
        }
        Ok(Self(SecretString::from(key)))
    }

    /// The hash under which the key's record is found.
    #[must_use]
    pub fn hash(&self) -> ApiKeyHash {
        ApiKeyHash(Sha256::digest(self.0.expose_secret().as_bytes()).into())
    }

    /// What is kept of the key to check signatures that were made with it.
    #[must_use]
    pub fn signing_state(&self) -> SigningState {
        SigningState::of(self.0.expose_secret().as_bytes())
    }

    /// The first characters, enough to recognize the key and too few to guess it.
    #[must_use]
    pub fn hint(&self) -> String {
        let key = self.0.expose_secret();
        let shown = if key.len() >= 20 { 7 } else { 3 };
        format!("{}…", &key[..shown])
    }
}
