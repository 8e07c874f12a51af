//! Contexts inside other requests.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Value, json};
use tieline_domain::context::MAX_CONTEXTS;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Object, ObjectBuilder, OneOfBuilder, RefOr, Schema,
        schema::{SchemaType, Type},
    },
};

/// The contexts of a request: type → id, or type → id with data.
pub(crate) type ContextsBody = BTreeMap<String, ContextValue>;

/// A context: its id, or its id with data to keep if it is new.
#[derive(Debug)]
pub(crate) enum ContextValue {
    Id(String),
    WithData(ContextWithData),
}

/// The map's own schema: the derive knows neither bounds for members nor this choice of values.
pub(crate) fn context_schema() -> Object {
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
        .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
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
    pub(crate) id: String,
    /// Whatever the product wants to keep beside it.
    #[schema(value_type = Option<BTreeMap<String, Value>>, example = json!({ "plan": "pro" }))]
    pub(crate) data: Option<serde_json::Map<String, Value>>,
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
