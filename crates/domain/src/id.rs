//! Identifiers of our own rows: newtypes over UUIDs, so that one kind is never taken for another.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }
    )*};
}

ids! {
    /// An organization: the owner of environments.
    OrganizationId;
    /// An environment: one isolated set of everything else.
    EnvironmentId;
    /// An API key (its record, never the key itself).
    ApiKeyId;
    /// An integration: the product's own app at a provider.
    IntegrationId;
    /// A subscriber's row; the product knows it by its [`crate::subscriber::SubscriberId`].
    SubscriberRowId;
    /// A context's row; clients know it by its [`crate::context::ContextKey`].
    ContextRowId;
    /// A channel connection's row; clients see its [`crate::connection::ConnectionIdentifier`].
    ConnectionId;
    /// A channel endpoint's row.
    EndpointId;
    /// A revocation: what becomes, at the provider, of a connection that was deleted.
    RevocationId;
    /// One run of the OAuth dance; also the id of its connect attempt.
    FlowId;
}
