//! The layer around all endpoints: records each request, then lets it through
//! or spoils it.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::endpoint::Endpoint;
use crate::fault::rate_limit::too_many;
use crate::fault::{Fault, IdTokenFault, RetryAfter, broken_body, pause};
use crate::record::{self, Entry, ErrorCode, RecordedOutcome};
use crate::world::World;

/// No honest request is larger.
const REQUEST_LIMIT: usize = 1024 * 1024;

/// Tells the token endpoint what to get wrong; travels with the request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AskedIdTokenFault(pub(crate) IdTokenFault);

/// Records the request, then answers it with the fault that is due, if any.
pub(crate) async fn record_and_spoil(
    State(world): State<Arc<World>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(endpoint) = Endpoint::of(request.uri().path()) else {
        return next.run(request).await;
    };
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, REQUEST_LIMIT).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let now = world.clock.now();
    let recorded = record::read(endpoint, &parts, &body, now, &world.marks);
    let app = recorded.client_id.clone().unwrap_or_default();
    let work = Work {
        world: &world,
        endpoint,
        entry: world.journal.record(recorded),
        request: Request::from_parts(parts, Body::from(body)),
        next,
    };
    if let Err(seconds) = world.budgets.take(endpoint, &app, now) {
        return too_many(endpoint, RetryAfter::Seconds(seconds), now);
    }
    match world.faults.take(endpoint) {
        None => work.run().await,
        Some(fault) => spoil(work, fault).await,
    }
}

/// A request that has been recorded, and what will answer it.
struct Work<'a> {
    world: &'a World,
    endpoint: Endpoint,
    entry: Entry,
    request: Request,
    next: Next,
}

impl Work<'_> {
    /// Lets the endpoint do its work, and adds to the record what came of it.
    async fn run(self) -> Response {
        let response = self.next.run(self.request).await;
        let error = response.extensions().get::<ErrorCode>();
        let outcome = RecordedOutcome {
            status: response.status().as_u16(),
            error: error.map(|ErrorCode(code)| code.clone()),
        };
        self.world.journal.conclude(self.entry, outcome);
        response
    }
}

async fn spoil(mut work: Work<'_>, fault: Fault) -> Response {
    let (world, endpoint) = (work.world, work.endpoint);
    match fault {
        Fault::Delay(by) => {
            let response = work.run().await;
            pause(by).await;
            response
        }
        Fault::Hang => {
            drop(work.run().await);
            world.closed().await;
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        Fault::Hold => {
            hold(world, endpoint).await;
            work.run().await
        }
        Fault::HoldReply => {
            let response = work.run().await;
            hold(world, endpoint).await;
            response
        }
        Fault::StatusAfter(status, body) => {
            drop(work.run().await);
            (status_code(status), body).into_response()
        }
        Fault::LoseReply => {
            drop(work.run().await);
            lost()
        }
        Fault::Cut { after_bytes } => cut(work.run().await, after_bytes).await,
        Fault::SlackReplyPatch(patch) => patched(work.run().await, &patch).await,
        Fault::IdToken(fault) => {
            work.request
                .extensions_mut()
                .insert(AskedIdTokenFault(fault));
            work.run().await
        }
        stand_in => instead(world, endpoint, stand_in),
    }
}

/// The reply of a fault that stands in for the endpoint.
fn instead(world: &World, endpoint: Endpoint, fault: Fault) -> Response {
    match fault {
        Fault::Status(status, body) => (status_code(status), body).into_response(),
        Fault::Reply {
            status,
            headers,
            body,
        } => raw(status, &headers, body),
        Fault::Drip { body, every } => json_body(broken_body::drip(body, every)),
        Fault::Endless => json_body(broken_body::endless()),
        Fault::Redirect(to) => {
            (StatusCode::FOUND, [(header::LOCATION, to.to_string())]).into_response()
        }
        Fault::RateLimited(retry_after) => too_many(endpoint, retry_after, world.clock.now()),
        _ => lost(),
    }
}

/// Until a test lets it go, or the sandbox stops.
async fn hold(world: &World, endpoint: Endpoint) {
    tokio::select! {
        () = world.gate.wait(endpoint) => {}
        () = world.closed() => {}
    }
}

/// No byte of this arrives.
fn lost() -> Response {
    let length = [(header::CONTENT_LENGTH, HeaderValue::from(1))];
    (length, broken_body::nothing()).into_response()
}

fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn raw(status: u16, headers: &[(String, String)], body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status_code(status);
    let headers = headers.iter().filter_map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        Some((name, HeaderValue::from_bytes(value.as_bytes()).ok()?))
    });
    for (name, value) in headers {
        response.headers_mut().append(name, value);
    }
    response
}

fn json_body(body: Body) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

async fn cut(response: Response, after_bytes: usize) -> Response {
    let (mut parts, body) = whole(response).await;
    parts
        .headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(body.len().max(1)));
    let kept = body.slice(..after_bytes.min(body.len().saturating_sub(1)));
    Response::from_parts(parts, broken_body::cut(kept))
}

async fn patched(response: Response, patch: &Value) -> Response {
    let (mut parts, body) = whole(response).await;
    let body = match serde_json::from_slice::<Value>(&body) {
        Ok(mut reply) if is_success(parts.status, &reply) => {
            merge(&mut reply, patch);
            Bytes::from(reply.to_string())
        }
        _ => body,
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body))
}

async fn whole(response: Response) -> (axum::http::response::Parts, Bytes) {
    let (parts, body) = response.into_parts();
    // Our own handlers' bodies are whole already; reading them cannot fail.
    (parts, to_bytes(body, usize::MAX).await.unwrap_or_default())
}

fn is_success(status: StatusCode, reply: &Value) -> bool {
    status == StatusCode::OK && reply.get("ok") != Some(&Value::Bool(false))
}

/// RFC 7396, section 2.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(target) = target else {
        return;
    };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            merge(target.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}
