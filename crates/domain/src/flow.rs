//! A flow: one run of the OAuth dance. Nothing of it is stored when its URL is minted; all there
//! is to know travels, sealed, in the OAuth `state` parameter.

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{
    connection::{ChannelConnection, ConnectionIdentifier, ConnectionMode, Owner},
    context::ContextKeys,
    id::{EnvironmentId, FlowId, IntegrationId},
    subscriber::SubscriberId,
    text::InvalidText,
};

/// How long a state may be answered after it was issued.
pub const STATE_LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// How far into the future a state's time of issue may lie: two nodes' clocks differ.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(60);

/// One run of the OAuth dance, as its sealed state carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// Its id, also that of its connect attempt.
    pub id: FlowId,
    /// What is to come of it.
    pub purpose: Purpose,
    /// What the answer to this state is to prove.
    pub leg: Leg,
    /// The environment that minted it.
    pub environment_id: EnvironmentId,
    /// The integration through which it runs.
    pub integration_id: IntegrationId,
    /// The subscriber it was minted for: the owner in `subscriber` mode, the one to link in both.
    pub subscriber_id: Option<SubscriberId>,
    /// The contexts it was minted for.
    pub context_keys: ContextKeys,
    /// To whom the connection will belong.
    pub mode: ConnectionMode,
    /// The identifier that the connection is to get; where a person is only linked, that of the
    /// connection to which the link belongs.
    pub connection_identifier: Option<ConnectionIdentifier>,
    /// The scopes that were asked for; empty where the provider's app fixes them.
    pub scopes: Vec<String>,
    /// Whether the person who connects is linked to the subscriber.
    pub auto_link: bool,
    /// The only account that may be connected; any may where there is none.
    pub workspace_id: Option<String>,
    /// When this state was issued.
    #[serde(with = "milliseconds")]
    pub issued_at: Timestamp,
}

/// What is to come of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// A connection, and with it the link of the person who connected.
    Connect,
    /// The link of a person, and no connection.
    LinkUser,
}

impl Purpose {
    /// The purpose's name on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::LinkUser => "link_user",
        }
    }
}

impl std::str::FromStr for Purpose {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "connect" => Ok(Self::Connect),
            "link_user" => Ok(Self::LinkUser),
            _ => Err(InvalidText("must be connect or link_user".to_owned())),
        }
    }
}

/// The part of a flow that a state belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Leg {
    /// The consent page: the first, and mostly the only one.
    Consent,
    /// The sign-in that proves whose tenant it was.
    SignIn {
        /// The tenant that the consent's answer named: a hint, until the sign-in proves it.
        tenant: String,
    },
}

/// Why a state that opened is refused all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untimely {
    /// It was issued more than [`STATE_LIFETIME`] ago.
    Expired,
    /// It claims to have been issued in the future.
    FromTheFuture,
}

impl Flow {
    /// When the state ceases to be accepted.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.issued_at + STATE_LIFETIME
    }

    /// Checks the time of issue against `now`.
    pub fn check_time(&self, now: Timestamp) -> Result<(), Untimely> {
        if now > self.expires_at() {
            return Err(Untimely::Expired);
        }
        if self.issued_at > now + CLOCK_SKEW {
            return Err(Untimely::FromTheFuture);
        }
        Ok(())
    }

    /// To whom the connection will belong.
    #[must_use]
    pub fn owner(&self) -> Owner {
        Owner::of(self.mode, self.subscriber_id.as_ref(), &self.context_keys)
    }

    /// Whether this flow may renew a connection whose identifier it asks for: only one of the same
    /// integration and owner.
    #[must_use]
    pub fn may_renew(&self, holder: &ChannelConnection) -> bool {
        holder.integration_id == self.integration_id && holder.owner == self.owner()
    }

    /// Whom to link when the provider names the person who connected.
    #[must_use]
    pub fn subscriber_to_link(&self) -> Option<&SubscriberId> {
        self.subscriber_id.as_ref().filter(|_| self.auto_link)
    }

    /// The same flow on its way to the sign-in page, issued `now`.
    #[must_use]
    pub fn into_sign_in(self, tenant: String, now: Timestamp) -> Self {
        Self {
            leg: Leg::SignIn { tenant },
            issued_at: now,
            ..self
        }
    }
}

/// A flow's secrets, derived from its id and never stored.
#[derive(Clone, Debug)]
pub struct FlowSecrets {
    /// The PKCE code verifier (RFC 7636 section 4.1), 43 characters.
    pub pkce_verifier: SecretString,
    /// The OpenID Connect nonce. No secret from the person, but nobody else's business.
    pub nonce: String,
}

/// Times in the state have the millisecond's grain, which keeps the state short.
mod milliseconds {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_i64(at.as_millisecond())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Timestamp, D::Error> {
        Timestamp::from_millisecond(i64::deserialize(d)?).map_err(D::Error::custom)
    }
}
