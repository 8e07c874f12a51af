//! `/v1/channel-connections`: the workspaces and tenants that are connected.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use tieline_domain::{
    broker::Broker,
    connection::ConnectionIdentifier,
    context::{ContextKey, ContextKeys},
    page::{Page, PageRequest},
    ports::ConnectionFilter,
    reason::Reason,
};

use crate::{
    api::SharedApi,
    auth::{Administrator, Reader},
    body::JsonBody,
    error::ApiError,
    idempotency::once::{Once, OnceParams},
    object_name::ObjectName,
    paging::{self, PageBody, PageParams},
    query::QueryString,
    routes::schema::{ListErrors, ObjectErrors, WriteErrors},
};

mod body;
pub(super) mod delete;
pub(crate) mod reconnect;
mod shown;
pub(super) mod token;
pub(super) mod verify;

use body::ChangeConnectionRequest;
pub(crate) use body::CreateConnectionRequest;
use shown::ChannelConnectionResponse;
pub(super) use shown::WorkspaceBody;
pub(crate) use shown::{CHANNEL, MASK};

const LIST: &str = "channel-connections";

/// List channel connections
///
/// The environment's connections, newest first. Tokens are masked, unless the API key has the right
/// `tokens:read`; whose tokens were shown to which key is in the audit log.
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
    State(api): State<SharedApi>,
    Reader(caller): Reader,
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
    let (environment, store) = (caller.environment(), &caller.broker.stores.connections);
    let fetch = async |page: &PageRequest| {
        if other_channel {
            return Ok(Page::empty());
        }
        store.list(environment, &filter, page).await
    };
    let Json(page) = paging::answer(&api, environment, LIST, query, fetch, |row| row).await?;
    let shown = async |rows| ChannelConnectionResponse::shown(&caller, rows).await;
    page.try_map(shown).await.map(Json)
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
/// By its identifier. Tokens are masked, unless the API key has the right `tokens:read`; that they
/// were shown is in the audit log. Its `status` is what Tieline knows of it without asking.
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
    Reader(caller): Reader,
    ObjectName(identifier): ObjectName,
) -> Result<Json<ChannelConnectionResponse>, ApiError> {
    let connection = caller
        .broker
        .get_connection(caller.environment(), &read_identifier(identifier)?)
        .await?;
    ChannelConnectionResponse::shown_one(&caller, connection)
        .await
        .map(Json)
}

/// Import a channel connection
///
/// For a token that was issued elsewhere. The provider is not asked. Refused with 409 where the
/// integration, owner and workspace have a connection already.
#[utoipa::path(
    post,
    path = "/v1/channel-connections",
    operation_id = "createChannelConnection",
    tag = "Channel connections",
    security(("ApiKey" = [])),
    params(OnceParams),
    request_body(
        content = inline(CreateConnectionRequest),
        description = "The connection.",
        example = json!({
            "subscriberId": "subscriber-123", "integrationIdentifier": "slack",
            "workspace": { "id": "T0123456789", "name": "Acme" },
            "auth": { "accessToken": "the-workspace-s-bot-token" },
        }),
    ),
    responses(
        (status = 201, description = "The connection.", body = ChannelConnectionResponse, links(
            ("show" = (operation_id = "getChannelConnection", description = "Show it.", parameters(("identifier" = "$response.body#/identifier")))),
            ("change" = (operation_id = "updateChannelConnection", description = "Change it.", parameters(("identifier" = "$response.body#/identifier")))),
            ("token" = (operation_id = "issueChannelConnectionToken", description = "Get a token of it.", parameters(("identifier" = "$response.body#/identifier")))),
            ("reconnect" = (operation_id = "reconnectChannelConnection", description = "Renew its consent.", parameters(("identifier" = "$response.body#/identifier")))),
            ("verify" = (operation_id = "verifyChannelConnection", description = "Ask the provider about it.", parameters(("identifier" = "$response.body#/identifier")))),
            ("delete" = (operation_id = "deleteChannelConnection", description = "Delete it.", parameters(("identifier" = "$response.body#/identifier")))),
        )),
        WriteErrors,
    ),
)]
pub(crate) async fn create(
    Administrator(caller): Administrator,
    once: Once,
    body: Result<JsonBody<CreateConnectionRequest>, ApiError>,
) -> Response {
    let environment = caller.environment();
    let work = async |broker: Broker, body: CreateConnectionRequest| {
        let connection = broker
            .create_connection(environment, body.try_into()?)
            .await?;
        ChannelConnectionResponse::masked_one(&broker, connection).await
    };
    once.run(&caller, StatusCode::CREATED, body, work).await
}

/// Change a channel connection
///
/// Replaces workspace and token, both as a whole. Without a `refreshToken` it has none any more.
#[utoipa::path(
    patch,
    path = "/v1/channel-connections/{identifier}",
    operation_id = "updateChannelConnection",
    tag = "Channel connections",
    security(("ApiKey" = [])),
    params(OnceParams, ("identifier" = String, Path, description = "The connection's identifier.", example = "chconn-4fp9x2m0q7ab")),
    request_body(
        content = inline(ChangeConnectionRequest),
        description = "Workspace and token.",
        example = json!({
            "workspace": { "id": "T0123456789", "name": "Acme" },
            "auth": { "accessToken": "the-workspace-s-new-bot-token" },
        }),
    ),
    responses(
        (status = 200, description = "The connection as it is now.", body = ChannelConnectionResponse),
        WriteErrors,
    ),
)]
pub(crate) async fn change(
    Administrator(caller): Administrator,
    ObjectName(identifier): ObjectName,
    once: Once,
    body: Result<JsonBody<ChangeConnectionRequest>, ApiError>,
) -> Response {
    let environment = caller.environment();
    let work = async |broker: Broker, body: ChangeConnectionRequest| {
        let identifier = read_identifier(identifier)?;
        let (workspace, auth) = body.read()?;
        let changed = broker
            .change_connection(environment, &identifier, workspace, auth)
            .await?;
        ChannelConnectionResponse::masked_one(&broker, changed).await
    };
    once.run(&caller, StatusCode::OK, body, work).await
}

/// An identifier that no connection can have is one that no connection has.
fn read_identifier(identifier: String) -> Result<ConnectionIdentifier, ApiError> {
    let parsed = ConnectionIdentifier::parse(identifier);
    parsed.map_err(|_| ApiError::new(Reason::NotFound, "Channel connection not found"))
}
