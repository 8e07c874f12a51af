//! Probes.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{api::SharedApi, error::log_failure};

/// Where life is probed.
pub(crate) const LIVE: &str = "/healthz";

/// Where readiness is probed.
pub(crate) const READY: &str = "/readyz";

/// A probe's answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthBody {
    /// `ok`, or what is missing: `database`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Is the process alive?
///
/// Answers without asking anything else.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "checkLiveness",
    tag = "Operations",
    security(()),
    responses((status = 200, description = "It is.", body = HealthBody)),
)]
pub(crate) async fn live() -> Json<HealthBody> {
    Json(HealthBody { status: "ok" })
}

/// Can the process do its work?
///
/// Asks the database, and whether its schema is the one that this version needs.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "checkReadiness",
    tag = "Operations",
    security(()),
    responses(
        (status = 200, description = "It can.", body = HealthBody),
        (status = 503, description = "It cannot: the database is away, or its schema is another.", body = HealthBody),
    ),
)]
pub(crate) async fn ready(State(api): State<SharedApi>) -> Response {
    match api.readiness.check().await {
        Ok(()) => Json(HealthBody { status: "ok" }).into_response(),
        Err(error) => {
            log_failure(&error);
            (
                StatusCode::SERVICE_UNAVAILABLE,
                Json(HealthBody { status: "database" }),
            )
                .into_response()
        }
    }
}
