//! `/v2/contexts`: business objects of the product.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tieline_domain::{
    broker::Broker,
    context::{BridgeUrl, Context, ContextKey},
    page::PageRequest,
    patch::Patch,
    ports::ContextFilter,
    reason::Reason,
    usecase::{ContextChange, UseCaseError},
};
use utoipa::{
    ToSchema,
    openapi::{
        Object, ObjectBuilder,
        schema::{AdditionalProperties, Type},
    },
};

use crate::{
    api::SharedApi,
    auth::{Administrator, Reader},
    body::JsonBody,
    error::{ApiError, instant},
    fields::Fields,
    idempotency::once::{Once, OnceParams},
    object_name::ObjectName,
    paging::{self, PageBody, PageParams},
    patch_body::patch,
    query::QueryString,
    routes::schema::{ListErrors, ObjectErrors, WriteErrors},
};

const LIST: &str = "contexts";

/// A context to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateContextRequest {
    /// Its type.
    #[serde(rename = "type")]
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[A-Za-z0-9._-]+$",
        example = "tenant"
    )]
    kind: String,
    /// Its id within its type.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[A-Za-z0-9._-]+$",
        example = "org-acme"
    )]
    id: String,
    /// The product's own data.
    #[serde(default)]
    #[schema(schema_with = data_schema)]
    data: Map<String, Value>,
    /// Where the product's own workflows live for this context; kept, and not called.
    #[schema(max_length = 2000, example = "https://bridge.example.com/acme")]
    bridge_url: Option<String>,
}

impl CreateContextRequest {
    pub(crate) fn read(self) -> Result<(ContextKey, ContextChange), ApiError> {
        let mut fields = Fields::default();
        for (name, text) in [("type", &self.kind), ("id", &self.id)] {
            if ContextKey::new(text, "x").is_err() {
                fields.add(
                    name,
                    &"must be 1 to 100 characters out of A-Z a-z 0-9 . _ -",
                );
            }
        }
        fields.refuse()?;
        let key = ContextKey::new(self.kind, self.id).map_err(|_| Reason::Internal)?;
        let bridge_url = read_bridge_url(self.bridge_url.map_or(Patch::Keep, Patch::Set))?;
        let data = self.data;
        Ok((key, ContextChange { data, bridge_url }))
    }
}

/// A change of a context.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeContextRequest {
    /// The new data, as a whole.
    #[schema(schema_with = data_schema)]
    data: Map<String, Value>,
    /// The new bridge URL; null clears it, absent keeps it.
    #[serde(default, deserialize_with = "patch")]
    #[schema(value_type = Option<String>, max_length = 2000, example = "https://bridge.example.com/acme")]
    bridge_url: Patch<String>,
}

/// A business object of the product.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContextResponse {
    /// Its type.
    #[serde(rename = "type")]
    #[schema(example = "tenant")]
    kind: String,
    /// Its id within its type.
    #[schema(example = "org-acme")]
    id: String,
    /// The product's own data.
    #[schema(schema_with = data_schema)]
    data: Map<String, Value>,
    /// Where the product's own workflows live for this context.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "https://bridge.example.com/acme")]
    bridge_url: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// An object of any members: the derive leaves out what such a one is described with.
fn data_schema() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("The product's own data, as a whole."))
        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
        .examples([json!({ "plan": "pro" })])
        .build()
}

/// Make a context
///
/// Requests that name a context make it where it is new; this makes it beforehand.
#[utoipa::path(
    post,
    path = "/v2/contexts",
    operation_id = "createContext",
    tag = "Contexts",
    security(("ApiKey" = [])),
    params(OnceParams),
    request_body(
        content = inline(CreateContextRequest),
        description = "The context.",
        example = json!({ "type": "tenant", "id": "org-acme", "data": { "plan": "pro" } }),
    ),
    responses(
        (status = 201, description = "The context.", body = ContextResponse, links(
            ("show" = (operation_id = "getContext", description = "Show it.", parameters(("type" = "$response.body#/type"), ("id" = "$response.body#/id")))),
            ("change" = (operation_id = "updateContext", description = "Change it.", parameters(("type" = "$response.body#/type"), ("id" = "$response.body#/id")))),
            ("delete" = (operation_id = "deleteContext", description = "Delete it.", parameters(("type" = "$response.body#/type"), ("id" = "$response.body#/id")))),
        )),
        WriteErrors,
    ),
)]
pub(crate) async fn create(
    Administrator(caller): Administrator,
    once: Once,
    body: Result<JsonBody<CreateContextRequest>, ApiError>,
) -> Response {
    let environment = caller.environment();
    let work = async |broker: Broker, body: CreateContextRequest| {
        let (key, change) = body.read()?;
        let context = broker.create_context(environment, key, change).await?;
        Ok(ContextResponse::from(context))
    };
    once.run(&caller, StatusCode::CREATED, body, work).await
}

/// List contexts
///
/// The environment's contexts, newest first.
#[utoipa::path(
    get,
    path = "/v2/contexts",
    operation_id = "listContexts",
    tag = "Contexts",
    security(("ApiKey" = [])),
    params(
        PageParams,
        ("type" = Option<String>, Query, description = "Those of exactly this type.", example = "tenant"),
        ("id" = Option<String>, Query, description = "Those of exactly this id.", example = "org-acme"),
        ("search" = Option<String>, Query, description = "Those whose type or id contains this."),
    ),
    responses(
        (status = 200, description = "A page of contexts.", body = PageBody<ContextResponse>),
        ListErrors,
    ),
)]
pub(crate) async fn list(
    State(api): State<SharedApi>,
    Reader(caller): Reader,
    mut query: QueryString,
) -> Result<Json<PageBody<ContextResponse>>, ApiError> {
    let filter = ContextFilter {
        kind: query.text("type"),
        id: query.text("id"),
        search: query.text("search"),
    };
    let (environment, store) = (caller.environment(), &caller.broker.stores.contexts);
    let fetch = async |page: &PageRequest| store.list(environment, &filter, page).await;
    paging::answer(&api, environment, LIST, query, fetch, ContextResponse::from).await
}

/// Show a context
///
/// By its type and id.
#[utoipa::path(
    get,
    path = "/v2/contexts/{type}/{id}",
    operation_id = "getContext",
    tag = "Contexts",
    security(("ApiKey" = [])),
    params(
        ("type" = String, Path, description = "The context's type.", example = "tenant"),
        ("id" = String, Path, description = "The context's id.", example = "org-acme"),
    ),
    responses((status = 200, description = "The context.", body = ContextResponse), ObjectErrors),
)]
pub(crate) async fn get(
    Reader(caller): Reader,
    ObjectName(key): ObjectName<(String, String)>,
) -> Result<Json<ContextResponse>, ApiError> {
    Ok(Json(
        caller
            .broker
            .get_context(caller.environment(), &read_key(key)?)
            .await?
            .into(),
    ))
}

/// Change a context
///
/// Replaces its data as a whole.
#[utoipa::path(
    patch,
    path = "/v2/contexts/{type}/{id}",
    operation_id = "updateContext",
    tag = "Contexts",
    security(("ApiKey" = [])),
    params(
        OnceParams,
        ("type" = String, Path, description = "The context's type.", example = "tenant"),
        ("id" = String, Path, description = "The context's id.", example = "org-acme"),
    ),
    request_body(
        content = inline(ChangeContextRequest),
        description = "What changes.",
        example = json!({ "data": { "plan": "enterprise" } }),
    ),
    responses(
        (status = 200, description = "The context as it is now.", body = ContextResponse),
        WriteErrors,
    ),
)]
pub(crate) async fn change(
    Administrator(caller): Administrator,
    ObjectName(key): ObjectName<(String, String)>,
    once: Once,
    body: Result<JsonBody<ChangeContextRequest>, ApiError>,
) -> Response {
    let environment = caller.environment();
    let work = async |broker: Broker, body: ChangeContextRequest| {
        let change = ContextChange {
            data: body.data,
            bridge_url: read_bridge_url(body.bridge_url)?,
        };
        let changed = broker
            .change_context(environment, &read_key(key)?, change)
            .await?;
        Ok(ContextResponse::from(changed))
    };
    once.run(&caller, StatusCode::OK, body, work).await
}

/// Delete a context
///
/// Connections and endpoints keep naming it; a request that names it makes it anew.
#[utoipa::path(
    delete,
    path = "/v2/contexts/{type}/{id}",
    operation_id = "deleteContext",
    tag = "Contexts",
    security(("ApiKey" = [])),
    params(
        ("type" = String, Path, description = "The context's type.", example = "tenant"),
        ("id" = String, Path, description = "The context's id.", example = "org-acme"),
    ),
    responses((status = 204, description = "It is gone."), ObjectErrors),
)]
pub(crate) async fn delete(
    Administrator(caller): Administrator,
    ObjectName(key): ObjectName<(String, String)>,
) -> Result<StatusCode, ApiError> {
    caller
        .broker
        .delete_context(caller.environment(), &read_key(key)?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A key that no context can have is one that no context has.
fn read_key((kind, id): (String, String)) -> Result<ContextKey, UseCaseError> {
    ContextKey::new(kind, id).map_err(|_| Reason::NotFound.into())
}

/// A URL that leads inside is a 400 on this wire, as other rules of use cases are.
fn read_bridge_url(url: Patch<String>) -> Result<Patch<BridgeUrl>, ApiError> {
    Ok(match url {
        Patch::Keep => Patch::Keep,
        Patch::Clear => Patch::Clear,
        Patch::Set(url) => Patch::Set(BridgeUrl::parse(url).map_err(|problem| {
            ApiError::new(Reason::MalformedRequest, format!("bridgeUrl {problem}"))
        })?),
    })
}

impl From<Context> for ContextResponse {
    fn from(context: Context) -> Self {
        Self {
            kind: context.key.kind().to_owned(),
            id: context.key.id().to_owned(),
            data: context.data,
            bridge_url: context.bridge_url.map(String::from),
            created_at: instant(context.created_at),
            updated_at: instant(context.updated_at),
        }
    }
}
