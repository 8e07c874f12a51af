//! `/v1/subscribers`: the older paths to the same subscribers. What they do is done by those of
//! `/v2`.

use axum::{Json, response::Response};

use super::body::{CreateSubscriberRequest, PatchSubscriberRequest, SubscriberResponse};
use crate::{
    auth::{Administrator, Reader},
    body::JsonBody,
    error::ApiError,
    idempotency::once::{Once, OnceParams},
    object_name::ObjectName,
    query::QueryString,
    routes::{
        schema::{ObjectErrors, WriteErrors},
        subscribers::{self, SubscriberExistsBody, SubscriberRemovedResponse},
    },
};

/// Make a subscriber
///
/// The older path of `POST /v2/subscribers`.
#[utoipa::path(
    post,
    path = "/v1/subscribers",
    operation_id = "createSubscriberV1",
    tag = "Subscribers",
    security(("ApiKey" = [])),
    params(OnceParams, ("failIfExists" = Option<bool>, Query, description = "Refuse where the subscriber is there already.")),
    request_body(
        content = inline(CreateSubscriberRequest),
        description = "The subscriber.",
        example = json!({ "subscriberId": "subscriber-123", "firstName": "Ada", "email": "ada@example.com" }),
    ),
    responses(
        (status = 201, description = "The subscriber as it is now.", body = SubscriberResponse, links(
            ("show" = (operation_id = "getSubscriberV1", description = "Show it.", parameters(("subscriberId" = "$response.body#/subscriberId")))),
            ("change" = (operation_id = "updateSubscriberV1", description = "Change it.", parameters(("subscriberId" = "$response.body#/subscriberId")))),
            ("delete" = (operation_id = "deleteSubscriberV1", description = "Delete it.", parameters(("subscriberId" = "$response.body#/subscriberId")))),
        )),
        WriteErrors,
        (status = 409, description = "With `failIfExists=true`: there is one, and this is it: `already_exists`.", body = SubscriberExistsBody),
    ),
)]
#[deprecated = "the same is at /v2/subscribers"]
pub(crate) async fn create(
    caller: Administrator,
    query: QueryString,
    once: Once,
    body: Result<JsonBody<CreateSubscriberRequest>, ApiError>,
) -> Response {
    subscribers::create(caller, query, once, body).await
}

/// Show a subscriber
///
/// The older path of `GET /v2/subscribers/{subscriberId}`.
#[utoipa::path(
    get,
    path = "/v1/subscribers/{subscriberId}",
    operation_id = "getSubscriberV1",
    tag = "Subscribers",
    security(("ApiKey" = [])),
    params(("subscriberId" = String, Path, description = "The product's id of the subscriber.", example = "subscriber-123")),
    responses(
        (status = 200, description = "The subscriber.", body = SubscriberResponse),
        ObjectErrors,
    ),
)]
#[deprecated = "the same is at /v2/subscribers/{subscriberId}"]
pub(crate) async fn get(
    caller: Reader,
    id: ObjectName,
) -> Result<Json<SubscriberResponse>, ApiError> {
    subscribers::get(caller, id).await
}

/// Change a subscriber
///
/// The older form of `PATCH /v2/subscribers/{subscriberId}`: fields that the request names
/// replace, `null` clears, the others stay.
#[utoipa::path(
    put,
    path = "/v1/subscribers/{subscriberId}",
    operation_id = "updateSubscriberV1",
    tag = "Subscribers",
    security(("ApiKey" = [])),
    params(OnceParams, ("subscriberId" = String, Path, description = "The product's id of the subscriber.", example = "subscriber-123")),
    request_body(
        content = inline(PatchSubscriberRequest),
        description = "What changes.",
        example = json!({ "lastName": "Lovelace", "phone": null }),
    ),
    responses(
        (status = 200, description = "The subscriber as it is now.", body = SubscriberResponse),
        WriteErrors,
    ),
)]
#[deprecated = "the same is at /v2/subscribers/{subscriberId}, with PATCH"]
pub(crate) async fn update(
    caller: Administrator,
    id: ObjectName,
    once: Once,
    body: Result<JsonBody<PatchSubscriberRequest>, ApiError>,
) -> Response {
    subscribers::change(caller, id, once, body).await
}

/// Delete a subscriber
///
/// The older path of `DELETE /v2/subscribers/{subscriberId}`.
#[utoipa::path(
    delete,
    path = "/v1/subscribers/{subscriberId}",
    operation_id = "deleteSubscriberV1",
    tag = "Subscribers",
    security(("ApiKey" = [])),
    params(("subscriberId" = String, Path, description = "The product's id of the subscriber.", example = "subscriber-123")),
    responses(
        (status = 200, description = "It is gone.", body = SubscriberRemovedResponse),
        ObjectErrors,
    ),
)]
#[deprecated = "the same is at /v2/subscribers/{subscriberId}"]
pub(crate) async fn delete(
    caller: Administrator,
    id: ObjectName,
) -> Result<Json<SubscriberRemovedResponse>, ApiError> {
    subscribers::delete(caller, id).await
}
