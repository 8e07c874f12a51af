//! Endpoints on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tieline_domain::{
    connection::ConnectionIdentifier,
    endpoint::{Address, ChannelEndpoint, EndpointKind},
    reason::Reason,
    subscriber::SubscriberId,
    usecase::NewEndpoint,
};
use utoipa::{
    ToSchema,
    openapi::{
        Object, ObjectBuilder,
        schema::{AdditionalProperties, Type},
    },
};

use crate::{
    context_body::{ContextsBody, context_schema},
    error::{ApiError, instant},
    fields::Fields,
    routes::channel_connections::{CHANNEL, MASK},
};

/// An endpoint to be made.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateEndpointRequest {
    /// The subscriber whom it reaches.
    #[schema(min_length = 1, max_length = 255, example = "subscriber-123")]
    subscriber_id: String,
    /// The integration to which it belongs.
    #[schema(min_length = 1, max_length = 128, example = "slack")]
    integration_identifier: String,
    /// The connection in which it lies, of the same integration.
    #[schema(max_length = 128, example = "chconn-4fp9x2m0q7ab")]
    connection_identifier: Option<String>,
    /// Its identifier; generated where absent.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._-]+$")]
    identifier: Option<String>,
    /// The contexts in which it is made.
    #[schema(schema_with = context_schema)]
    context: Option<ContextsBody>,
    /// Whether to make the subscriber if there is none; one that is there is left alone.
    #[serde(default)]
    create_subscriber_if_missing: bool,
    /// What kind of address it is: `slack_channel`, `slack_user`, `webhook`, `phone`,
    /// `ms_teams_channel`, `ms_teams_user`, `telegram_chat`, `webex_room`, `webex_person`,
    /// `line_user`, `pagerduty_service`, `opsgenie_integration`, `grafana_oncall_integration` or
    /// `tool_webhook`.
    #[serde(rename = "type")]
    #[schema(example = "slack_channel")]
    kind: String,
    /// The address, its members depending on the type: `{"channelId"}`, `{"userId"}`, `{"url"}` …
    #[schema(value_type = BTreeMap<String, Value>, example = json!({ "channelId": "C0123456789" }))]
    endpoint: Map<String, Value>,
}

/// A change of an endpoint.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeEndpointRequest {
    /// The new address, of the same type.
    #[schema(value_type = BTreeMap<String, Value>, example = json!({ "channelId": "C9876543210" }))]
    pub(super) endpoint: Map<String, Value>,
}

impl TryFrom<CreateEndpointRequest> for NewEndpoint {
    type Error = ApiError;

    fn try_from(body: CreateEndpointRequest) -> Result<Self, ApiError> {
        let mut fields = Fields::default();
        let kind = fields.check("type", Some(body.kind), |text| text.parse::<EndpointKind>());
        let address = kind.and_then(|kind| {
            let add = |(name, problem): (String, String)| {
                fields.add(format!("endpoint.{name}"), &problem);
            };
            Address::parse(kind, body.endpoint)
                .map_err(|problems| problems.into_iter().for_each(add))
                .ok()
        });
        let subscriber_id = fields.check(
            "subscriberId",
            Some(body.subscriber_id),
            SubscriberId::parse,
        );
        let connection_identifier = fields.check(
            "connectionIdentifier",
            body.connection_identifier,
            ConnectionIdentifier::parse,
        );
        let contexts = fields.contexts(body.context);
        let integration_identifier = fields.identifier(body.integration_identifier);
        fields.refuse()?;
        Ok(Self {
            integration_identifier,
            identifier: body.identifier,
            connection_identifier,
            subscriber_id: subscriber_id.ok_or(Reason::Internal)?,
            create_subscriber: body.create_subscriber_if_missing,
            contexts,
            address: address.ok_or(Reason::Internal)?,
        })
    }
}

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
            "The address, its members depending on the type: `{\"userId\"}` of a person, \
             `{\"url\", \"channel\"}` of a webhook. Secret members are masked.",
        ))
        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
        .examples([json!({ "userId": "U0123456789" })])
        .build()
}

impl From<ChannelEndpoint> for ChannelEndpointResponse {
    fn from(endpoint: ChannelEndpoint) -> Self {
        let mut address = endpoint.address.public;
        if endpoint.secret.is_some() {
            let secrets = endpoint
                .address
                .kind
                .policy()
                .members
                .iter()
                .filter(|m| m.secret && m.required);
            address.extend(secrets.map(|member| (member.name.to_owned(), MASK.into())));
        }
        Self {
            identifier: endpoint.identifier,
            channel: Some(CHANNEL),
            provider_id: Some(endpoint.provider.to_string()),
            integration_identifier: Some(endpoint.integration_identifier),
            connection_identifier: endpoint.connection_identifier.map(String::from),
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
