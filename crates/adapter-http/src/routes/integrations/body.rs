//! Integrations on the wire.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tieline_domain::{
    id::{EnvironmentId, OrganizationId},
    integration::{Credentials, Integration},
    provider::ProviderId,
    reason::Reason,
    usecase::{IntegrationChange, NewIntegration},
};
use utoipa::{
    ToSchema,
    openapi::{
        Object, ObjectBuilder,
        schema::{AdditionalProperties, Type},
    },
};

use crate::{error::ApiError, fields::Fields, routes::channel_connections::CHANNEL};

/// An integration to be made. Members that other servers of this wire know and Tieline does not
/// (`kind`, `conditions`, `configurations`) are accepted and left alone.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateIntegrationRequest {
    /// The provider: `slack` or `msteams`.
    #[schema(max_length = 64, example = "slack")]
    provider_id: String,
    /// `chat`.
    #[schema(example = "chat")]
    channel: Option<String>,
    /// The identifier under which requests will name it; made up where absent.
    #[schema(max_length = 128, pattern = "^[A-Za-z0-9._-]+$", example = "slack")]
    identifier: Option<String>,
    /// What people call it; the provider's name where absent.
    #[schema(max_length = 100, example = "Slack")]
    name: Option<String>,
    /// The app's credentials, by name.
    #[schema(value_type = Option<BTreeMap<String, Value>>, example = json!({ "clientId": "1234567890.9876543210", "secretKey": "the-app-s-client-secret" }))]
    credentials: Option<BTreeMap<String, Value>>,
    /// Whether it may be used at once.
    #[serde(default)]
    active: bool,
    /// The environment: the API key's own, if given.
    #[serde(rename = "_environmentId")]
    environment_id: Option<String>,
    #[serde(rename = "kind")]
    #[schema(value_type = Option<String>, example = "delivery")]
    _kind: Option<Value>,
    /// Whether the provider is asked first if it takes the credentials; false where absent.
    pub(super) check: Option<bool>,
    #[serde(rename = "conditions")]
    #[schema(value_type = Option<Vec<BTreeMap<String, Value>>>)]
    _conditions: Option<Value>,
    #[serde(rename = "configurations")]
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    _configurations: Option<Value>,
}

/// A change of an integration.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UpdateIntegrationRequest {
    /// The identifier under which requests name it.
    #[schema(max_length = 128, pattern = "^[A-Za-z0-9._-]+$", example = "slack")]
    identifier: Option<String>,
    /// What people call it.
    #[schema(max_length = 100, example = "Slack (Europe)")]
    name: Option<String>,
    /// The app's credentials, replaced as a whole.
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    credentials: Option<BTreeMap<String, Value>>,
    /// Whether it may be used.
    active: Option<bool>,
    /// The environment: the API key's own, if given.
    #[serde(rename = "_environmentId")]
    environment_id: Option<String>,
    #[serde(rename = "kind")]
    #[schema(value_type = Option<String>, example = "delivery")]
    _kind: Option<Value>,
    /// Whether the provider is asked first if it takes the credentials, those in this request or
    /// else the stored ones; false where absent.
    pub(super) check: Option<bool>,
    #[serde(rename = "conditions")]
    #[schema(value_type = Option<Vec<BTreeMap<String, Value>>>)]
    _conditions: Option<Value>,
    #[serde(rename = "configurations")]
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    _configurations: Option<Value>,
}

impl CreateIntegrationRequest {
    pub(super) fn read(self, environment: EnvironmentId) -> Result<NewIntegration, ApiError> {
        check_environment(self.environment_id.as_deref(), environment)?;
        let mut fields = Fields::default();
        if self.channel.is_some_and(|channel| channel != CHANNEL) {
            fields.add("channel", &"must be chat");
        }
        let provider = fields.check("providerId", Some(self.provider_id), ProviderId::parse);
        let credentials = read_credentials(self.credentials, &mut fields).unwrap_or_default();
        fields.refuse()?;
        Ok(NewIntegration {
            provider: provider.ok_or(Reason::Internal)?,
            identifier: self.identifier,
            name: self.name,
            credentials,
            active: self.active,
        })
    }
}

impl UpdateIntegrationRequest {
    pub(super) fn read(self, environment: EnvironmentId) -> Result<IntegrationChange, ApiError> {
        check_environment(self.environment_id.as_deref(), environment)?;
        let mut fields = Fields::default();
        let credentials = read_credentials(self.credentials, &mut fields);
        fields.finish(IntegrationChange {
            identifier: self.identifier,
            name: self.name,
            credentials,
            active: self.active,
        })
    }
}

/// An API key speaks for its own environment only.
fn check_environment(named: Option<&str>, own: EnvironmentId) -> Result<(), ApiError> {
    match named {
        Some(named) if named != own.to_string() => {
            let message = "_environmentId must be the API key's own environment";
            Err(ApiError::new(Reason::Forbidden, message))
        }
        _ => Ok(()),
    }
}

/// Credentials are texts, or true and false; one that is null or empty is one that is not given.
fn read_credentials(
    given: Option<BTreeMap<String, Value>>,
    fields: &mut Fields,
) -> Option<Credentials> {
    let mut texts = Vec::new();
    for (name, value) in given? {
        match value {
            Value::String(text) if !text.is_empty() => texts.push((name, text)),
            Value::String(_) | Value::Null => {}
            Value::Bool(flag) => texts.push((name, flag.to_string())),
            _ => {
                let name = tieline_domain::text::sanitize(&name, 64);
                fields.add(
                    format!("credentials.{name}"),
                    &"must be a text, or true or false",
                );
            }
        }
    }
    Some(texts.into_iter().collect())
}

/// The product's own app at a provider.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IntegrationResponse {
    /// Its id, for the paths of this API.
    #[serde(rename = "_id")]
    #[schema(format = Uuid)]
    id: String,
    /// The environment's id.
    #[serde(rename = "_environmentId")]
    #[schema(format = Uuid)]
    environment_id: String,
    /// The organization's id.
    #[serde(rename = "_organizationId")]
    #[schema(format = Uuid)]
    organization_id: String,
    /// What people call it.
    #[schema(example = "Slack")]
    name: String,
    /// The identifier under which requests name it.
    #[schema(example = "slack")]
    identifier: String,
    /// The provider.
    #[schema(example = "slack")]
    provider_id: String,
    /// Always `chat`.
    #[schema(example = "chat")]
    channel: &'static str,
    /// Always empty in lists, and absent elsewhere: credentials are never shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = no_credentials_schema, required = false)]
    credentials: Option<Map<String, Value>>,
    /// Whether it may be used.
    active: bool,
    /// Always false: what is deleted is gone.
    deleted: bool,
    /// Always false: chat integrations have no primary one.
    primary: bool,
}

/// An object of any members: the derive leaves out what such a one is described with.
fn no_credentials_schema() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(
            "Always empty in lists, and absent elsewhere: credentials are never shown.",
        ))
        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
        .examples([json!({})])
        .build()
}

impl IntegrationResponse {
    pub(super) fn new(integration: Integration, organization: OrganizationId) -> Self {
        Self {
            id: integration.id.to_string(),
            environment_id: integration.environment_id.to_string(),
            organization_id: organization.to_string(),
            name: integration.name,
            identifier: integration.identifier,
            provider_id: integration.provider.into(),
            channel: CHANNEL,
            credentials: None,
            active: integration.active,
            deleted: false,
            primary: false,
        }
    }

    /// As lists show it.
    pub(super) fn with_empty_credentials(self) -> Self {
        Self {
            credentials: Some(Map::new()),
            ..self
        }
    }
}
