//! Channel endpoints: addresses inside a connection, each belonging to a subscriber.

use jiff::Timestamp;
use serde_json::json;

use crate::{
    connection::ConnectionIdentifier,
    context::ContextKeys,
    id::{EndpointId, EnvironmentId, IntegrationId},
    provider::ProviderId,
    sealed::Sealed,
    subscriber::SubscriberId,
};

/// What a generated endpoint identifier begins with.
pub const ENDPOINT_IDENTIFIER_PREFIX: &str = "chendp_";

/// The column that seals an endpoint's secret; part of its associated data.
pub const ENDPOINT_SECRET_COLUMN: &str = "endpoints.secret";

/// What kind of address an endpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndpointKind {
    /// A person in a Slack workspace.
    SlackUser,
    /// A person in a Microsoft Teams tenant.
    MsTeamsUser,
    /// An incoming webhook.
    Webhook,
}

impl EndpointKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::SlackUser, Self::MsTeamsUser, Self::Webhook];

    /// The kind's name on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SlackUser => "slack_user",
            Self::MsTeamsUser => "ms_teams_user",
            Self::Webhook => "webhook",
        }
    }
}

impl std::str::FromStr for EndpointKind {
    type Err = crate::text::InvalidText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| crate::text::InvalidText("is no known endpoint type".to_owned()))
    }
}

/// Where an endpoint leads: what may be shown, and what makes two endpoints the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointAddress {
    /// What kind of address it is.
    pub kind: EndpointKind,
    /// The part that is no secret, as a JSON object: `{"userId": …}`, `{"channel": …}`.
    pub public: serde_json::Map<String, serde_json::Value>,
    /// Tells two addresses of one kind, connection and subscriber apart: a user id, a channel id.
    pub key: String,
}

impl EndpointAddress {
    /// The address of a person at the provider.
    #[must_use]
    pub fn person(kind: EndpointKind, user_id: &str) -> Self {
        Self {
            kind,
            public: object(json!({ "userId": user_id })),
            key: user_id.to_owned(),
        }
    }

    /// The address of an incoming webhook, whose URL is a secret and stored apart.
    #[must_use]
    pub fn webhook(channel: Option<&str>, channel_id: Option<&str>) -> Self {
        let mut public = serde_json::Map::new();
        for (name, value) in [("channel", channel), ("channelId", channel_id)] {
            if let Some(value) = value {
                public.insert(name.to_owned(), value.into());
            }
        }
        let key = channel_id.or(channel).unwrap_or_default().to_owned();
        Self {
            kind: EndpointKind::Webhook,
            public,
            key,
        }
    }
}

fn object(value: serde_json::Value) -> serde_json::Map<String, serde_json::Value> {
    match value {
        serde_json::Value::Object(members) => members,
        _ => serde_json::Map::new(),
    }
}

/// An address in a connection.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelEndpoint {
    /// Its row.
    pub id: EndpointId,
    /// The environment it lives in.
    pub environment_id: EnvironmentId,
    /// The name under which clients know it.
    pub identifier: String,
    /// The integration it belongs to.
    pub integration_id: IntegrationId,
    /// That integration's identifier.
    pub integration_identifier: String,
    /// The provider it leads to.
    pub provider: ProviderId,
    /// The connection it lies in.
    pub connection_identifier: ConnectionIdentifier,
    /// The subscriber it reaches.
    pub subscriber_id: SubscriberId,
    /// The contexts in which it was made.
    pub context_keys: ContextKeys,
    /// Where it leads.
    pub address: EndpointAddress,
    /// The secret part of the address (a webhook's URL), sealed for this row, generation 1.
    pub secret: Option<Sealed>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
