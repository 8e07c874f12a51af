//! Contexts: business objects of the product to which a connection can belong.

use std::{cmp::Ordering, fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

use crate::{
    id::{ContextRowId, EnvironmentId},
    text::{InvalidText, check_slug, checked_text},
};

pub mod proof;

pub use proof::ContextProof;

checked_text! {
    /// A URL at which a product can be reached: http or https, and at no address that is private,
    /// loopback, link-local or a cloud's metadata service as it is written.
    BridgeUrl, crate::text::check_public_url
}

/// How many contexts one request may name.
pub const MAX_CONTEXTS: usize = 5;

/// How many characters each part of a key has at the most.
pub(crate) const MAX_PART: usize = 100;

/// The key of a context, `type:id`. Both parts have 1 to 100 characters out of
/// `A–Z a–z 0–9 . _ -`, so the colon always separates them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct ContextKey {
    text: String,
    /// Where the colon stands.
    colon: usize,
}

impl ContextKey {
    /// Makes a key of a context's type and id.
    pub fn new(kind: impl AsRef<str>, id: impl AsRef<str>) -> Result<Self, InvalidText> {
        let (kind, id) = (kind.as_ref(), id.as_ref());
        check_slug(kind, MAX_PART).map_err(|e| InvalidText(format!("has a type that {e}")))?;
        check_slug(id, MAX_PART).map_err(|e| InvalidText(format!("has an id that {e}")))?;
        Ok(Self {
            text: [kind, ":", id].concat(),
            colon: kind.len(),
        })
    }

    /// The context's type, such as `tenant`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.text[..self.colon]
    }

    /// The context's id within its type.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.text[self.colon + 1..]
    }
}

/// By type, then by id.
impl Ord for ContextKey {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.kind(), self.id()).cmp(&(other.kind(), other.id()))
    }
}

impl PartialOrd for ContextKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Serialize for ContextKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl fmt::Display for ContextKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for ContextKey {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, id) = text
            .split_once(':')
            .ok_or_else(|| InvalidText("must have the form type:id".to_owned()))?;
        Self::new(kind, id)
    }
}

impl TryFrom<String> for ContextKey {
    type Error = InvalidText;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// A set of context keys, sorted and without doubles: two sets are equal exactly when they name
/// the same contexts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<ContextKey>")]
pub struct ContextKeys(Vec<ContextKey>);

impl ContextKeys {
    /// Whether no context is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys in their order.
    pub fn iter(&self) -> impl Iterator<Item = &ContextKey> {
        self.0.iter()
    }
}

impl From<Vec<ContextKey>> for ContextKeys {
    fn from(mut keys: Vec<ContextKey>) -> Self {
        keys.sort();
        keys.dedup();
        Self(keys)
    }
}

impl FromIterator<ContextKey> for ContextKeys {
    fn from_iter<I: IntoIterator<Item = ContextKey>>(keys: I) -> Self {
        keys.into_iter().collect::<Vec<_>>().into()
    }
}

impl From<ContextKeys> for Vec<ContextKey> {
    fn from(keys: ContextKeys) -> Self {
        keys.0
    }
}

/// A context as a request names it: its key and, perhaps, data to keep if the context is new.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedContext {
    /// Which context.
    pub key: ContextKey,
    /// What to store beside it when it is made; an existing context keeps what it has.
    pub data: Option<serde_json::Map<String, serde_json::Value>>,
}

/// A stored context.
#[derive(Clone, Debug, PartialEq)]
pub struct Context {
    /// Its row.
    pub id: ContextRowId,
    /// The environment it lives in.
    pub environment_id: EnvironmentId,
    /// Its key; unique in its environment.
    pub key: ContextKey,
    /// The product's own data.
    pub data: serde_json::Map<String, serde_json::Value>,
    /// Where the product's own workflows live for this context; kept for clients that set it.
    pub bridge_url: Option<BridgeUrl>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
