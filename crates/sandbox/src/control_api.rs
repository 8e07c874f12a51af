//! Records and faults over HTTP, for those who test a product of their own
//! against `tieline sandbox`.
//!
//! A fault is asked for by a body like
//! `{"endpoint": "slack_oauth_v2_access", "once": true, "fault": {"cut": {"after_bytes": 10}}}`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::endpoint::Endpoint;
use crate::fault::{Fault, IdTokenFault};
use crate::record::RecordedRequest;
use crate::world::World;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/requests", get(requests))
        .route("/faults", post(set_fault).delete(clear_faults))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultOrder {
    endpoint: Endpoint,
    #[serde(default)]
    once: bool,
    fault: FaultBody,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum FaultBody {
    Status {
        status: u16,
        body: String,
    },
    Reply {
        status: u16,
        headers: Vec<(String, String)>,
        body: String,
    },
    Delay {
        milliseconds: u64,
    },
    Hang,
    Drip {
        body: String,
        every_milliseconds: u64,
    },
    Cut {
        after_bytes: usize,
    },
    Redirect {
        to: Url,
    },
    Endless,
    SlackReplyPatch {
        patch: Value,
    },
    IdToken {
        fault: IdTokenFault,
    },
}

impl From<FaultBody> for Fault {
    fn from(body: FaultBody) -> Self {
        match body {
            FaultBody::Status { status, body } => Self::Status(status, body),
            FaultBody::Reply {
                status,
                headers,
                body,
            } => Self::Reply {
                status,
                headers,
                body: body.into_bytes(),
            },
            FaultBody::Delay { milliseconds } => Self::Delay(Duration::from_millis(milliseconds)),
            FaultBody::Hang => Self::Hang,
            FaultBody::Drip {
                body,
                every_milliseconds,
            } => Self::Drip {
                body: body.into_bytes(),
                every: Duration::from_millis(every_milliseconds),
            },
            FaultBody::Cut { after_bytes } => Self::Cut { after_bytes },
            FaultBody::Redirect { to } => Self::Redirect(to),
            FaultBody::Endless => Self::Endless,
            FaultBody::SlackReplyPatch { patch } => Self::SlackReplyPatch(patch),
            FaultBody::IdToken { fault } => Self::IdToken(fault),
        }
    }
}

async fn requests(State(world): State<Arc<World>>) -> Json<Vec<RecordedRequest>> {
    Json(world.journal.requests())
}

async fn set_fault(State(world): State<Arc<World>>, Json(order): Json<FaultOrder>) -> StatusCode {
    let fault = Fault::from(order.fault);
    if order.once {
        world.faults.set_once(order.endpoint, fault);
    } else {
        world.faults.set(order.endpoint, fault);
    }
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(world): State<Arc<World>>) -> StatusCode {
    world.faults.clear();
    StatusCode::NO_CONTENT
}
