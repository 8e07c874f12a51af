//! Connections on the wire.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use tieline_domain::{
    api_key::ApiKeyRight,
    connection::{ChannelConnection, ConnectionIdentifier, ConnectionMode, Workspace},
    subscriber::SubscriberId,
    text::InvalidText,
    usecase::{APP_ONLY, ImportedAuth, NewConnection, UseCaseError},
};
use utoipa::ToSchema;

use crate::{
    auth::Caller,
    context_body::{ContextsBody, context_schema},
    error::{ApiError, instant},
    fields::Fields,
    routes::connect_oauth::request::ConnectionModeBody,
};

/// What stands in a token's place for a caller who may not read tokens.
pub(crate) const MASK: &str = "********";

/// All connections are of this channel.
pub(crate) const CHANNEL: &str = "chat";

/// The longest token that is taken.
const MAX_TOKEN: usize = 8192;

/// A connection to be imported.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateConnectionRequest {
    /// The integration to which it belongs.
    #[schema(min_length = 1, max_length = 128, example = "slack")]
    integration_identifier: String,
    /// Its identifier; generated where absent.
    #[schema(
        min_length = 1,
        max_length = 128,
        pattern = "^[A-Za-z0-9._-]+$",
        example = "slack-connection-abc123"
    )]
    identifier: Option<String>,
    /// The subscriber to whom it belongs in `subscriber` mode.
    #[schema(min_length = 1, max_length = 255, example = "subscriber-123")]
    subscriber_id: Option<String>,
    /// The contexts to which it belongs.
    #[schema(schema_with = context_schema)]
    context: Option<ContextsBody>,
    /// How it is scoped.
    connection_mode: Option<ConnectionModeBody>,
    /// The account at the provider.
    workspace: WorkspaceRequest,
    /// Its token.
    auth: AuthRequest,
}

/// A change of a connection.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeConnectionRequest {
    /// The account at the provider.
    workspace: WorkspaceRequest,
    /// Its token.
    auth: AuthRequest,
}

/// The account at the provider.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct WorkspaceRequest {
    /// Slack: team id, or enterprise id of an organization-wide install. Teams: tenant id.
    #[schema(min_length = 1, max_length = 255, example = "T0123456789")]
    id: String,
    /// Its name.
    #[schema(min_length = 1, max_length = 255, example = "Acme")]
    name: Option<String>,
    /// The app's own user in it.
    #[schema(min_length = 1, max_length = 255, example = "U0987654321")]
    bot_user_id: Option<String>,
}

/// A token that was issued elsewhere.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AuthRequest {
    /// The access token; `app-only` where the app authenticates by itself.
    #[schema(value_type = String, min_length = 1, max_length = 8192, write_only)]
    access_token: SecretString,
    /// The refresh token, where the provider rotates.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 8192, write_only)]
    refresh_token: Option<SecretString>,
    /// When the access token dies. With a refresh token and without this: at once.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// When the refresh token dies; checked, and not kept.
    #[schema(format = DateTime)]
    refresh_token_expires_at: Option<String>,
}

impl TryFrom<CreateConnectionRequest> for NewConnection {
    type Error = ApiError;

    fn try_from(body: CreateConnectionRequest) -> Result<Self, ApiError> {
        let mut fields = Fields::default();
        let new = Self {
            identifier: fields.check("identifier", body.identifier, ConnectionIdentifier::parse),
            subscriber_id: fields.check("subscriberId", body.subscriber_id, SubscriberId::parse),
            contexts: fields.contexts(body.context),
            mode: body.connection_mode.map(ConnectionMode::from),
            workspace: read_workspace(body.workspace, &mut fields),
            auth: read_auth(body.auth, &mut fields),
            integration_identifier: fields.identifier(body.integration_identifier),
        };
        fields.finish(new)
    }
}

impl ChangeConnectionRequest {
    pub(super) fn read(self) -> Result<(Workspace, ImportedAuth), ApiError> {
        let mut fields = Fields::default();
        let workspace = read_workspace(self.workspace, &mut fields);
        let auth = read_auth(self.auth, &mut fields);
        fields.finish((workspace, auth))
    }
}

fn read_workspace(body: WorkspaceRequest, fields: &mut Fields) -> Workspace {
    fields.length("workspace.id", &body.id, 255);
    for (name, text) in [
        ("workspace.name", &body.name),
        ("workspace.botUserId", &body.bot_user_id),
    ] {
        if let Some(text) = text {
            fields.length(name, text, 255);
        }
    }
    Workspace {
        id: body.id,
        name: body.name,
        bot_user_id: body.bot_user_id,
    }
}

fn read_auth(body: AuthRequest, fields: &mut Fields) -> ImportedAuth {
    let tokens = [
        ("auth.accessToken", Some(&body.access_token)),
        ("auth.refreshToken", body.refresh_token.as_ref()),
    ];
    for (name, token) in tokens {
        if let Some(token) = token {
            fields.length(name, token.expose_secret(), MAX_TOKEN);
        }
    }
    let expires_at = fields.check("auth.expiresAt", body.expires_at, |text| {
        read_instant(&text)
    });
    fields.check(
        "auth.refreshTokenExpiresAt",
        body.refresh_token_expires_at,
        |text| read_instant(&text),
    );
    ImportedAuth {
        access_token: body.access_token,
        refresh_token: body.refresh_token,
        expires_at,
    }
}

fn read_instant(text: &str) -> Result<Timestamp, InvalidText> {
    let malformed = || InvalidText("must be an instant like 2026-11-23T12:00:00Z".to_owned());
    text.parse().map_err(|_| malformed())
}

/// A workspace or tenant that is connected.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChannelConnectionResponse {
    /// Its identifier.
    #[schema(example = "chconn-4fp9x2m0q7ab")]
    identifier: String,
    /// Always `chat`.
    #[schema(example = "chat", required)]
    channel: Option<&'static str>,
    /// The provider.
    #[schema(example = "slack", required)]
    provider_id: Option<String>,
    /// The integration's identifier.
    #[schema(example = "slack", required)]
    integration_identifier: Option<String>,
    /// The subscriber to whom it belongs; null where it is shared.
    #[schema(example = "subscriber-123", required)]
    subscriber_id: Option<String>,
    /// The contexts to which it belongs, as `type:id`.
    #[schema(example = json!(["tenant:org-acme"]))]
    context_keys: Vec<String>,
    /// The account at the provider.
    workspace: WorkspaceBody,
    /// Its credentials.
    auth: AuthBody,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// The account at the provider.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WorkspaceBody {
    /// Slack: team id, or enterprise id of an organization-wide install. Teams: tenant id.
    #[schema(example = "T0123456789")]
    id: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Acme", nullable = false)]
    name: Option<String>,
    /// The app's own user in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "U0987654321", nullable = false)]
    bot_user_id: Option<String>,
}

/// A connection's credentials.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthBody {
    /// The access token for a key with the right `tokens:read`, else a mask; `app-only` where
    /// the app authenticates by itself.
    #[schema(value_type = String, example = "********")]
    access_token: Token,
    /// The refresh token, where there is one; shown and masked likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, example = "********")]
    refresh_token: Option<Token>,
    /// When the access token dies, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    expires_at: Option<String>,
}

/// A token as the caller may see it.
#[derive(Debug)]
enum Token {
    /// What stands in its place.
    Instead(&'static str),
    /// The token itself.
    Clear(SecretString),
}

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Instead(mask) => mask,
            Self::Clear(token) => token.expose_secret(),
        })
    }
}

impl ChannelConnectionResponse {
    /// A connection as this key may see it.
    pub(super) fn shown(caller: &Caller, connection: ChannelConnection) -> Result<Self, ApiError> {
        let tokens = if caller.has(ApiKeyRight::ReadTokens) {
            let all = caller.broker.open_credentials_of(&connection);
            all.map_err(UseCaseError::from)?.into_iter().next()
        } else {
            None
        };
        let mut shown = Self::from(connection);
        if let Some(tokens) = tokens {
            shown.auth.access_token = Token::Clear(tokens.access_token);
            shown.auth.refresh_token = tokens.refresh_token.map(Token::Clear);
        }
        Ok(shown)
    }
}

/// With its tokens masked.
impl From<ChannelConnection> for ChannelConnectionResponse {
    fn from(connection: ChannelConnection) -> Self {
        let first = connection.credentials.first();
        Self {
            identifier: connection.identifier.into(),
            channel: Some(CHANNEL),
            provider_id: Some(connection.provider.to_string()),
            integration_identifier: Some(connection.integration_identifier),
            subscriber_id: connection.owner.subscriber_id.map(String::from),
            context_keys: connection
                .owner
                .context_keys
                .iter()
                .map(ToString::to_string)
                .collect(),
            workspace: WorkspaceBody {
                id: connection.workspace.id,
                name: connection.workspace.name,
                bot_user_id: connection.workspace.bot_user_id,
            },
            auth: AuthBody {
                access_token: Token::Instead(if first.is_some() { MASK } else { APP_ONLY }),
                refresh_token: first
                    .and_then(|credential| credential.refresh_token.as_ref())
                    .map(|_| Token::Instead(MASK)),
                expires_at: first
                    .and_then(|credential| credential.expires_at)
                    .map(instant),
            },
            created_at: instant(connection.created_at),
            updated_at: instant(connection.updated_at),
        }
    }
}
