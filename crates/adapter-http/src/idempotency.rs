//! The header `idempotency-key`: one key, one body, one answer.
//!
//! Minting is pure, so its answer is made first and its place claimed after: whoever comes second,
//! at whatever moment, gets the first one's answer. What writes claims its place first, in the
//! transaction that holds the effect ([`once`]).

use axum::{
    extract::OptionalFromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tieline_domain::{
    broker::Broker,
    id::EnvironmentId,
    idempotency::{IdempotencyRecord, IdempotencyScope},
    ports::{IdempotencyClaim, ReplayStore},
    reason::Reason,
    sealed::Sealed,
    text::sanitize,
    usecase::UseCaseError,
};

use crate::{api::SharedApi, body::JsonText, error::ApiError};

pub(crate) mod once;

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAY_HEADER: HeaderName = HeaderName::from_static("idempotency-replay");
const MAX_LENGTH: usize = 255;
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// About what an answer takes besides its body when it is kept.
const ROOM: usize = 128;

/// Room for all headers that an answer has in the end.
const HEADERS: usize = 16;

/// An idempotency key as it was sent.
#[derive(Debug)]
pub(crate) struct IdempotencyKey {
    raw: HeaderValue,
    hash: [u8; 32],
}

/// A request that carries a key, as far as sameness goes.
#[derive(Debug)]
pub(crate) struct KeyedRequest<'a> {
    pub(crate) environment: EnvironmentId,
    pub(crate) method: &'a Method,
    /// The route's template.
    pub(crate) route: &'a str,
    /// The path that was asked for, with its query.
    pub(crate) target: &'a str,
    pub(crate) body: &'a JsonText,
}

/// An answer that may be repeated, byte for byte.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    /// Headers of our own that belong to it.
    pub(crate) headers: Vec<(String, String)>,
}

impl OptionalFromRequestParts<SharedApi> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        _: &SharedApi,
    ) -> Result<Option<Self>, ApiError> {
        read(&parts.headers)
    }
}

fn read(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, ApiError> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(raw) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(invalid(
            "The header idempotency-key stands there more than once.",
        ));
    }
    let text = raw.as_bytes().trim_ascii();
    if text.is_empty() {
        return Ok(None);
    }
    // The draft standard writes the key as a quoted string; both forms mean the same key.
    let bare = text
        .strip_prefix(b"\"")
        .and_then(|text| text.strip_suffix(b"\""))
        .unwrap_or(text);
    if bare.len() > MAX_LENGTH {
        let key = sanitize(&String::from_utf8_lossy(bare), MAX_LENGTH);
        return Err(invalid(&format!(
            "idempotencyKey \"{key}…\" has exceeded the maximum allowed length of 255 characters"
        )));
    }
    if bare.is_empty() || !bare.iter().all(u8::is_ascii_graphic) {
        return Err(invalid(
            "The idempotency key must be 1 to 255 visible ASCII characters.",
        ));
    }
    Ok(Some(IdempotencyKey {
        raw: raw.clone(),
        hash: Sha256::digest(bare).into(),
    }))
}

fn invalid(message: &str) -> ApiError {
    ApiError::new(Reason::IdempotencyKeyInvalid, message)
}

impl IdempotencyKey {
    /// The same answer, with the key as it was sent.
    pub(crate) fn echo(&self, answer: impl IntoResponse) -> Response {
        let mut response = answer.into_response();
        response.headers_mut().insert(HEADER, self.raw.clone());
        response
    }

    /// Keeps an answer under this key until `expires_at` and gives it; or gives the one that was
    /// kept before, if it was for the same request.
    pub(crate) async fn keep(
        &self,
        broker: &Broker,
        store: &dyn ReplayStore,
        request: &KeyedRequest<'_>,
        answer: Answer,
        expires_at: Timestamp,
    ) -> Result<Response, ApiError> {
        let record = self.record(broker, request, &answer, expires_at);
        let now = broker.clock.now();
        match store.claim(&record, now).await? {
            IdempotencyClaim::New => Ok(answer.into_response()),
            IdempotencyClaim::Taken(taken) => self.repeat(broker, &record, &taken),
        }
    }

    fn record(
        &self,
        broker: &Broker,
        request: &KeyedRequest<'_>,
        answer: &Answer,
        expires_at: Timestamp,
    ) -> IdempotencyRecord {
        let scope = IdempotencyScope {
            environment_id: request.environment,
            route: format!("{} {}", request.method, request.route),
            key_hash: self.hash,
        };
        IdempotencyRecord {
            fingerprint: fingerprint(request),
            response: answer.seal(broker, &scope),
            scope,
            expires_at,
        }
    }

    /// The answer that was kept, if it was for the same request.
    fn repeat(
        &self,
        broker: &Broker,
        record: &IdempotencyRecord,
        taken: &IdempotencyRecord,
    ) -> Result<Response, ApiError> {
        if taken.fingerprint != record.fingerprint {
            let key = sanitize(&String::from_utf8_lossy(self.raw.as_bytes()), MAX_LENGTH);
            let message =
                format!("Request with key \"{key}\" is being reused for a different body");
            return Err(ApiError::new(Reason::IdempotencyKeyReused, message));
        }
        let mut response = Answer::open(broker, taken)?.into_response();
        response
            .headers_mut()
            .insert(REPLAY_HEADER, HeaderValue::from_static("true"));
        Ok(response)
    }
}

/// All that makes two requests the same: a version, method, path with query, and what the body
/// means.
fn fingerprint(request: &KeyedRequest<'_>) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update([3]);
    for part in [request.method.as_str(), request.target] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.update(request.body.meaning());
    hash.finalize().into()
}

impl Answer {
    fn seal(&self, broker: &Broker, scope: &IdempotencyScope) -> Sealed {
        let room = Vec::with_capacity(self.body.len() + ROOM);
        let plain = postcard::to_extend(self, room).expect("an answer is plain data");
        broker.sealer.seal(&plain, &scope.place())
    }

    fn open(broker: &Broker, record: &IdempotencyRecord) -> Result<Self, ApiError> {
        let plain = broker.sealer.open(&record.response, &record.scope.place());
        let plain = plain.map_err(UseCaseError::from)?;
        postcard::from_bytes(plain.expose_secret()).map_err(|_| Reason::Internal.into())
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::with_capacity(HEADERS);
        headers.insert(header::CONTENT_TYPE, JSON);
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
                headers.insert(name, value);
            }
        }
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let mut response = Response::new(self.body.into());
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }
}
