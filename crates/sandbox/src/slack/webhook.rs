//! Incoming webhooks: plain-text answers, no `ok`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::world::World;

pub(crate) async fn receive(
    State(world): State<Arc<World>>,
    Path((team, hook, secret)): Path<(String, String, String)>,
    body: Bytes,
) -> Response {
    if !world
        .slack()
        .installations
        .has_hook(&format!("{team}/{hook}/{secret}"))
    {
        return (StatusCode::NOT_FOUND, "no_service").into_response();
    }
    let Ok(message) = serde_json::from_slice::<Value>(&body) else {
        return (StatusCode::BAD_REQUEST, "invalid_payload").into_response();
    };
    if ["text", "blocks", "attachments"]
        .iter()
        .all(|part| message.get(part).is_none())
    {
        return (StatusCode::BAD_REQUEST, "no_text").into_response();
    }
    "ok".into_response()
}
