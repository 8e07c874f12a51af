//! As much of JSON Schema as the document uses. Stricter in one thing: a member that the document
//! does not name is a fault.

use std::collections::BTreeSet;

use serde_json::Value;

use super::DOCUMENT;

pub(super) fn resolved(schema: &Value) -> &Value {
    match schema["$ref"].as_str() {
        Some(reference) => resolved(DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap()),
        None => schema,
    }
}

/// What is wrong with a value, each problem behind its place.
pub(super) fn problems(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    inspect(schema, value, "", &mut found);
    found
}

fn inspect(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let schema = resolved(schema);
    for part in parts(schema, "allOf") {
        inspect_members(part, value, at, found);
    }
    let choices = parts(schema, "oneOf");
    let fits = |choice: &&&Value| problems(choice, value).is_empty();
    if !choices.is_empty() && choices.iter().filter(fits).count() != 1 {
        found.push(format!("{at}: fits not exactly one of its schemas"));
    }
    inspect_type(schema, value, at, found);
    inspect_members(schema, value, at, found);
    inspect_names(schema, value, at, found);
    if let Some(items) = value.as_array() {
        for (number, item) in items.iter().enumerate() {
            inspect(&schema["items"], item, &format!("{at}/{number}"), found);
        }
    }
}

fn inspect_type(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => return,
    };
    if !types.iter().any(|name| is_of(value, name)) {
        found.push(format!("{at}: is not of the type {types:?}"));
    }
    let allowed = schema["enum"].as_array();
    if allowed.is_some_and(|allowed| !allowed.contains(value)) {
        found.push(format!("{at}: {value} is not among the values"));
    }
}

fn is_of(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

fn inspect_members(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let Some(members) = value.as_object() else {
        return;
    };
    for name in texts(&schema["required"]) {
        if !members.contains_key(name) {
            found.push(format!("{at}: lacks {name}"));
        }
    }
    for (name, member) in members {
        let at = format!("{at}/{name}");
        if let Some(schema) = schema["properties"].get(name) {
            inspect(schema, member, &at, found);
        } else if schema["additionalProperties"].is_object() {
            inspect(&schema["additionalProperties"], member, &at, found);
        }
    }
}

/// Members that neither the schema nor one of its parts names.
fn inspect_names(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let named = names(schema);
    let is_open = named.is_empty() || schema["additionalProperties"].is_object();
    let members = value
        .as_object()
        .into_iter()
        .flat_map(|members| members.keys());
    for name in members.filter(|name| !is_open && !named.contains(name.as_str())) {
        found.push(format!("{at}: {name} is not declared"));
    }
}

fn names(schema: &Value) -> BTreeSet<&str> {
    let own = schema["properties"].as_object().into_iter().flatten();
    let own = own.map(|(name, _)| name.as_str());
    let parts = parts(schema, "allOf").into_iter().flat_map(names);
    own.chain(parts).collect()
}

fn parts<'a>(schema: &'a Value, keyword: &str) -> Vec<&'a Value> {
    let parts = schema[keyword].as_array().into_iter().flatten();
    parts.map(resolved).collect()
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

#[test]
fn what_the_document_does_not_say_is_a_problem() {
    let schema = serde_json::json!({
        "type": "object",
        "required": ["a"],
        "properties": { "a": { "type": ["string", "null"] }, "b": { "type": "integer" } },
    });
    let problems_of = |value: Value| problems(&schema, &value).len();
    assert_eq!(problems_of(serde_json::json!({ "a": null, "b": 1 })), 0);
    assert_eq!(problems_of(serde_json::json!({ "b": 1.5 })), 2);
    assert_eq!(problems_of(serde_json::json!({ "a": "", "c": 1 })), 1);
    assert_eq!(problems_of(serde_json::json!([])), 1);
}
