//! Reading what a provider sends by itself: that an app was removed, that tokens were revoked.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{integration::Credentials, ports::ProviderError, reason::Reason};

/// A request that claims to come from a provider.
#[derive(Clone)]
pub struct Delivery {
    /// Its headers, each with its name in any case; those whose value is no text may be left out.
    pub headers: Vec<(String, String)>,
    /// Its body, byte for byte as it came: signatures are made over these bytes.
    pub body: Vec<u8>,
}

/// What a provider tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderEvent {
    /// The provider's id of it, the same when it is delivered again; none where it has none.
    pub id: Option<String>,
    /// When it happened, by the provider's clock. Events arrive late, repeatedly and in any order:
    /// one that is older than a connection's tokens says nothing of them.
    pub at: Timestamp,
    /// What happened.
    pub kind: ProviderEventKind,
}

/// What happened at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderEventKind {
    /// Nothing: the provider asks whether we are there, and wants this text in answer.
    Challenge(String),
    /// The app was removed from a workspace.
    AppUninstalled {
        /// The workspace's id, as connections name it.
        workspace: String,
    },
    /// Tokens were revoked. They are told by whose they were, not by what they are.
    TokensRevoked {
        /// The workspace's id, as connections name it.
        workspace: String,
        /// The bot users whose tokens they were.
        bots: Vec<String>,
        /// The people whose tokens they were.
        people: Vec<String>,
    },
    /// The app was added or removed somewhere in a tenant: for a person, in a team, for all. It
    /// says nothing of the tenant's consent, and is a reason to ask.
    InstallationChanged {
        /// The tenant's id, in lower case.
        tenant: String,
        /// Whether it was added.
        added: bool,
    },
    /// Something that means nothing to a connection.
    Ignored {
        /// The provider's name for it, made safe to log.
        kind: String,
    },
}

/// Why a delivery is not believed, or not now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventRefusal {
    /// The integration lacks what it takes to check a signature.
    #[error("the integration has no {0}")]
    NotConfigured(&'static str),
    /// It has no signature.
    #[error("not signed")]
    Unsigned,
    /// Its signature does not hold; the text says in what respect, and quotes nothing.
    #[error("badly signed: {0}")]
    BadlySigned(&'static str),
    /// It was signed too long ago, or in the future.
    #[error("too old")]
    TooOld,
    /// It is signed, and makes no sense all the same.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// The keys that it takes to check a signature cannot be had. Delivered again later, it may be
    /// believed.
    #[error("not checked: {0}")]
    Unavailable(ProviderError),
}

/// Reads what one provider sends.
#[async_trait]
pub trait EventReader: Send + Sync {
    /// Makes sure that a delivery comes from the provider and is meant for this app, and reads it.
    /// Nothing of it is looked at before. What was delivered before is read again: whoever must not
    /// take it twice goes by its id.
    async fn read(
        &self,
        app: &Credentials,
        delivery: &Delivery,
        now: Timestamp,
    ) -> Result<ProviderEvent, EventRefusal>;
}

impl Delivery {
    /// The value of the header of this name, in any case. None as well where it came twice: nobody
    /// could tell which one counts.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self
            .headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str());
        values.next().filter(|_| values.next().is_none())
    }
}

/// Names of headers only: values and body are not ours to show.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.headers.iter().map(|(name, _)| name))
            .finish()
    }
}

impl From<&EventRefusal> for Reason {
    fn from(refusal: &EventRefusal) -> Self {
        match refusal {
            EventRefusal::NotConfigured(_) => Self::CredentialsMissing,
            EventRefusal::Unsigned | EventRefusal::BadlySigned(_) | EventRefusal::TooOld => {
                Self::EventRefused
            }
            EventRefusal::Malformed(_) => Self::MalformedRequest,
            EventRefusal::Unavailable(error) => error.reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(headers: &[(&str, &str)]) -> Delivery {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Delivery {
            headers: headers.iter().map(owned).collect(),
            body: Vec::new(),
        }
    }

    /// G15
    #[test]
    fn a_header_is_found_in_any_case_and_counts_once() {
        let one = delivery(&[("X-SLACK-Signature", "v0=1"), ("other", "x")]);
        assert_eq!(one.header("x-slack-signature"), Some("v0=1"));
        assert_eq!(one.header("X-Slack-Signature"), Some("v0=1"));
        assert_eq!(one.header("x-slack"), None);
        let two = delivery(&[("x-slack-signature", "a"), ("X-Slack-Signature", "a")]);
        assert_eq!(two.header("x-slack-signature"), None);
    }
}
