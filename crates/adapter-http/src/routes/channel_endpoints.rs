//! `/v1/channel-endpoints`: the addresses inside connections.

use axum::{Json, extract::State};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tieline_domain::{
    endpoint::ChannelEndpoint, page::Page, ports::EndpointFilter, reason::Reason,
};
use utoipa::{
    ToSchema,
    openapi::{Object, ObjectBuilder, schema::Type},
};

use crate::{
    api::Api,
    auth::Reader,
    error::{ApiError, instant},
    object_name::ObjectName,
    paging::{PageBody, PageParams, page_body, page_request},
    query::QueryString,
    routes::{
        channel_connections::{CHANNEL, MASK, read_context_keys},
        schema::{ListErrors, ObjectErrors},
    },
};

const LIST: &str = "channel-endpoints";

/// An address inside a connection.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChannelEndpointResponse {
    /// Its identifier.
    #[schema(example = "chendp_9x2m0q7ab4fp")]
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
    /// The connection in which it lies.
    #[schema(example = "chconn-4fp9x2m0q7ab", required)]
    connection_identifier: Option<String>,
    /// The subscriber whom it reaches.
    #[schema(example = "subscriber-123", required)]
    subscriber_id: Option<String>,
    /// The contexts in which it was made, as `type:id`.
    #[schema(example = json!(["tenant:org-acme"]))]
    context_keys: Vec<String>,
    /// `slack_user`, `ms_teams_user` or `webhook`.
    #[serde(rename = "type")]
    #[schema(example = "slack_user")]
    kind: &'static str,
    #[schema(schema_with = address_schema)]
    endpoint: Map<String, Value>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// An object of any members: the derive leaves out what such a one is described with.
fn address_schema() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(
            "The address: `{\"userId\"}` of a person; `{\"url\", \"channel\", \"channelId\"}` of a \
             webhook, its URL masked.",
        ))
        .examples([json!({ "userId": "U0123456789" })])
        .build()
}

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
    State(api): State<Api>,
    Reader(environment): Reader,
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
    let request = page_request(&api, environment, LIST, &mut query)?;
    query.finish()?;
    let page = match request.filter(|_| !other_channel) {
        Some(request) => {
            api.broker
                .endpoints
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
        ChannelEndpointResponse::from,
    )))
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
    State(api): State<Api>,
    Reader(environment): Reader,
    ObjectName(identifier): ObjectName,
) -> Result<Json<ChannelEndpointResponse>, ApiError> {
    let unknown = || ApiError::new(Reason::NotFound, "Channel endpoint not found");
    let found = api.broker.endpoints.find(environment, &identifier).await?;
    Ok(Json(found.ok_or_else(unknown)?.into()))
}

impl From<ChannelEndpoint> for ChannelEndpointResponse {
    fn from(endpoint: ChannelEndpoint) -> Self {
        let mut address = endpoint.address.public;
        if endpoint.secret.is_some() {
            address.insert("url".to_owned(), MASK.into());
        }
        Self {
            identifier: endpoint.identifier,
            channel: Some(CHANNEL),
            provider_id: Some(endpoint.provider.to_string()),
            integration_identifier: Some(endpoint.integration_identifier),
            connection_identifier: Some(endpoint.connection_identifier.into()),
            subscriber_id: Some(endpoint.subscriber_id.into()),
            context_keys: endpoint
                .context_keys
                .iter()
                .map(ToString::to_string)
                .collect(),
            kind: endpoint.address.kind.as_str(),
            endpoint: address,
            created_at: instant(endpoint.created_at),
            updated_at: instant(endpoint.updated_at),
        }
    }
}
