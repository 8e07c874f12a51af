//! `/v2/subscribers`: the users of the product.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use serde::Serialize;
use tieline_domain::{
    broker::Broker,
    page::PageRequest,
    ports::SubscriberFilter,
    reason::Reason,
    subscriber::SubscriberId,
    usecase::{IfExists, UseCaseError},
};
use utoipa::ToSchema;

use crate::{
    api::SharedApi,
    auth::{Administrator, Caller, Reader},
    body::JsonBody,
    error::{ApiError, ErrorBody},
    idempotency::once::{Once, OnceParams},
    object_name::ObjectName,
    paging::{self, PageBody, PageParams},
    query::QueryString,
    routes::schema::{ListErrors, ObjectErrors, WriteErrors},
};

mod body;
pub(crate) mod v1;

pub(crate) use body::{CreateSubscriberRequest, organization_of};
use body::{PatchSubscriberRequest, SubscriberResponse};

const LIST: &str = "subscribers";

/// The refusal to make a subscriber who is there already: an error, and the subscriber.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents what `create` answers")]
pub(crate) struct SubscriberExistsBody {
    #[schema(inline)]
    #[serde(flatten)]
    error: ErrorBody,
    #[schema(inline)]
    #[serde(flatten)]
    subscriber: SubscriberResponse,
}

/// Make a subscriber
///
/// A subscriber that is there already is changed: fields that the request names replace, `null`
/// clears, the others stay. With `failIfExists=true` it is refused instead.
#[utoipa::path(
    post,
    path = "/v2/subscribers",
    operation_id = "createSubscriber",
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
            ("show" = (operation_id = "getSubscriber", description = "Show it.", parameters(("subscriberId" = "$response.body#/subscriberId")))),
            ("change" = (operation_id = "patchSubscriber", description = "Change it.", parameters(("subscriberId" = "$response.body#/subscriberId")))),
            ("delete" = (operation_id = "deleteSubscriber", description = "Delete it.", parameters(("subscriberId" = "$response.body#/subscriberId")))),
        )),
        WriteErrors,
        (status = 409, description = "With `failIfExists=true`: there is one, and this is it: `already_exists`.", body = SubscriberExistsBody),
    ),
)]
pub(crate) async fn create(
    Administrator(caller): Administrator,
    mut query: QueryString,
    once: Once,
    body: Result<JsonBody<CreateSubscriberRequest>, ApiError>,
) -> Response {
    let environment = caller.environment();
    let work = async |broker: Broker, body: CreateSubscriberRequest| {
        let refuse = query.read::<bool>("failIfExists").unwrap_or_default();
        query.finish()?;
        let (id, patch) = body.read()?;
        let if_exists = if refuse {
            IfExists::Refuse
        } else {
            IfExists::Change
        };
        let made = broker.create_subscriber(environment, id.clone(), patch, if_exists);
        match made.await {
            Ok((subscriber, _)) => SubscriberResponse::of(&broker, subscriber).await,
            Err(error) if error.reason() == Reason::AlreadyExists => {
                let there = broker.get_subscriber(environment, &id).await?;
                let there = SubscriberResponse::of(&broker, there).await?;
                Err(ApiError::from(error).beside(&there))
            }
            Err(error) => Err(error.into()),
        }
    };
    once.run(&caller, StatusCode::CREATED, body, work).await
}

/// List subscribers
///
/// The environment's subscribers, newest first. Filters match exactly.
#[utoipa::path(
    get,
    path = "/v2/subscribers",
    operation_id = "searchSubscribers",
    tag = "Subscribers",
    security(("ApiKey" = [])),
    params(
        PageParams,
        ("subscriberId" = Option<String>, Query, description = "The one of this id."),
        ("email" = Option<String>, Query, description = "Those with this mail address."),
        ("phone" = Option<String>, Query, description = "Those with this telephone number."),
        ("name" = Option<String>, Query, description = "Those with this first name, last name, or both with a blank between."),
    ),
    responses(
        (status = 200, description = "A page of subscribers.", body = PageBody<SubscriberResponse>),
        ListErrors,
    ),
)]
pub(crate) async fn list(
    State(api): State<SharedApi>,
    Reader(caller): Reader,
    mut query: QueryString,
) -> Result<Json<PageBody<SubscriberResponse>>, ApiError> {
    let filter = SubscriberFilter {
        subscriber_id: query.read("subscriberId"),
        email: query.text("email"),
        phone: query.text("phone"),
        name: query.text("name"),
    };
    let environment = caller.environment();
    let organization = organization_of(&caller.broker, environment).await?;
    let store = &caller.broker.stores.subscribers;
    let fetch = async |page: &PageRequest| store.list(environment, &filter, page).await;
    let turn = |subscriber| SubscriberResponse::new(subscriber, organization);
    paging::answer(&api, environment, LIST, query, fetch, turn).await
}

/// Show a subscriber
///
/// By the product's own id.
#[utoipa::path(
    get,
    path = "/v2/subscribers/{subscriberId}",
    operation_id = "getSubscriber",
    tag = "Subscribers",
    security(("ApiKey" = [])),
    params(("subscriberId" = String, Path, description = "The product's id of the subscriber.", example = "subscriber-123")),
    responses(
        (status = 200, description = "The subscriber.", body = SubscriberResponse),
        ObjectErrors,
    ),
)]
pub(crate) async fn get(
    Reader(caller): Reader,
    ObjectName(id): ObjectName,
) -> Result<Json<SubscriberResponse>, ApiError> {
    let Caller { key, broker } = caller;
    let subscriber = broker
        .get_subscriber(key.environment_id, &read_id(&id)?)
        .await?;
    Ok(Json(SubscriberResponse::of(&broker, subscriber).await?))
}

/// Change a subscriber
///
/// Fields that the request names replace, `null` clears, the others stay.
#[utoipa::path(
    patch,
    path = "/v2/subscribers/{subscriberId}",
    operation_id = "patchSubscriber",
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
pub(crate) async fn change(
    Administrator(caller): Administrator,
    ObjectName(id): ObjectName,
    once: Once,
    body: Result<JsonBody<PatchSubscriberRequest>, ApiError>,
) -> Response {
    let environment = caller.environment();
    let work = async |broker: Broker, body: PatchSubscriberRequest| {
        let patch = body.read()?;
        let changed = broker
            .change_subscriber(environment, &read_id(&id)?, patch)
            .await?;
        SubscriberResponse::of(&broker, changed).await
    };
    once.run(&caller, StatusCode::OK, body, work).await
}

/// That a subscriber is gone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubscriberRemovedResponse {
    /// Always true.
    acknowledged: bool,
    /// Always `deleted`.
    #[schema(example = "deleted")]
    status: &'static str,
}

/// Delete a subscriber
///
/// With its connections and endpoints.
#[utoipa::path(
    delete,
    path = "/v2/subscribers/{subscriberId}",
    operation_id = "deleteSubscriber",
    tag = "Subscribers",
    security(("ApiKey" = [])),
    params(("subscriberId" = String, Path, description = "The product's id of the subscriber.", example = "subscriber-123")),
    responses(
        (status = 200, description = "It is gone.", body = SubscriberRemovedResponse),
        ObjectErrors,
    ),
)]
pub(crate) async fn delete(
    Administrator(caller): Administrator,
    ObjectName(id): ObjectName,
) -> Result<Json<SubscriberRemovedResponse>, ApiError> {
    caller
        .broker
        .delete_subscriber(caller.environment(), &read_id(&id)?)
        .await?;
    Ok(Json(SubscriberRemovedResponse {
        acknowledged: true,
        status: "deleted",
    }))
}

/// An id that no subscriber can have is one that no subscriber has.
fn read_id(id: &str) -> Result<SubscriberId, UseCaseError> {
    SubscriberId::parse(id).map_err(|_| Reason::SubscriberNotFound.into())
}
