//! The body of the main job, and what it means to the domain.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Value, json};
use tieline_domain::{
    connection::{ConnectionIdentifier, ConnectionMode},
    context::{ContextKey, MAX_CONTEXTS, NamedContext},
    subscriber::SubscriberId,
    text::InvalidText,
    usecase::MintConnectUrl,
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{Object, ObjectBuilder, OneOfBuilder, RefOr, Schema, schema::Type},
};

use crate::error::ApiError;

/// What to connect, and for whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ConnectOauthRequest {
    /// The subscriber with whom the connection is associated: its owner in `subscriber` mode, and
    /// in both modes the one to whom the person who consents is linked. Slack: needed only with
    /// the scope `incoming-webhook`. Microsoft Teams: optional, since consent is tenant-wide.
    #[schema(min_length = 1, max_length = 255, example = "subscriber-123")]
    subscriber_id: Option<String>,

    /// The integration through which to connect.
    #[schema(min_length = 1, max_length = 128, example = "slack")]
    integration_identifier: String,

    /// The identifier that the connection will get; generated where absent. A connection that
    /// exists for the same integration, owner and workspace is renewed and keeps its own.
    #[schema(
        min_length = 1,
        max_length = 128,
        pattern = "^[A-Za-z0-9._-]+$",
        example = "slack-connection-abc123"
    )]
    connection_identifier: Option<String>,

    /// The contexts to which the connection belongs, 1 to 5: type → id, or type → id with data.
    /// Contexts that are new are created; data of those that exist is left alone.
    #[schema(schema_with = context_schema)]
    context: Option<BTreeMap<String, ContextValue>>,

    /// Reserved for integrations that demand proof of the context. No integration can demand it
    /// yet, so it is accepted and not looked at.
    #[schema(max_length = 128)]
    context_hash: Option<String>,

    /// Slack: the bot scopes to ask for. Without it: `chat:write`, `chat:write.public`,
    /// `channels:read`, `groups:read`, `users:read`, `users:read.email`. Microsoft Teams: ignored,
    /// since an admin's consent covers the permissions that the app's registration names.
    #[schema(max_items = 100, example = json!(["chat:write", "chat:write.public", "channels:read"]))]
    scope: Option<Vec<String>>,

    /// How the connection is scoped. `subscriber`: it belongs to the subscriber. `shared`: it
    /// belongs to the context, and to no subscriber. Without it: `subscriber` when a
    /// `subscriberId` is given, else `shared`.
    connection_mode: Option<ConnectionModeBody>,

    /// Whether the person who consents is linked to the subscriber as a personal endpoint.
    /// Without it: true in `subscriber` mode, false in `shared`. Slack: taken from the same
    /// answer. Microsoft Teams: taken from the sign-in which proves the tenant; when false, that
    /// sign-in only proves.
    auto_link_user: Option<bool>,
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

/// A context: its id, or its id with data to keep if it is new.
#[derive(Debug)]
pub(crate) enum ContextValue {
    Id(String),
    WithData(ContextWithData),
}

/// The map's own schema: the derive knows neither bounds for members nor this choice of values.
fn context_schema() -> Object {
    let id = ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("The context's id."))
        .min_length(Some(1))
        .max_length(Some(100))
        .pattern(Some("^[A-Za-z0-9._-]+$"));
    let value = Schema::OneOf(
        OneOfBuilder::new()
            .item(id)
            .item(ContextWithData::schema())
            .build(),
    );
    let value = RefOr::T(value);
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(
            "The contexts to which the connection belongs, 1 to 5: type → id, or type → id with \
             data. Contexts that are new are created; data of those that exist is left alone.",
        ))
        .min_properties(Some(1))
        .max_properties(Some(MAX_CONTEXTS))
        .additional_properties(Some(value))
        .examples([json!({ "tenant": "org-acme" })])
        .build()
}

/// A context's id, and data to keep if the context is new.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContextWithData {
    /// The id, 1 to 100 characters out of `A-Z a-z 0-9 . _ -`.
    #[schema(min_length = 1, max_length = 100, example = "org-acme")]
    id: String,
    /// Whatever the product wants to keep beside it.
    #[schema(value_type = Option<Object>, example = json!({ "plan": "pro" }))]
    data: Option<serde_json::Map<String, Value>>,
}

impl<'de> Deserialize<'de> for ContextValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContextVisitor)
    }
}

/// Reads the object where it stands, so that a problem in it is told with its place.
struct ContextVisitor;

impl<'de> Visitor<'de> for ContextVisitor {
    type Value = ContextValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id, or an object with an id")
    }

    fn visit_str<E>(self, id: &str) -> Result<ContextValue, E> {
        Ok(ContextValue::Id(id.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<ContextValue, A::Error> {
        ContextWithData::deserialize(MapAccessDeserializer::new(members))
            .map(ContextValue::WithData)
    }
}

impl TryFrom<ConnectOauthRequest> for MintConnectUrl {
    type Error = ApiError;

    fn try_from(body: ConnectOauthRequest) -> Result<Self, ApiError> {
        let mut problems = Problems::default();
        problems.context_hash(body.context_hash.as_deref());
        let request = Self {
            subscriber_id: problems.check("subscriberId", body.subscriber_id, SubscriberId::parse),
            connection_identifier: problems.check(
                "connectionIdentifier",
                body.connection_identifier,
                ConnectionIdentifier::parse,
            ),
            contexts: problems.contexts(body.context),
            scopes: problems.scopes(body.scope),
            mode: body.connection_mode.map(|mode| match mode {
                ConnectionModeBody::Subscriber => ConnectionMode::Subscriber,
                ConnectionModeBody::Shared => ConnectionMode::Shared,
            }),
            auto_link: body.auto_link_user,
            integration_identifier: problems.identifier(body.integration_identifier),
        };
        problems.finish(request)
    }
}

/// What is wrong with the fields of a body, gathered.
#[derive(Default)]
struct Problems(Vec<(String, String)>);

impl Problems {
    fn add(&mut self, field: impl Into<String>, problem: &impl ToString) {
        self.0.push((field.into(), problem.to_string()));
    }

    fn check<T>(
        &mut self,
        field: &str,
        value: Option<String>,
        parse: impl Fn(String) -> Result<T, InvalidText>,
    ) -> Option<T> {
        parse(value?)
            .map_err(|problem| self.add(field, &problem))
            .ok()
    }

    fn identifier(&mut self, identifier: String) -> String {
        if identifier.is_empty() || identifier.chars().count() > 128 {
            self.add("integrationIdentifier", &"must have 1 to 128 characters");
        }
        identifier
    }

    fn context_hash(&mut self, hash: Option<&str>) {
        if hash.is_some_and(|hash| hash.chars().count() > 128) {
            self.add("contextHash", &"must have at most 128 characters");
        }
    }

    fn scopes(&mut self, scopes: Option<Vec<String>>) -> Option<Vec<String>> {
        if scopes.as_ref().is_some_and(|scopes| scopes.len() > 100) {
            self.add("scope", &"must name at most 100 scopes");
        }
        scopes
    }

    fn contexts(&mut self, contexts: Option<BTreeMap<String, ContextValue>>) -> Vec<NamedContext> {
        let Some(contexts) = contexts else {
            return Vec::new();
        };
        if !(1..=MAX_CONTEXTS).contains(&contexts.len()) {
            self.add("context", &format!("must have 1 to {MAX_CONTEXTS} entries"));
        }
        contexts
            .into_iter()
            .filter_map(|(kind, value)| self.context(kind, value))
            .collect()
    }

    fn context(&mut self, kind: String, value: ContextValue) -> Option<NamedContext> {
        let field = format!("context.{}", tieline_domain::text::sanitize(&kind, 100));
        let (id, data) = match value {
            ContextValue::Id(id) => (id, None),
            ContextValue::WithData(ContextWithData { id, data }) => (id, data),
        };
        let key = ContextKey::new(kind, id)
            .map_err(|problem| self.add(field, &problem))
            .ok()?;
        Some(NamedContext { key, data })
    }

    fn finish<T>(self, value: T) -> Result<T, ApiError> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(ApiError::invalid_fields(self.0))
        }
    }
}
