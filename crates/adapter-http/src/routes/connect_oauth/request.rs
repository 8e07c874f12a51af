//! The body of the main job, and what it means to the domain.

use serde::Deserialize;
use tieline_domain::{
    connection::{ConnectionIdentifier, ConnectionMode},
    subscriber::SubscriberId,
    usecase::MintConnectUrl,
};
use utoipa::ToSchema;

use crate::{
    context_body::{ContextsBody, context_schema},
    error::ApiError,
    fields::Fields,
};

/// What to connect, and for whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ConnectOauthRequest {
    /// The subscriber with whom the connection is associated: its owner in `subscriber` mode, and
    /// in both modes the one to whom the person who consents is linked. Slack: needed only with
    /// the scope `incoming-webhook`. Microsoft Teams: optional, since consent is tenant-wide.
    #[schema(min_length = 1, max_length = 255, example = "subscriber-123")]
    pub(in crate::routes) subscriber_id: Option<String>,

    /// The integration through which to connect.
    #[schema(min_length = 1, max_length = 128, example = "slack")]
    pub(in crate::routes) integration_identifier: String,

    /// The identifier that the connection will get; generated where absent. A connection that
    /// exists for the same integration, owner and workspace is renewed and keeps its own.
    #[schema(
        min_length = 1,
        max_length = 128,
        pattern = "^[A-Za-z0-9._-]+$",
        example = "slack-connection-abc123"
    )]
    pub(in crate::routes) connection_identifier: Option<String>,

    /// The contexts to which the connection belongs, 1 to 5: type → id, or type → id with data.
    /// Contexts that are new are created; data of those that exist is left alone.
    #[schema(schema_with = context_schema)]
    pub(in crate::routes) context: Option<ContextsBody>,

    /// Proof of the context, for integrations whose credential `hmac` is true, which refuse a
    /// request without: HMAC-SHA256 in hexadecimal digits of `context`, just as it is sent, in the
    /// canonical form of RFC 8785 (`{}` without a context), under any live API key of the
    /// environment.
    #[schema(
        max_length = 128,
        example = "20fce94cf98c39ebc56e5f494f5b4afcce6a5e29bcf47e1879835b354cafdda0"
    )]
    pub(in crate::routes) context_hash: Option<String>,

    /// Slack: the bot scopes to ask for. Without it: `chat:write`, `chat:write.public`,
    /// `channels:read`, `groups:read`, `users:read`, `users:read.email`. Microsoft Teams: ignored,
    /// since an admin's consent covers the permissions that the app's registration names.
    #[schema(max_items = 100, example = json!(["chat:write", "chat:write.public", "channels:read"]))]
    pub(in crate::routes) scope: Option<Vec<String>>,

    /// How the connection is scoped. `subscriber`: it belongs to the subscriber. `shared`: it
    /// belongs to the context, and to no subscriber. Without it: `subscriber` when a
    /// `subscriberId` is given, else `shared`.
    pub(in crate::routes) connection_mode: Option<ConnectionModeBody>,

    /// Whether the person who consents is linked to the subscriber as a personal endpoint.
    /// Without it: true in `subscriber` mode, false in `shared`. Slack: taken from the same
    /// answer. Microsoft Teams: taken from the sign-in which proves the tenant; when false, that
    /// sign-in only proves.
    pub(in crate::routes) auto_link_user: Option<bool>,
}

/// How a connection is scoped.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ConnectionModeBody {
    /// It belongs to a subscriber.
    Subscriber,
    /// It belongs to a context.
    Shared,
}

impl From<ConnectionModeBody> for ConnectionMode {
    fn from(mode: ConnectionModeBody) -> Self {
        match mode {
            ConnectionModeBody::Subscriber => Self::Subscriber,
            ConnectionModeBody::Shared => Self::Shared,
        }
    }
}

impl TryFrom<ConnectOauthRequest> for MintConnectUrl {
    type Error = ApiError;

    fn try_from(body: ConnectOauthRequest) -> Result<Self, ApiError> {
        let mut fields = Fields::default();
        fields.context_hash(body.context_hash.as_deref());
        let request = Self {
            subscriber_id: fields.check("subscriberId", body.subscriber_id, SubscriberId::parse),
            connection_identifier: fields.check(
                "connectionIdentifier",
                body.connection_identifier,
                ConnectionIdentifier::parse,
            ),
            contexts: fields.contexts(body.context),
            context_proof: None,
            scopes: fields.scopes("scope", body.scope),
            mode: body.connection_mode.map(ConnectionMode::from),
            auto_link: body.auto_link_user,
            integration_identifier: fields.identifier(body.integration_identifier),
        };
        fields.finish(request)
    }
}
