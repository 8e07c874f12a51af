//! Holds every answer that a test provokes against the OpenAPI document.

use std::sync::LazyLock;

use axum::http::Method;
use serde_json::{Map, Value};

use crate::bench::Answer;

mod schema;

/// The document, as it is served.
pub(crate) static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(tieline_adapter_http::openapi()).unwrap());

/// One operation of the document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) value: &'static Value,
}

impl Operation {
    pub(crate) fn id(&self) -> &'static str {
        self.value["operationId"].as_str().unwrap()
    }

    /// Whether it asks for an API key.
    pub(crate) fn is_keyed(&self) -> bool {
        let security = self.value["security"].as_array().unwrap();
        security.iter().any(|scheme| scheme.get("ApiKey").is_some())
    }

    /// Its path with this in the place of each parameter.
    pub(crate) fn path_of(&self, name: &str) -> String {
        let concrete = |segment: &'static str| {
            if segment.starts_with('{') {
                name.to_owned()
            } else {
                segment.to_owned()
            }
        };
        let segments: Vec<String> = self.path.split('/').map(concrete).collect();
        segments.join("/")
    }

    /// A body that it takes, out of the document; null where it takes none.
    pub(crate) fn example(&self) -> Value {
        let content = &self.value["requestBody"]["content"]["application/json"];
        let first = content["examples"]
            .as_object()
            .and_then(|all| all.values().next());
        first
            .map_or(&content["example"], |example| &example["value"])
            .clone()
    }

    pub(crate) fn responses(&self) -> &'static Map<String, Value> {
        self.value["responses"].as_object().unwrap()
    }

    /// Whether a path is this one, with something in the place of each parameter.
    fn matches(&self, method: &Method, path: &str) -> bool {
        self.method.eq_ignore_ascii_case(method.as_str()) && self.is_at(path)
    }

    /// The same, whatever the method.
    pub(crate) fn is_at(&self, path: &str) -> bool {
        let (own, given) = (self.path.split('/'), path.split('/'));
        let same_length = own.clone().count() == given.clone().count();
        let fits = |(own, given): (&str, &str)| own.starts_with('{') || own == given;
        same_length && own.zip(given).all(fits)
    }
}

/// Every operation of the document.
pub(crate) fn operations() -> Vec<Operation> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().unwrap();
        item.iter().map(move |(method, value)| Operation {
            method,
            path,
            value,
        })
    });
    all.collect()
}

/// Checks an answer against what is declared for its operation, if it is one.
#[track_caller]
pub(crate) fn check(method: &Method, path: &str, answer: &Answer) {
    let mut all = operations().into_iter();
    let Some(operation) = all.find(|operation| operation.matches(method, path)) else {
        return;
    };
    let (id, status) = (operation.id(), answer.status.as_str());
    let declared = operation.responses().get(status);
    let declared = declared.unwrap_or_else(|| panic!("{id} does not declare {status}: {answer:?}"));
    check_headers(id, declared, answer);
    check_body(id, declared, answer);
}

/// A header that is declared for an answer of this status need not always be there; one that
/// belongs to the contract and is there must be declared.
#[track_caller]
fn check_headers(id: &str, declared: &Value, answer: &Answer) {
    const TOLD: [&str; 3] = ["retry-after", "location", "connect-attempt-id"];
    let names = declared["headers"].as_object();
    let is_declared = |name: &str| {
        names.is_some_and(|names| names.keys().any(|key| key.eq_ignore_ascii_case(name)))
    };
    for name in TOLD {
        let is_there = answer.headers.contains_key(name);
        let is_page = answer.media_type() == Some("text/html");
        assert!(
            !is_there || is_page || is_declared(name),
            "{id}: {name} is not declared"
        );
    }
}

#[track_caller]
fn check_body(id: &str, declared: &Value, answer: &Answer) {
    let content = declared["content"].as_object();
    if answer.body.is_empty() {
        assert!(content.is_none(), "{id}: a body is declared, and none came");
        return;
    }
    let media_type = answer.media_type().unwrap_or_default();
    let content = content.and_then(|content| content.get(media_type));
    let content = content.unwrap_or_else(|| panic!("{id}: {media_type} is not declared"));
    if media_type == "application/json" {
        let problems = schema::problems(&content["schema"], &answer.json());
        assert!(
            problems.is_empty(),
            "{id}: {problems:?} in {}",
            answer.text()
        );
    }
}

/// What is wrong with a value of this schema.
pub(crate) fn problems(schema: &Value, value: &Value) -> Vec<String> {
    schema::problems(schema, value)
}

/// The schema behind a reference.
pub(crate) fn resolved(schema: &'static Value) -> &'static Value {
    schema::resolved(schema)
}
