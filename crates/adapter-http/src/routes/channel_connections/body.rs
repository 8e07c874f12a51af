//! What is said of a connection when it is imported or changed.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tieline_domain::{
    connection::{ConnectionIdentifier, ConnectionMode, Workspace},
    subscriber::SubscriberId,
    text::InvalidText,
    usecase::{ImportedAuth, NewConnection},
};
use utoipa::ToSchema;

use crate::{
    context_body::{ContextsBody, context_schema},
    error::ApiError,
    fields::Fields,
    routes::connect_oauth::request::ConnectionModeBody,
};

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
