//! JSON bodies: read once, refused with words.

use std::fmt::Display;

use axum::{
    body::{Bytes, to_bytes},
    extract::{FromRequest, OptionalFromRequest, Request},
    http::header,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tieline_domain::reason::Reason;

use crate::{api::SharedApi, error::ApiError};

mod sameness;
mod unique;

/// The most bytes that the body of a request may have.
pub const MAX_BODY: usize = 64 * 1024;

/// A JSON body, read, and as it came.
#[derive(Debug)]
pub(crate) struct JsonBody<T> {
    pub(crate) value: T,
    pub(crate) text: JsonText,
}

/// A JSON text that has been read once, so that it is a good one.
#[derive(Debug)]
pub(crate) struct JsonText(Bytes);

impl<T: DeserializeOwned> FromRequest<SharedApi> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &SharedApi) -> Result<Self, ApiError> {
        if !is_json(&request) {
            return Err(Reason::UnsupportedMediaType.into());
        }
        Self::read(bytes_of(request, MAX_BODY).await?)
    }
}

/// None where the request has no body.
impl<T: DeserializeOwned> OptionalFromRequest<SharedApi> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &SharedApi) -> Result<Option<Self>, ApiError> {
        let is_json = is_json(&request);
        let bytes = bytes_of(request, MAX_BODY).await?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if !is_json {
            return Err(Reason::UnsupportedMediaType.into());
        }
        Self::read(bytes).map(Some)
    }
}

/// The body without members.
impl<T: Default> Default for JsonBody<T> {
    fn default() -> Self {
        Self {
            value: T::default(),
            text: JsonText(Bytes::from_static(b"{}")),
        }
    }
}

impl<T: DeserializeOwned> JsonBody<T> {
    fn read(bytes: Bytes) -> Result<Self, ApiError> {
        let text = JsonText(bytes);
        let value = match text.read_at_once() {
            Some(value) => value,
            None => text.read_closely()?,
        };
        Ok(Self { value, text })
    }
}

impl JsonText {
    /// What it means, unless something about it has to be looked at more closely.
    fn read_at_once<T: DeserializeOwned>(&self) -> Option<T> {
        let text = str::from_utf8(&self.0).ok()?;
        // To serde an array may be an object, too.
        if !text.trim_ascii_start().starts_with('{') {
            return None;
        }
        let value = serde_json::from_str(text).ok()?;
        unique::is_plain(text).then_some(value)
    }

    /// What it means, or what is wrong with it.
    fn read_closely<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let text = str::from_utf8(&self.0).map_err(|error| malformed(&error))?;
        unique::check(text).map_err(|error| malformed(&error))?;
        typed(self.value())
    }

    /// Bytes that are the same for two texts exactly when the texts mean the same.
    pub(crate) fn meaning(&self) -> Vec<u8> {
        sameness::meaning(self.text())
    }

    /// A member in RFC 8785's canonical form; an empty object where it is absent.
    pub(crate) fn canonical_member(&self, name: &str) -> Vec<u8> {
        let member = self.value().get_mut(name).map(Value::take);
        let member = member.filter(|member| !member.is_null());
        let member = member.unwrap_or_else(|| Value::Object(Map::new()));
        serde_json_canonicalizer::to_vec(&member).unwrap_or_default()
    }

    fn value(&self) -> Value {
        serde_json::from_str(self.text()).unwrap_or_default()
    }

    fn text(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

fn malformed(error: &impl Display) -> ApiError {
    let message = format!("The body is not valid JSON: {error}");
    ApiError::new(Reason::MalformedJson, message)
}

/// The body of a request, of at most so many bytes.
pub(crate) async fn bytes_of(request: Request, limit: usize) -> Result<Bytes, ApiError> {
    let bytes = to_bytes(request.into_body(), limit).await;
    bytes.map_err(|error| unread(&error))
}

fn is_json(request: &Request) -> bool {
    let declared = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok());
    let media_type = declared
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

fn unread(error: &axum::Error) -> ApiError {
    use std::error::Error;
    let too_long = error
        .source()
        .is_some_and(<dyn Error>::is::<http_body_util::LengthLimitError>);
    if too_long {
        Reason::BodyTooLarge.into()
    } else {
        Reason::MalformedRequest.into()
    }
}

/// Reads a value as an object of this form; names the member that has another one.
pub(crate) fn typed<T: DeserializeOwned>(value: Value) -> Result<T, ApiError> {
    if !value.is_object() {
        return Err(ApiError::new(
            Reason::MalformedJson,
            "The body must be one JSON object.",
        ));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let (field, problem) = located(&path, &error.into_inner().to_string());
        ApiError::invalid_fields([(field, problem)])
    })
}

/// Where a problem is and what it is, out of serde's path and words.
fn located(path: &str, told: &str) -> (String, String) {
    let within = |name: &str| match path {
        "." => name.to_owned(),
        path if path.ends_with(name) => path.to_owned(),
        path => format!("{path}.{name}"),
    };
    let quoted = |prefix: &str| {
        told.strip_prefix(prefix)
            .and_then(|rest| rest.split('`').next())
    };
    if let Some(name) = quoted("unknown field `") {
        return (within(name), "is not known here".to_owned());
    }
    if let Some(name) = quoted("missing field `") {
        return (within(name), "is required".to_owned());
    }
    (path.to_owned(), format!("has an {}", without_secrets(told)))
}

/// Serde's words without a text that stands where something else should: it may be a token. And
/// without our names for objects.
fn without_secrets(told: &str) -> String {
    const TEXT: &str = "invalid type: string";
    let Some((found, expected)) = told.rsplit_once(", expected ") else {
        return told.to_owned();
    };
    let found = if found.starts_with(TEXT) { TEXT } else { found };
    let expected = if expected.starts_with("struct ") {
        "an object"
    } else {
        expected
    };
    format!("{found}, expected {expected}")
}
