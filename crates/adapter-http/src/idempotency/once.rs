//! Writes that have their effect once.

use axum::{
    body::to_bytes,
    extract::{FromRequestParts, MatchedPath},
    http::{Method, StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use tieline_domain::{
    broker::{Broker, Within},
    id::EnvironmentId,
    idempotency::IdempotencyRecord,
    ports::IdempotencyClaim,
};
use utoipa::IntoParams;

use super::{Answer, IdempotencyKey, KeyedRequest, read};
use crate::{
    api::SharedApi,
    auth::Caller,
    body::{JsonBody, JsonText, MAX_BODY},
    error::ApiError,
    request::RequestId,
};

/// For how long the answer of a write is repeated.
const RETENTION: SignedDuration = SignedDuration::from_hours(24);

/// The header of every write that can be repeated safely.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Header)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "documents what `Once` reads")]
pub(crate) struct OnceParams {
    /// Makes a repetition safe: for 24 hours the same key with the same request gets the same
    /// answer, and nothing happens twice.
    #[param(
        required = false,
        max_length = 255,
        example = "3c1f0d9e-6a52-4b7a-9b1d-2f6f0a1c7d11"
    )]
    idempotency_key: String,
}

/// A request that writes, and the key under which it is to do so once, if it has one.
#[derive(Debug)]
pub(crate) struct Once {
    key: Option<IdempotencyKey>,
    method: Method,
    route: String,
    path: String,
    target: String,
    request_id: String,
}

impl FromRequestParts<SharedApi> for Once {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &SharedApi) -> Result<Self, ApiError> {
        let path = parts.uri.path().to_owned();
        let route = parts.extensions.get::<MatchedPath>();
        Ok(Self {
            key: read(&parts.headers)?,
            method: parts.method.clone(),
            route: route.map_or(path.clone(), |route| route.as_str().to_owned()),
            target: target(&path, parts.uri.query()),
            path,
            request_id: parts
                .extensions
                .get::<RequestId>()
                .map(|id| id.0.clone())
                .unwrap_or_default(),
        })
    }
}

/// The path with its query's parameters in order.
fn target(path: &str, query: Option<&str>) -> String {
    let mut parameters: Vec<_> = query.unwrap_or_default().split('&').collect();
    parameters.sort_unstable();
    format!("{path}?{}", parameters.join("&"))
}

impl Once {
    /// Does the `work` and answers what it made. With a key all of it, the answer included, is
    /// written in one transaction, on whose stores the work's broker stands; whoever repeats the
    /// request gets that answer. With or without one, the work's broker acts as the caller. A
    /// request that was refused with 409 or 422 gets the same refusal again; after any other
    /// failure nothing was kept.
    pub(crate) async fn run<T, U: Serialize>(
        self,
        caller: &Caller,
        status: StatusCode,
        body: Result<JsonBody<T>, ApiError>,
        work: impl AsyncFnOnce(Broker, T) -> Result<U, ApiError>,
    ) -> Response {
        let answer = match (&self.key, body) {
            (_, Err(error)) => Err(error),
            (None, Ok(body)) => {
                let made = work(caller.broker.clone(), body.value).await;
                made.map(|made| Answer::of(status, &made).into_response())
            }
            (Some(key), Ok(JsonBody { value, text })) => {
                let work = async |broker| {
                    let made = work(broker, value).await?;
                    Ok(Answer::of(status, &made))
                };
                self.keyed(caller, key, &text, work).await
            }
        };
        self.echo(answer)
    }

    /// The same after a `check` that takes long and writes nothing. An answer that is kept is
    /// given without it.
    pub(crate) async fn run_checked<T, U: Serialize>(
        self,
        caller: &Caller,
        status: StatusCode,
        body: Result<JsonBody<T>, ApiError>,
        check: impl AsyncFnOnce(&T) -> Result<(), ApiError>,
        work: impl AsyncFnOnce(Broker, T) -> Result<U, ApiError>,
    ) -> Response {
        let body = match body {
            Ok(body) => match self.kept(caller, &body.text).await {
                Ok(None) => check(&body.value).await.map(|()| body),
                Ok(Some(answer)) => return self.echo(Ok(answer)),
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        self.run(caller, status, body, work).await
    }

    /// The answer that is kept for this request, if there is one.
    async fn kept(&self, caller: &Caller, body: &JsonText) -> Result<Option<Response>, ApiError> {
        let Some(key) = &self.key else {
            return Ok(None);
        };
        let request = self.keyed_request(caller.environment(), body);
        match Claimed::begin(&caller.broker, key, &request).await? {
            // The place is given up again: no transaction waits for what comes.
            Claimed::New(_) => Ok(None),
            Claimed::Kept(answer) => Ok(Some(answer)),
        }
    }

    async fn keyed(
        &self,
        caller: &Caller,
        key: &IdempotencyKey,
        body: &JsonText,
        work: impl AsyncFnOnce(Broker) -> Result<Answer, ApiError>,
    ) -> Result<Response, ApiError> {
        let broker = &caller.broker;
        let request = self.keyed_request(caller.environment(), body);
        let (within, record) = match Claimed::begin(broker, key, &request).await? {
            Claimed::New(new) => *new,
            Claimed::Kept(answer) => return Ok(answer),
        };
        match work(within.broker.clone()).await {
            Ok(answer) => {
                let sealed = answer.seal(broker, &record.scope);
                let records = &within.broker.stores.idempotency;
                records.answer(&record.scope, &sealed).await?;
                within.commit().await?;
                Ok(answer.into_response())
            }
            Err(error) if is_kept(&error) => {
                // What was written before the refusal goes; the refusal itself stays.
                drop(within);
                let refusal = self.refusal(broker, error).await;
                let store = &broker.stores.idempotency;
                key.keep(broker, store, &request, refusal, record.expires_at)
                    .await
            }
            Err(error) => Err(error),
        }
    }

    fn keyed_request<'a>(
        &'a self,
        environment: EnvironmentId,
        body: &'a JsonText,
    ) -> KeyedRequest<'a> {
        KeyedRequest {
            environment,
            method: &self.method,
            route: &self.route,
            target: &self.target,
            body,
        }
    }

    fn echo(self, answer: Result<Response, ApiError>) -> Response {
        match self.key {
            Some(key) => key.echo(answer),
            None => answer.into_response(),
        }
    }

    async fn refusal(&self, broker: &Broker, error: ApiError) -> Answer {
        let response = error.respond(&self.path, &self.request_id, broker.clock.now());
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), MAX_BODY).await;
        Answer {
            status,
            body: String::from_utf8(body.unwrap_or_default().into()).unwrap_or_default(),
            headers: Vec::new(),
        }
    }
}

/// The place of a request's answer.
enum Claimed {
    /// It is this request's, for as long as the transaction lasts.
    New(Box<(Within, IdempotencyRecord)>),
    /// It was taken before, by this answer.
    Kept(Response),
}

impl Claimed {
    async fn begin(
        broker: &Broker,
        key: &IdempotencyKey,
        request: &KeyedRequest<'_>,
    ) -> Result<Self, ApiError> {
        let now = broker.clock.now();
        let record = key.record(broker, request, &Answer::default(), now + RETENTION);
        let within = broker.begin().await?;
        let records = &within.broker.stores.idempotency;
        Ok(match records.claim(&record, now).await? {
            IdempotencyClaim::New => Self::New(Box::new((within, record))),
            IdempotencyClaim::Taken(taken) => Self::Kept(key.repeat(broker, &record, &taken)?),
        })
    }
}

fn is_kept(error: &ApiError) -> bool {
    matches!(
        error.status(),
        StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY
    )
}

impl Answer {
    fn of(status: StatusCode, body: &impl Serialize) -> Self {
        Self {
            status: status.as_u16(),
            body: serde_json::to_string(body).unwrap_or_default(),
            headers: Vec::new(),
        }
    }
}
