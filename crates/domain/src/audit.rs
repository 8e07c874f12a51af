//! The audit log: who did what to which object, in a chain of hashes.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    str::FromStr,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    id::{ApiKeyId, EnvironmentId, FlowId},
    text::InvalidText,
};

/// Who did something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type", content = "id")]
pub enum Actor {
    /// A back end, with this API key.
    ApiKey(ApiKeyId),
    /// The person who went through this flow.
    Person(FlowId),
    /// A provider, with an event that it signed.
    Provider,
    /// Whoever runs Tieline, on the command line.
    Operator,
    /// Tieline by itself.
    #[default]
    System,
}

/// What was done. Names are stable: whoever reads the log may rely on them.
macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident $text:literal;)*) => {
        /// What was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum AuditAction {
            $($(#[$doc])* $name,)*
        }

        impl AuditAction {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name on the wire and in the database.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

actions! {
    /// A connection was made, by a flow or an import.
    ConnectionCreated "connection.created";
    /// A connection got a workspace and tokens anew, by a flow or a request.
    ConnectionReplaced "connection.replaced";
    /// A connection was deleted.
    ConnectionDeleted "connection.deleted";
    /// A connection is not what it was: its new status is in the details.
    ConnectionStatusChanged "connection.status_changed";
    /// What a deleted connection had at its provider was taken back, or was not.
    ConnectionRevoked "connection.revoked";
    /// A URL was made by which a connection is renewed.
    ReconnectRequested "connection.reconnect_requested";
    /// A connection's tokens were shown, or a token was handed out.
    TokenRead "token.read";
    /// A channel endpoint was made.
    EndpointCreated "endpoint.created";
    /// A channel endpoint was changed.
    EndpointUpdated "endpoint.updated";
    /// A channel endpoint was deleted.
    EndpointDeleted "endpoint.deleted";
    /// An integration was made.
    IntegrationCreated "integration.created";
    /// An integration was changed.
    IntegrationUpdated "integration.updated";
    /// An integration was deleted.
    IntegrationDeleted "integration.deleted";
    /// A subscriber was deleted, and with it its connections.
    SubscriberDeleted "subscriber.deleted";
    /// An API key was made.
    ApiKeyCreated "api_key.created";
    /// An API key was replaced.
    ApiKeyRotated "api_key.rotated";
    /// An API key was revoked.
    ApiKeyRevoked "api_key.revoked";
    /// An environment was made.
    EnvironmentCreated "environment.created";
}

/// Something that was done, as whoever did it tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id; later ones are greater.
    pub id: Uuid,
    /// The environment in which it was done.
    pub environment_id: EnvironmentId,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What was done.
    pub action: AuditAction,
    /// To which object: its identifier, as clients know it.
    pub subject: String,
    /// What else is to be known; no secret.
    pub details: BTreeMap<String, String>,
}

/// An entry in its place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEvent {
    /// What was done.
    pub entry: AuditEntry,
    /// Its place in its environment's log, from 1 on without a gap.
    pub sequence: u64,
    /// The hash of the event before it; of the first, zeros.
    pub previous: [u8; 32],
    /// Its own hash, which covers all of the above.
    pub hash: [u8; 32],
}

/// The end of an environment's log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditHead {
    /// The last event's place; 0 of a log that is empty.
    pub sequence: u64,
    /// The last event's hash.
    pub hash: [u8; 32],
}

impl AuditEntry {
    /// The entry as the event that follows `head`.
    #[must_use]
    pub fn after(self, head: AuditHead) -> AuditEvent {
        let sequence = head.sequence + 1;
        let hash = self.hash(sequence, &head.hash);
        AuditEvent {
            entry: self,
            sequence,
            previous: head.hash,
            hash,
        }
    }

    /// SHA-256 over all members, each with its length before it, so that no two entries give the
    /// same bytes.
    fn hash(&self, sequence: u64, previous: &[u8; 32]) -> [u8; 32] {
        let mut hash = Sha256::new();
        let mut add = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        add(b"tieline-audit-1");
        add(previous);
        add(&sequence.to_be_bytes());
        add(self.id.as_bytes());
        add(self.environment_id.0.as_bytes());
        add(&self.at.as_microsecond().to_be_bytes());
        add(self.actor.to_string().as_bytes());
        add(self.action.as_str().as_bytes());
        add(self.subject.as_bytes());
        for (name, value) in &self.details {
            add(name.as_bytes());
            add(value.as_bytes());
        }
        hash.finalize().into()
    }
}

impl AuditEvent {
    /// Whether it follows `head`, and is what it was when it was written.
    #[must_use]
    pub fn follows(&self, head: AuditHead) -> bool {
        *self == self.entry.clone().after(head)
    }

    /// The end of a log whose last event it is.
    #[must_use]
    pub fn head(&self) -> AuditHead {
        AuditHead {
            sequence: self.sequence,
            hash: self.hash,
        }
    }
}

/// A hash as it is shown: in hexadecimal digits.
#[must_use]
pub fn shown_hash(hash: &[u8; 32]) -> String {
    hash.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `kind:id`, or the kind alone: the actor in the database, in the log's hash, and in filters.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ApiKey(id) => write!(f, "api_key:{id}"),
            Self::Person(flow) => write!(f, "person:{flow}"),
            Self::Provider => f.write_str("provider"),
            Self::Operator => f.write_str("operator"),
            Self::System => f.write_str("system"),
        }
    }
}

impl FromStr for Actor {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let no_actor = || {
            InvalidText(
                "must be api_key:<id>, person:<flow>, provider, operator or system".to_owned(),
            )
        };
        match text.split_once(':') {
            None => match text {
                "provider" => Ok(Self::Provider),
                "operator" => Ok(Self::Operator),
                "system" => Ok(Self::System),
                _ => Err(no_actor()),
            },
            Some(("api_key", id)) => id.parse().map(Self::ApiKey).map_err(|_| no_actor()),
            Some(("person", id)) => id.parse().map(Self::Person).map_err(|_| no_actor()),
            Some(_) => Err(no_actor()),
        }
    }
}

impl FromStr for AuditAction {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|action| action.as_str() == text);
        found
            .copied()
            .ok_or_else(|| InvalidText("must be the name of an action".to_owned()))
    }
}
