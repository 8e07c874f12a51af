//! The controls over HTTP, for those who test a product of their own against
//! `tieline sandbox`.
//!
//! Whatever a method of [`SandboxControl`] changes, `POST /control/{its name}`
//! changes too; see [`Command`] for the bodies.

mod command;
mod fault_body;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::control::SandboxControl;
use crate::control_api::command::Command;
use crate::control_api::fault_body::FaultOrder;
use crate::delivery::Delivery;
use crate::endpoint::Endpoint;
use crate::record::{RecordedRequest, TokenMark};
use crate::world::World;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/requests", get(requests))
        .route("/counts", get(counts))
        .route("/tokens", get(tokens))
        .route("/live_slack_tokens", get(live_slack_tokens))
        .route("/consent", get(consent))
        .route("/time", get(time))
        .route("/deliveries", get(deliveries))
        .route("/wait_for_deliveries", get(wait_for_deliveries))
        .route("/wait_for_requests", get(wait_for_requests))
        .route("/wait_for_held", get(wait_for_held))
        .route("/faults", post(set_fault).delete(clear_faults))
        .route("/{command}", post(run))
        .layer(from_fn(refuse_pages))
}

/// A page that somebody has open must not send things from this machine.
async fn refuse_pages(request: Request, next: Next) -> Response {
    if request.headers().contains_key(header::ORIGIN) {
        return (StatusCode::FORBIDDEN, "the controls are not for web pages").into_response();
    }
    next.run(request).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    endpoint: Option<Endpoint>,
}

async fn requests(
    State(world): State<Arc<World>>,
    Query(which): Query<Which>,
) -> Json<Vec<RecordedRequest>> {
    let control = SandboxControl::new(world);
    Json(match which.endpoint {
        Some(endpoint) => control.requests_of(endpoint),
        None => control.requests(),
    })
}

async fn counts(State(world): State<Arc<World>>) -> Json<BTreeMap<Endpoint, usize>> {
    Json(world.journal.counts())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct At {
    endpoint: Endpoint,
}

#[derive(Debug, Serialize)]
struct Calls {
    token: TokenMark,
    calls: usize,
}

async fn tokens(State(world): State<Arc<World>>, Query(at): Query<At>) -> Json<Vec<Calls>> {
    let calls = world.journal.by_token(at.endpoint);
    let calls = calls
        .into_iter()
        .map(|(token, calls)| Calls { token, calls });
    Json(calls.collect())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Installation {
    client_id: String,
    owner: String,
}

async fn live_slack_tokens(
    State(world): State<Arc<World>>,
    Query(at): Query<Installation>,
) -> Json<Vec<TokenMark>> {
    Json(SandboxControl::new(world).live_slack_tokens(&at.client_id, &at.owner))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Consent {
    client_id: String,
    tenant: String,
}

async fn consent(State(world): State<Arc<World>>, Query(of): Query<Consent>) -> Json<bool> {
    Json(SandboxControl::new(world).has_admin_consent(&of.client_id, &of.tenant))
}

async fn time(State(world): State<Arc<World>>) -> Json<Timestamp> {
    Json(SandboxControl::new(world).now())
}

async fn deliveries(State(world): State<Arc<World>>) -> Json<Vec<Delivery>> {
    Json(SandboxControl::new(world).deliveries())
}

async fn wait_for_deliveries(State(world): State<Arc<World>>) -> Response {
    let control = SandboxControl::new(Arc::clone(&world));
    unless_closed(&world, async move {
        Json(control.wait_for_deliveries().await).into_response()
    })
    .await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Awaited {
    endpoint: Endpoint,
    requests: usize,
}

async fn wait_for_requests(
    State(world): State<Arc<World>>,
    Query(Awaited { endpoint, requests }): Query<Awaited>,
) -> Response {
    let control = SandboxControl::new(Arc::clone(&world));
    unless_closed(&world, async move {
        control.wait_for_requests(endpoint, requests).await;
        StatusCode::NO_CONTENT.into_response()
    })
    .await
}

async fn wait_for_held(
    State(world): State<Arc<World>>,
    Query(Awaited { endpoint, requests }): Query<Awaited>,
) -> Response {
    let control = SandboxControl::new(Arc::clone(&world));
    unless_closed(&world, async move {
        control.wait_for_held(endpoint, requests).await;
        StatusCode::NO_CONTENT.into_response()
    })
    .await
}

/// Whoever waits does not keep the sandbox from stopping.
async fn unless_closed(world: &World, answer: impl Future<Output = Response>) -> Response {
    tokio::select! {
        response = answer => response,
        () = world.closed() => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn set_fault(State(world): State<Arc<World>>, Json(order): Json<FaultOrder>) -> StatusCode {
    order.give(&SandboxControl::new(world));
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(world): State<Arc<World>>) -> StatusCode {
    SandboxControl::new(world).clear_faults();
    StatusCode::NO_CONTENT
}

async fn run(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    parameters: Bytes,
) -> Response {
    match Command::read(&name, &parameters) {
        Ok(command) => match command.run(&SandboxControl::new(world)) {
            Some(answer) => Json(answer).into_response(),
            None => StatusCode::NO_CONTENT.into_response(),
        },
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()).into_response(),
    }
}
