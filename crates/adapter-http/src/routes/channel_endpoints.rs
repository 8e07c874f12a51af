//! `/v1/channel-endpoints`: the addresses inside connections.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use tieline_domain::{
    broker::Broker,
    page::{Page, PageRequest},
    ports::EndpointFilter,
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
    routes::{
        channel_connections::{CHANNEL, read_context_keys},
        schema::{ListErrors, ObjectErrors, WriteErrors},
    },
};

mod body;

pub(crate) use body::CreateEndpointRequest;
use body::{ChangeEndpointRequest, ChannelEndpointResponse};

const LIST: &str = "channel-endpoints";

/// List channel endpoints
///
/// The environment's endpoints, newest first. Webhook URLs are masked.
#[utoipa::path(
    get,
    path = "/v1/channel-endpoints",
    operation_id = "listChannelEndpoints",
    tag = "Channel endpoints",
    security(("ApiKey" = [])),
    params(
        PageParams,
        ("subscriberId" = Option<String>, Query, description = "Those of this subscriber.", example = "subscriber-123"),
        ("connectionIdentifier" = Option<String>, Query, description = "Those in this connection."),
        ("channel" = Option<String>, Query, description = "Always `chat`."),
        ("providerId" = Option<String>, Query, description = "Those at this provider.", example = "slack"),
        ("integrationIdentifier" = Option<String>, Query, description = "Those through this integration."),
        ("contextKeys" = Option<Vec<String>>, Query, description = "Those made in exactly these contexts, each as `type:id`.", example = json!(["tenant:org-acme"])),
    ),
    responses(
        (status = 200, description = "A page of endpoints.", body = PageBody<ChannelEndpointResponse>),
        ListErrors,
    ),
)]
pub(crate) async fn list(
    State(api): State<SharedApi>,
    Reader(caller): Reader,
    mut query: QueryString,
) -> Result<Json<PageBody<ChannelEndpointResponse>>, ApiError> {
    let filter = EndpointFilter {
        subscriber_id: query.read("subscriberId"),
        connection_identifier: query.text("connectionIdentifier"),
        provider: query.read("providerId"),
        integration_identifier: query.text("integrationIdentifier"),
        context_keys: read_context_keys(&mut query),
    };
    let other_channel = query
        .text("channel")
        .is_some_and(|channel| channel != CHANNEL);
    let (environment, store) = (caller.environment(), &caller.broker.stores.endpoints);
    let fetch = async |page: &PageRequest| {
        if other_channel {
            return Ok(Page::empty());
        }
        store.list(environment, &filter, page).await
    };
    let turn = ChannelEndpointResponse::from;
    paging::answer(&api, environment, LIST, query, fetch, turn).await
}

/// Show a channel endpoint
///
/// By its identifier. A webhook's URL is masked.
#[utoipa::path(
    get,
    path = "/v1/channel-endpoints/{identifier}",
    operation_id = "getChannelEndpoint",
    tag = "Channel endpoints",
    security(("ApiKey" = [])),
    params(("identifier" = String, Path, description = "The endpoint's identifier.", example = "chendp_9x2m0q7ab4fp")),
    responses(
        (status = 200, description = "The endpoint.", body = ChannelEndpointResponse),
        ObjectErrors,
    ),
)]
pub(crate) async fn get(
    Reader(caller): Reader,
    ObjectName(identifier): ObjectName,
) -> Result<Json<ChannelEndpointResponse>, ApiError> {
    Ok(Json(
        caller
            .broker
            .get_endpoint(caller.environment(), &identifier)
            .await?
            .into(),
    ))
}

/// Make a channel endpoint
///
/// An address at which a subscriber can be reached. Where the subscriber has an endpoint at the
/// very same address already, that one is answered.
#[utoipa::path(
    post,
    path = "/v1/channel-endpoints",
    operation_id = "createChannelEndpoint",
    tag = "Channel endpoints",
    security(("ApiKey" = [])),
    params(OnceParams),
    request_body(
        content = inline(CreateEndpointRequest),
        description = "The endpoint.",
        example = json!({
            "subscriberId": "subscriber-123", "integrationIdentifier": "slack",
            "connectionIdentifier": "chconn-4fp9x2m0q7ab",
            "type": "slack_channel", "endpoint": { "channelId": "C0123456789" },
        }),
    ),
    responses(
        (status = 201, description = "The endpoint.", body = ChannelEndpointResponse, links(
            ("show" = (operation_id = "getChannelEndpoint", description = "Show it.", parameters(("identifier" = "$response.body#/identifier")))),
            ("change" = (operation_id = "updateChannelEndpoint", description = "Change it.", parameters(("identifier" = "$response.body#/identifier")))),
            ("delete" = (operation_id = "deleteChannelEndpoint", description = "Delete it.", parameters(("identifier" = "$response.body#/identifier")))),
        )),
        WriteErrors,
    ),
)]
pub(crate) async fn create(
    Administrator(caller): Administrator,
    once: Once,
    body: Result<JsonBody<CreateEndpointRequest>, ApiError>,
) -> Response {
    let environment = caller.environment();
    let work = async |broker: Broker, body: CreateEndpointRequest| {
        let endpoint = broker
            .create_endpoint(environment, body.try_into()?)
            .await?;
        Ok(ChannelEndpointResponse::from(endpoint))
    };
    once.run(&caller, StatusCode::CREATED, body, work).await
}

/// Change a channel endpoint
///
/// Replaces its address by another of the same type.
#[utoipa::path(
    patch,
    path = "/v1/channel-endpoints/{identifier}",
    operation_id = "updateChannelEndpoint",
    tag = "Channel endpoints",
    security(("ApiKey" = [])),
    params(OnceParams, ("identifier" = String, Path, description = "The endpoint's identifier.", example = "chendp_9x2m0q7ab4fp")),
    request_body(
        content = inline(ChangeEndpointRequest),
        description = "The new address.",
        example = json!({ "endpoint": { "channelId": "C9876543210" } }),
    ),
    responses(
        (status = 200, description = "The endpoint as it is now.", body = ChannelEndpointResponse),
        WriteErrors,
    ),
)]
pub(crate) async fn change(
    Administrator(caller): Administrator,
    ObjectName(identifier): ObjectName,
    once: Once,
    body: Result<JsonBody<ChangeEndpointRequest>, ApiError>,
) -> Response {
    let environment = caller.environment();
    let work = async |broker: Broker, body: ChangeEndpointRequest| {
        let changed = broker
            .change_endpoint(environment, &identifier, body.endpoint)
            .await?;
        Ok(ChannelEndpointResponse::from(changed))
    };
    once.run(&caller, StatusCode::OK, body, work).await
}

/// Delete a channel endpoint
///
/// The connection in which it lies stays.
#[utoipa::path(
    delete,
    path = "/v1/channel-endpoints/{identifier}",
    operation_id = "deleteChannelEndpoint",
    tag = "Channel endpoints",
    security(("ApiKey" = [])),
    params(("identifier" = String, Path, description = "The endpoint's identifier.", example = "chendp_9x2m0q7ab4fp")),
    responses((status = 204, description = "It is gone."), ObjectErrors),
)]
pub(crate) async fn delete(
    Administrator(caller): Administrator,
    ObjectName(identifier): ObjectName,
) -> Result<StatusCode, ApiError> {
    caller
        .broker
        .delete_endpoint(caller.environment(), &identifier)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
