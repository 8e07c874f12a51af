//! Connections as they are shown.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};
use tieline_domain::{
    api_key::ApiKeyRight,
    broker::Broker,
    connection::{ChannelConnection, ConnectionStatus, Workspace},
    ports::StoreError,
    reason::Reason,
    usecase::{APP_ONLY, UseCaseError},
};
use utoipa::ToSchema;

use crate::{
    auth::Caller,
    error::{ApiError, instant},
};

/// What stands in a token's place for a caller who may not read tokens.
pub(crate) const MASK: &str = "********";

/// All connections are of this channel.
pub(crate) const CHANNEL: &str = "chat";

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
    /// How it is, as far as Tieline knows without asking.
    status: ConnectionStatusBody,
    /// Why: the stable code of what went wrong last. Null while nothing did; a connection that is
    /// `active` has one where its last refresh failed and its token lives on.
    #[schema(example = "token_revoked", required)]
    status_reason: Option<&'static str>,
    /// The same in a sentence.
    #[schema(
        example = "The connection's token was revoked at the provider.",
        required
    )]
    status_message: Option<&'static str>,
    /// What to do about it.
    #[schema(example = "Connect the workspace again.", required)]
    status_remedy: Option<&'static str>,
    /// Since when it is good, in doubt, or at its end.
    #[schema(format = DateTime)]
    status_since: String,
    /// When its provider last issued its tokens or took them; null where it never did.
    #[schema(format = DateTime, required)]
    proved_at: Option<String>,
    /// What the provider granted to the token of `auth`. Empty where the app's registration fixes
    /// it, or where nobody has asked the provider yet.
    #[schema(example = json!(["chat:write", "channels:read"]))]
    scopes: Vec<String>,
    /// What the integration asks for today, and was not granted to this connection: reconnect it to
    /// ask for that.
    #[schema(example = json!(["users:read"]))]
    missing_scopes: Vec<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When its workspace or tokens were last replaced.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// How a connection is.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConnectionStatusBody {
    /// Its provider took it less than a day ago, or its token is to live on.
    Active,
    /// Nothing speaks against it, and nothing recent for it.
    Unverified,
    /// Its tokens are being replaced.
    Refreshing,
    /// A refresh ended without an answer: its refresh token may be spent.
    InDoubt,
    /// The person has to consent again.
    ReauthRequired,
    /// It was ended at the provider.
    Revoked,
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
pub(super) enum Token {
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
    /// Connections as this caller may see them. Whose tokens are shown is written down first.
    pub(super) async fn shown(
        caller: &Caller,
        connections: Vec<ChannelConnection>,
    ) -> Result<Vec<Self>, ApiError> {
        let broker = &caller.broker;
        let missing = broker.missing_scopes(&connections).await?;
        let mut opened = Vec::new();
        if caller.has(ApiKeyRight::ReadTokens) {
            let each = connections.iter().map(|c| broker.open_credentials_of(c));
            opened = each.collect::<Result<_, _>>().map_err(UseCaseError::from)?;
            let with_tokens = connections.iter().filter(|c| !c.credentials.is_empty());
            note(broker, &with_tokens.collect::<Vec<_>>()).await?;
        }
        let mut shown = Self::masked(broker, connections, missing);
        for (shown, tokens) in shown.iter_mut().zip(opened) {
            if let Some(first) = tokens.into_iter().next() {
                shown.auth.access_token = Token::Clear(first.access_token);
                shown.auth.refresh_token = first.refresh_token.map(Token::Clear);
            }
        }
        Ok(shown)
    }

    /// The same of one.
    pub(super) async fn shown_one(
        caller: &Caller,
        connection: ChannelConnection,
    ) -> Result<Self, ApiError> {
        only(Self::shown(caller, vec![connection]).await?)
    }

    /// A connection with its tokens masked, whoever looks.
    pub(super) async fn masked_one(
        broker: &Broker,
        connection: ChannelConnection,
    ) -> Result<Self, ApiError> {
        let connections = vec![connection];
        let missing = broker.missing_scopes(&connections).await?;
        only(Self::masked(broker, connections, missing))
    }

    fn masked(
        broker: &Broker,
        connections: Vec<ChannelConnection>,
        missing: Vec<Vec<String>>,
    ) -> Vec<Self> {
        let now = broker.clock.now();
        let each = connections.into_iter().zip(missing);
        each.map(|(connection, missing)| Self::new(connection, missing, now))
            .collect()
    }

    fn new(connection: ChannelConnection, missing_scopes: Vec<String>, now: Timestamp) -> Self {
        let (first, health) = (connection.credentials.first(), &connection.health);
        let reason = health.failure.as_ref().map(|failure| failure.reason);
        let owner = &connection.owner;
        Self {
            channel: Some(CHANNEL),
            provider_id: Some(connection.provider.to_string()),
            subscriber_id: owner.subscriber_id.as_ref().map(ToString::to_string),
            context_keys: owner.context_keys.iter().map(ToString::to_string).collect(),
            auth: AuthBody {
                access_token: Token::Instead(if first.is_some() { MASK } else { APP_ONLY }),
                refresh_token: first
                    .and_then(|credential| credential.refresh_token.as_ref())
                    .map(|_| Token::Instead(MASK)),
                expires_at: first
                    .and_then(|credential| credential.expires_at)
                    .map(instant),
            },
            status: connection.status(now).into(),
            status_reason: reason.map(Reason::code),
            status_message: reason.map(Reason::what),
            status_remedy: reason.map(Reason::remedy),
            status_since: instant(health.since),
            proved_at: health.proved_at.map(instant),
            scopes: first.map(|c| c.scopes.clone()).unwrap_or_default(),
            missing_scopes,
            created_at: instant(connection.created_at),
            updated_at: instant(connection.updated_at),
            identifier: connection.identifier.into(),
            integration_identifier: Some(connection.integration_identifier),
            workspace: connection.workspace.into(),
        }
    }
}

async fn note(broker: &Broker, connections: &[&ChannelConnection]) -> Result<(), StoreError> {
    if connections.is_empty() {
        return Ok(());
    }
    broker.note_tokens_read(connections).await
}

fn only<T>(made: Vec<T>) -> Result<T, ApiError> {
    made.into_iter()
        .next()
        .ok_or_else(|| Reason::Internal.into())
}

impl From<Workspace> for WorkspaceBody {
    fn from(workspace: Workspace) -> Self {
        Self {
            id: workspace.id,
            name: workspace.name,
            bot_user_id: workspace.bot_user_id,
        }
    }
}

impl From<ConnectionStatus> for ConnectionStatusBody {
    fn from(status: ConnectionStatus) -> Self {
        match status {
            ConnectionStatus::Active => Self::Active,
            ConnectionStatus::Unverified => Self::Unverified,
            ConnectionStatus::Refreshing => Self::Refreshing,
            ConnectionStatus::InDoubt => Self::InDoubt,
            ConnectionStatus::ReauthRequired => Self::ReauthRequired,
            ConnectionStatus::Revoked => Self::Revoked,
        }
    }
}
