//! `/v1/channel-connections`: the workspaces and tenants that are connected.

use axum::{Json, extract::State};
use serde::Serialize;
use tieline_domain::{
    connection::{ChannelConnection, ConnectionIdentifier},
    context::{ContextKey, ContextKeys},
    page::Page,
    ports::ConnectionFilter,
    reason::Reason,
};
use utoipa::ToSchema;

use crate::{
    api::Api,
    auth::Reader,
    error::{ApiError, instant},
    object_name::ObjectName,
    paging::{PageBody, PageParams, page_body, page_request},
    query::QueryString,
    routes::schema::{ListErrors, ObjectErrors},
};

/// What stands in a token's place for a caller who may not read tokens.
pub(crate) const MASK: &str = "********";

/// What stands there where there is no token: the app authenticates by itself.
const APP_ONLY: &str = "app-only";

/// All connections are of this channel.
pub(crate) const CHANNEL: &str = "chat";

const LIST: &str = "channel-connections";

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
    /// Its credentials, masked.
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
    /// A mask, or `app-only` where the app authenticates by itself.
    #[schema(example = "********")]
    access_token: &'static str,
    /// When the access token dies, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    expires_at: Option<String>,
}

/// List channel connections
///
/// The environment's connections, newest first. Tokens are masked.
#[utoipa::path(
    get,
    path = "/v1/channel-connections",
    operation_id = "listChannelConnections",
    tag = "Channel connections",
    security(("ApiKey" = [])),
    params(
        PageParams,
        ("subscriberId" = Option<String>, Query, description = "Those of this subscriber.", example = "subscriber-123"),
        ("connectionMode" = Option<String>, Query, description = "`subscriber` or `shared`."),
        ("channel" = Option<String>, Query, description = "Always `chat`."),
        ("providerId" = Option<String>, Query, description = "Those to this provider.", example = "slack"),
        ("integrationIdentifier" = Option<String>, Query, description = "Those through this integration."),
        ("contextKeys" = Option<Vec<String>>, Query, description = "Those that belong to exactly these contexts, each as `type:id`.", example = json!(["tenant:org-acme"])),
    ),
    responses(
        (status = 200, description = "A page of connections.", body = PageBody<ChannelConnectionResponse>),
        ListErrors,
    ),
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Reader(environment): Reader,
    mut query: QueryString,
) -> Result<Json<PageBody<ChannelConnectionResponse>>, ApiError> {
    let filter = ConnectionFilter {
        subscriber_id: query.read("subscriberId"),
        mode: query.read("connectionMode"),
        provider: query.read("providerId"),
        integration_identifier: query.text("integrationIdentifier"),
        context_keys: read_context_keys(&mut query),
    };
    let other_channel = query
        .text("channel")
        .is_some_and(|channel| channel != CHANNEL);
    let request = page_request(&api, environment, LIST, &mut query)?;
    query.finish()?;
    let page = match request.filter(|_| !other_channel) {
        Some(request) => {
            api.broker
                .connections
                .list(environment, &filter, &request)
                .await?
        }
        None => Page::empty(),
    };
    Ok(Json(page_body(
        &api,
        environment,
        LIST,
        page,
        ChannelConnectionResponse::from,
    )))
}

/// Reads the filter by exact contexts.
pub(crate) fn read_context_keys(query: &mut QueryString) -> Option<ContextKeys> {
    let texts: Vec<String> = query
        .all("contextKeys")
        .into_iter()
        .map(str::to_owned)
        .collect();
    if texts.is_empty() {
        return None;
    }
    let keys: Result<Vec<ContextKey>, _> = texts.iter().map(|text| text.parse()).collect();
    match keys {
        Ok(keys) => Some(keys.into()),
        Err(problem) => {
            query.problem("contextKeys", &problem.to_string());
            None
        }
    }
}

/// Show a channel connection
///
/// By its identifier. Tokens are masked.
#[utoipa::path(
    get,
    path = "/v1/channel-connections/{identifier}",
    operation_id = "getChannelConnection",
    tag = "Channel connections",
    security(("ApiKey" = [])),
    params(("identifier" = String, Path, description = "The connection's identifier.", example = "chconn-4fp9x2m0q7ab")),
    responses(
        (status = 200, description = "The connection.", body = ChannelConnectionResponse),
        ObjectErrors,
    ),
)]
pub(crate) async fn get(
    State(api): State<Api>,
    Reader(environment): Reader,
    ObjectName(identifier): ObjectName,
) -> Result<Json<ChannelConnectionResponse>, ApiError> {
    let unknown = || ApiError::new(Reason::NotFound, "Channel connection not found");
    let identifier = ConnectionIdentifier::parse(identifier).map_err(|_| unknown())?;
    let found = api
        .broker
        .connections
        .find(environment, &identifier)
        .await?;
    Ok(Json(found.ok_or_else(unknown)?.into()))
}

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
                access_token: if first.is_some() { MASK } else { APP_ONLY },
                expires_at: first
                    .and_then(|credential| credential.expires_at)
                    .map(instant),
            },
            created_at: instant(connection.created_at),
            updated_at: instant(connection.updated_at),
        }
    }
}
