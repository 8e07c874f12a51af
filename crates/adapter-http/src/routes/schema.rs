//! The error answers that operations share, for the document.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use utoipa::{
    IntoResponses, PartialSchema, ToSchema,
    openapi::{Content, Header, Ref, RefOr, Response, ResponseBuilder},
};

use crate::error::{ErrorBody, ValidationErrorBody};

/// What every operation with an API key can answer.
pub(super) struct KeyedErrors;

/// What an operation that names one object can answer.
pub(super) struct ObjectErrors;

/// What a list can answer.
pub(super) struct ListErrors;

/// What an operation that makes or changes something can answer.
pub(super) struct WriteErrors;

/// What an operation that takes a body can answer.
pub(super) struct BodyErrors;

/// What an operation that asks a provider about credentials can answer besides.
pub(super) struct CheckErrors;

/// What an operation that asks a provider about a connection can answer.
pub(super) struct VerifyErrors;

/// What an operation that takes what a provider sends can answer.
pub(super) struct EventErrors;
/// What an operation that answers a token can answer besides.
pub(super) struct TokenErrors;

/// What an operation that makes a URL for a connection can answer besides.
pub(super) struct ReconnectErrors;

type Responses = BTreeMap<String, RefOr<Response>>;

impl IntoResponses for KeyedErrors {
    fn responses() -> Responses {
        errors(&[
            (
                StatusCode::UNAUTHORIZED,
                "The API key is missing, unknown or revoked: `unauthorized`.",
            ),
            (
                StatusCode::FORBIDDEN,
                "The API key's role does not allow it: `forbidden`.",
            ),
            (
                StatusCode::TOO_MANY_REQUESTS,
                "The environment or the API key asks too much at once: `rate_limited`; or too many \
                 requests with a wrong key or none came from the same address: `too_many_failures`. \
                 Nothing happened; try again after `Retry-After` seconds.",
            ),
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something failed on our side: `internal`.",
            ),
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "The database is away, too much is asked at once, or the request took too long: \
                 `unavailable`, `overloaded`, `timed_out`. Nothing happened; try again after \
                 `Retry-After` seconds.",
            ),
        ])
    }
}

impl IntoResponses for EventErrors {
    fn responses() -> Responses {
        errors(&[
            (
                StatusCode::BAD_REQUEST,
                "It is signed, and makes no sense all the same: `malformed_request`.",
            ),
            (
                StatusCode::UNAUTHORIZED,
                "It is not signed, not by the provider, not for this app, or too old: \
                 `event_refused`.",
            ),
            (
                StatusCode::NOT_FOUND,
                "There is no such integration, `not_found`, or it lacks what it takes to check a \
                 signature: `credentials_missing`.",
            ),
            (
                StatusCode::PAYLOAD_TOO_LARGE,
                "It has more than 256 KiB: `body_too_large`.",
            ),
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something failed on our side: `internal`.",
            ),
            (
                StatusCode::BAD_GATEWAY,
                "The provider's keys cannot be had: delivered again later, it may be believed.",
            ),
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "The database is away, or too much is asked at once: `unavailable`, `overloaded`, \
                 `timed_out`. Nothing happened; it may be delivered again after `Retry-After` \
                 seconds.",
            ),
        ])
    }
}

impl IntoResponses for ObjectErrors {
    fn responses() -> Responses {
        let own = errors(&[(
            StatusCode::NOT_FOUND,
            "The environment has no such object: `not_found`.",
        )]);
        KeyedErrors::responses().into_iter().chain(own).collect()
    }
}

impl IntoResponses for ListErrors {
    fn responses() -> Responses {
        let own = errors(&[
            (
                StatusCode::BAD_REQUEST,
                "Both `after` and `before` were given: `cursor_conflict`.",
            ),
            (
                StatusCode::UNPROCESSABLE_ENTITY,
                "A parameter is malformed: `validation_failed`.",
            ),
        ]);
        KeyedErrors::responses().into_iter().chain(own).collect()
    }
}

impl IntoResponses for BodyErrors {
    fn responses() -> Responses {
        let own = errors(&[
            (
                StatusCode::PAYLOAD_TOO_LARGE,
                "The body has more than 64 KiB: `body_too_large`.",
            ),
            (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The body is not declared as `application/json`: `unsupported_media_type`.",
            ),
        ]);
        KeyedErrors::responses().into_iter().chain(own).collect()
    }
}

impl IntoResponses for WriteErrors {
    fn responses() -> Responses {
        let own = errors(&[
            (
                StatusCode::BAD_REQUEST,
                "The request cannot be met: see `code`; or the body is not JSON: `malformed_json`.",
            ),
            (
                StatusCode::NOT_FOUND,
                "Something that the request names is not there: see `code`.",
            ),
            (
                StatusCode::CONFLICT,
                "There is such an object already: `already_exists`.",
            ),
            (
                StatusCode::UNPROCESSABLE_ENTITY,
                "A field is malformed: `validation_failed`; or the idempotency key was used with \
                 another request: `idempotency_key_reused`.",
            ),
        ]);
        BodyErrors::responses().into_iter().chain(own).collect()
    }
}

impl IntoResponses for CheckErrors {
    fn responses() -> Responses {
        errors(&[(
            StatusCode::BAD_GATEWAY,
            "With `check: true`: the provider gave no answer to build on, see `code`. Nothing was \
             stored.",
        )])
    }
}

impl IntoResponses for TokenErrors {
    fn responses() -> Responses {
        let own = errors(&[
            (
                StatusCode::BAD_REQUEST,
                "The body is not JSON: `malformed_json`.",
            ),
            (
                StatusCode::FORBIDDEN,
                "The API key lacks the right `tokens:read`: `forbidden`.",
            ),
            (
                StatusCode::NOT_FOUND,
                "The environment has no such connection: `not_found`; or the connection has no \
                 token of that kind: `token_unavailable`.",
            ),
            (
                StatusCode::CONFLICT,
                "The connection has no token that is good, and will have none before somebody \
                 consents again: `token_revoked`, `token_expired`, `token_invalid`, `app_removed`, \
                 `consent_not_granted`, `refresh_lost` and others. Reconnect it.",
            ),
            (
                StatusCode::UNPROCESSABLE_ENTITY,
                "A field is malformed: `validation_failed`.",
            ),
            (
                StatusCode::BAD_GATEWAY,
                "The token had to be refreshed, and the provider did not do it: \
                 `provider_unreachable`, `provider_error`, `provider_rate_limited`, \
                 `client_rejected` and others. Try again later.",
            ),
        ]);
        BodyErrors::responses().into_iter().chain(own).collect()
    }
}

impl IntoResponses for ReconnectErrors {
    fn responses() -> Responses {
        let own = errors(&[
            (
                StatusCode::BAD_REQUEST,
                "The request cannot be met: `scope_invalid`, `subscriber_required`, \
                 `oauth_not_supported`, `url_too_long`, `malformed_json`, \
                 `idempotency_key_invalid`.",
            ),
            (
                StatusCode::NOT_FOUND,
                "The environment has no such connection: `not_found`; or its integration is not \
                 active, or lacks a credential: `integration_not_found`, `credentials_missing`.",
            ),
            (
                StatusCode::UNPROCESSABLE_ENTITY,
                "A field is unknown or malformed: `validation_failed`; or the idempotency key was \
                 used with another request: `idempotency_key_reused`.",
            ),
        ]);
        BodyErrors::responses().into_iter().chain(own).collect()
    }
}

impl IntoResponses for VerifyErrors {
    fn responses() -> Responses {
        let own = errors(&[(
            StatusCode::BAD_GATEWAY,
            "The provider refuses the token or the tenant: `token_revoked`, `token_expired`, \
             `token_invalid`, `app_removed`, `consent_not_granted`, `tenant_not_found`, \
             `workspace_mismatch`, `client_rejected` and others; or it gave no answer to build on: \
             `provider_unreachable`, `provider_error`, `provider_rate_limited`, `invalid_response`. \
             The connection's status tells which.",
        )]);
        ObjectErrors::responses().into_iter().chain(own).collect()
    }
}

fn errors(answers: &[(StatusCode, &str)]) -> Responses {
    let named = |(status, description): &(StatusCode, &str)| {
        (
            status.as_u16().to_string(),
            RefOr::T(error(*status, description)),
        )
    };
    answers.iter().map(named).collect()
}

/// One error answer.
pub(super) fn error(status: StatusCode, description: &str) -> Response {
    let body = if status == StatusCode::UNPROCESSABLE_ENTITY {
        Ref::from_schema_name(ValidationErrorBody::name())
    } else {
        Ref::from_schema_name(ErrorBody::name())
    };
    let mut response = ResponseBuilder::new()
        .description(description)
        .content("application/json", Content::new(Some(body)));
    if let StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS = status {
        let mut header = Header::new(<u32 as PartialSchema>::schema());
        header.description = Some("How many seconds to wait.".to_owned());
        response = response.header("Retry-After", header);
    }
    response.build()
}
