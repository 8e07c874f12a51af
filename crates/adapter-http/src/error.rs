//! Error answers: one body for everything.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use tieline_domain::{
    ports::{ProviderError, StoreError},
    reason::Reason,
    usecase::{Refusal, UseCaseError},
};
use utoipa::ToSchema;

/// How long a client is asked to wait with every 503, as where the database is away or too much is
/// asked at once.
pub const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Where the use of idempotency keys is explained (RFC 8288).
const HELP: HeaderValue = HeaderValue::from_static("</docs>; rel=\"help\"");

/// The body of every error.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorBody {
    /// The HTTP status.
    #[schema(example = 404)]
    pub(crate) status_code: u16,
    /// When it happened.
    #[schema(format = DateTime, example = "2026-11-23T12:00:00.000Z")]
    pub(crate) timestamp: String,
    /// The path that was asked for, without its query.
    #[schema(example = "/v1/integrations/channel-connections/oauth")]
    pub(crate) path: String,
    /// What is wrong, for a developer to read.
    #[schema(example = "Subscriber not found: subscriber-123")]
    pub(crate) message: String,
    /// The status in words.
    #[schema(example = "Not Found")]
    pub(crate) error: String,
    /// The stable, machine-readable reason; `docs/errors.md` has them all.
    #[schema(example = "subscriber_not_found")]
    pub(crate) code: String,
    /// Finds this request in the log; also in the header `x-request-id`.
    #[schema(example = "0198f3a2-7c11-7d7e-b0a4-5a3d5c6f7e80")]
    pub(crate) request_id: String,
}

/// The body of a 422: an error with the fields that are to be mended.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ValidationErrorBody {
    #[serde(flatten)]
    #[schema(inline)]
    pub(crate) error: ErrorBody,
    /// What is wrong, by field. Empty when the refusal concerns no field.
    pub(crate) errors: BTreeMap<String, FieldError>,
}

/// What is wrong with one field.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// A sentence for each problem.
    #[schema(example = json!(["must be a string"]))]
    pub(crate) messages: Vec<String>,
}

/// An error's body with an object's members beside it.
#[derive(Serialize)]
struct WithMembers {
    #[serde(flatten)]
    own: ErrorBody,
    #[serde(flatten)]
    beside: Map<String, Value>,
}

/// An error on its way to its body, which needs to know the request.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    reason: Reason,
    message: String,
    fields: BTreeMap<String, FieldError>,
    beside: Map<String, Value>,
}

impl ApiError {
    pub(crate) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            status: status_of(reason),
            reason,
            message: message.into(),
            fields: BTreeMap::new(),
            beside: Map::new(),
        }
    }

    /// A 422 that names the fields.
    pub(crate) fn invalid_fields(problems: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut fields: BTreeMap<String, FieldError> = BTreeMap::new();
        for (field, problem) in problems {
            fields.entry(field).or_default().messages.push(problem);
        }
        let told = fields
            .iter()
            .map(|(name, error)| format!("{name} {}", error.messages.join(", ")));
        let message = told.collect::<Vec<_>>().join("; ");
        Self {
            fields,
            ..Self::new(Reason::ValidationFailed, message)
        }
    }

    /// The same error with the members of an object in its body, beside its own.
    pub(crate) fn beside(mut self, object: &impl Serialize) -> Self {
        if let Ok(Value::Object(members)) = serde_json::to_value(object) {
            self.beside = members;
        }
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The whole answer.
    pub(crate) fn respond(self, path: &str, request_id: &str, now: Timestamp) -> Response {
        let status = self.status;
        let body = ErrorBody {
            status_code: status.as_u16(),
            timestamp: instant(now),
            path: path.to_owned(),
            message: self.message,
            error: status.canonical_reason().unwrap_or_default().to_owned(),
            code: self.reason.code().to_owned(),
            request_id: request_id.to_owned(),
        };
        let mut response = if status == StatusCode::UNPROCESSABLE_ENTITY {
            (
                status,
                Json(ValidationErrorBody {
                    error: body,
                    errors: self.fields,
                }),
            )
                .into_response()
        } else {
            let (own, beside) = (body, self.beside);
            (status, Json(WithMembers { own, beside })).into_response()
        };
        if let Reason::IdempotencyKeyInvalid | Reason::IdempotencyKeyReused = self.reason {
            response.headers_mut().insert(header::LINK, HELP);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, RETRY_AFTER.as_secs().into());
        }
        response
    }
}

/// An instant as the wire has it: RFC 3339 with milliseconds.
pub(crate) fn instant(at: Timestamp) -> String {
    format!("{at:.3}")
}

impl IntoResponse for ApiError {
    /// The status with the error beside it; [`crate::request::wrap`] makes the body.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Reason> for ApiError {
    fn from(reason: Reason) -> Self {
        Self::new(reason, reason.what())
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        if !refusal.fields.is_empty() {
            return Self::invalid_fields(refusal.fields);
        }
        Self::new(refusal.reason, refusal.message)
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        let fields = error.fields.into_iter();
        Self {
            reason: error.reason,
            message: error.message,
            fields: fields
                .map(|(name, error)| (name, error.messages.join(", ")))
                .collect(),
        }
    }
}

impl From<UseCaseError> for ApiError {
    fn from(error: UseCaseError) -> Self {
        match error {
            UseCaseError::Refused(refusal) => refusal.into(),
            // Whatever ended it: the request is right, and the connection is not as it must be.
            UseCaseError::Ended(refusal) => Self {
                status: StatusCode::CONFLICT,
                ..refusal.into()
            },
            UseCaseError::Provider(error) => error.into(),
            error => {
                log_failure(&error);
                error.reason().into()
            }
        }
    }
}

impl From<ProviderError> for ApiError {
    /// Whatever a provider says to a question of ours, it is not the request that is wrong.
    fn from(error: ProviderError) -> Self {
        let what = error.reason.what();
        let message = match error.provider_error {
            Some(told) => format!("{what} ({told})"),
            None => what.to_owned(),
        };
        Self {
            status: StatusCode::BAD_GATEWAY,
            ..Self::new(error.reason, message)
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        UseCaseError::from(error).into()
    }
}

/// Writes a failure on our side to the log, with its causes, once.
pub(crate) fn log_failure(error: &dyn std::error::Error) {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    tracing::error!(%error, ?causes, "a request failed on our side");
}

/// The HTTP status for a reason.
pub(crate) fn status_of(reason: Reason) -> StatusCode {
    match reason {
        Reason::Unauthorized | Reason::EventRefused => StatusCode::UNAUTHORIZED,
        Reason::Forbidden => StatusCode::FORBIDDEN,
        Reason::RouteNotFound
        | Reason::NotFound
        | Reason::AttemptUnknown
        | Reason::SubscriberNotFound
        | Reason::IntegrationNotFound
        | Reason::ConnectionNotFound
        | Reason::TokenUnavailable
        | Reason::CredentialsMissing => StatusCode::NOT_FOUND,
        Reason::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Reason::IdentifierTaken | Reason::AlreadyExists => StatusCode::CONFLICT,
        Reason::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Reason::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Reason::ValidationFailed | Reason::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
        Reason::RateLimited | Reason::AddressLimited | Reason::TooManyFailures => {
            StatusCode::TOO_MANY_REQUESTS
        }
        Reason::Unavailable | Reason::Overloaded | Reason::TimedOut | Reason::InProgress => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Reason::Internal | Reason::StorageFailed | Reason::Interrupted => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        Reason::ProviderError
        | Reason::ProviderRateLimited
        | Reason::ProviderUnreachable
        | Reason::InvalidResponse
        | Reason::MissingAccount
        | Reason::WebhookRefused
        | Reason::IdTokenInvalid
        | Reason::CodeMissing
        | Reason::TokenRevoked
        | Reason::TokenExpired
        | Reason::TokenInvalid
        | Reason::AppRemoved
        | Reason::TenantNotFound
        | Reason::WorkspaceMismatch => StatusCode::BAD_GATEWAY,
        _ => StatusCode::BAD_REQUEST,
    }
}
