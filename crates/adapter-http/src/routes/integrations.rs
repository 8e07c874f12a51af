//! `/v1/integrations`: the product's own apps at the providers.

use axum::{Json, http::StatusCode, response::Response};
use tieline_domain::{
    broker::Broker, id::IntegrationId, integration::Integration, reason::Reason,
    usecase::UseCaseError,
};

use crate::{
    auth::{Administrator, Caller, Reader},
    body::JsonBody,
    error::{ApiError, ErrorBody},
    idempotency::once::{Once, OnceParams},
    object_name::ObjectName,
    routes::{
        schema::{CheckErrors, KeyedErrors, ObjectErrors, WriteErrors},
        subscribers::organization_of,
    },
};

mod body;
mod check;

use body::{CreateIntegrationRequest, IntegrationResponse, UpdateIntegrationRequest};

/// List integrations
///
/// All integrations of the API key's environment. Credentials are never shown.
#[utoipa::path(
    get,
    path = "/v1/integrations",
    operation_id = "listIntegrations",
    tag = "Integrations",
    security(("ApiKey" = [])),
    responses(
        (status = 200, description = "The integrations, oldest first.", body = Vec<IntegrationResponse>),
        KeyedErrors,
    ),
)]
pub(crate) async fn list(
    Reader(caller): Reader,
) -> Result<Json<Vec<IntegrationResponse>>, ApiError> {
    listed(&caller, |_| true).await
}

/// List active integrations
///
/// Those that may be used.
#[utoipa::path(
    get,
    path = "/v1/integrations/active",
    operation_id = "listActiveIntegrations",
    tag = "Integrations",
    security(("ApiKey" = [])),
    responses(
        (status = 200, description = "The active integrations, oldest first.", body = Vec<IntegrationResponse>),
        KeyedErrors,
    ),
)]
pub(crate) async fn list_active(
    Reader(caller): Reader,
) -> Result<Json<Vec<IntegrationResponse>>, ApiError> {
    listed(&caller, |integration| integration.active).await
}

async fn listed(
    caller: &Caller,
    wanted: impl Fn(&Integration) -> bool,
) -> Result<Json<Vec<IntegrationResponse>>, ApiError> {
    let (environment, broker) = (caller.environment(), &caller.broker);
    let organization = organization_of(broker, environment).await?;
    let all = broker.stores.integrations.list(environment).await?;
    let wanted = all.into_iter().filter(wanted);
    Ok(Json(
        wanted
            .map(|i| IntegrationResponse::new(i, organization).with_empty_credentials())
            .collect(),
    ))
}

/// Make an integration
///
/// Registers your app at a provider. `slack` needs the credentials `clientId` and `secretKey`;
/// `msteams` the same, and `tenantId` where the app is for one tenant only. With `redirectUrl` the
/// person is sent there when a flow has ended. Credentials are sealed and never shown again.
///
/// With `check: true` the provider is asked first, and nothing is made unless it takes the
/// credentials: Slack by an exchange of a code that cannot be, Microsoft by a token for the app in
/// the tenant of `tenantId`, where the app must be known already: registered there, or consented
/// to. Without a `tenantId`, and at other providers, there is nobody to ask, and nobody is.
#[utoipa::path(
    post,
    path = "/v1/integrations",
    operation_id = "createIntegration",
    tag = "Integrations",
    security(("ApiKey" = [])),
    params(OnceParams),
    request_body(
        content = inline(CreateIntegrationRequest),
        description = "The integration.",
        example = json!({
            "providerId": "slack", "channel": "chat", "identifier": "slack", "name": "Slack", "active": true,
            "credentials": { "clientId": "1234567890.9876543210", "secretKey": "the-app-s-client-secret" },
        }),
    ),
    responses(
        (status = 201, description = "The integration, without its credentials.", body = IntegrationResponse, links(
            ("change" = (operation_id = "updateIntegration", description = "Change it.", parameters(("integrationId" = "$response.body#/_id")))),
            ("setPrimary" = (operation_id = "setPrimaryIntegration", description = "Make it the primary one.", parameters(("integrationId" = "$response.body#/_id")))),
            ("delete" = (operation_id = "deleteIntegration", description = "Delete it.", parameters(("integrationId" = "$response.body#/_id")))),
        )),
        CheckErrors,
        WriteErrors,
    ),
)]
pub(crate) async fn create(
    Administrator(caller): Administrator,
    once: Once,
    body: Result<JsonBody<CreateIntegrationRequest>, ApiError>,
) -> Response {
    let environment = caller.environment();
    let work = async |broker: Broker, body: CreateIntegrationRequest| {
        let new = body.read(environment)?;
        let integration = broker.create_integration(environment, new).await?;
        answer(&broker, integration).await
    };
    let check = async |body: &CreateIntegrationRequest| check::new(&caller, body).await;
    once.run_checked(&caller, StatusCode::CREATED, body, check, work)
        .await
}

/// Change an integration
///
/// What the request leaves out stays; credentials are replaced as a whole. With `check: true` the
/// provider is asked first about the credentials, the new ones or else the stored, as when an
/// integration is made; nothing is changed unless it takes them.
#[utoipa::path(
    put,
    path = "/v1/integrations/{integrationId}",
    operation_id = "updateIntegration",
    tag = "Integrations",
    security(("ApiKey" = [])),
    params(OnceParams, ("integrationId" = String, Path, description = "The integration's `_id`.", example = "0198f3a2-7c11-7d7e-b0a4-5a3d5c6f7e80")),
    request_body(
        content = inline(UpdateIntegrationRequest),
        description = "What changes.",
        example = json!({ "name": "Slack (Europe)", "active": false }),
    ),
    responses(
        (status = 200, description = "The integration as it is now, without its credentials.", body = IntegrationResponse),
        CheckErrors,
        WriteErrors,
    ),
)]
pub(crate) async fn update(
    Administrator(caller): Administrator,
    ObjectName(id): ObjectName,
    once: Once,
    body: Result<JsonBody<UpdateIntegrationRequest>, ApiError>,
) -> Response {
    let environment = caller.environment();
    let work = async |broker: Broker, body: UpdateIntegrationRequest| {
        let change = body.read(environment)?;
        let integration = broker
            .change_integration(environment, read_id(&id)?, change)
            .await?;
        answer(&broker, integration).await
    };
    let check = async |body: &UpdateIntegrationRequest| check::change(&caller, &id, body).await;
    once.run_checked(&caller, StatusCode::OK, body, check, work)
        .await
}

/// Delete an integration
///
/// With its connections and endpoints. Answers what is left.
#[utoipa::path(
    delete,
    path = "/v1/integrations/{integrationId}",
    operation_id = "deleteIntegration",
    tag = "Integrations",
    security(("ApiKey" = [])),
    params(("integrationId" = String, Path, description = "The integration's `_id`.", example = "0198f3a2-7c11-7d7e-b0a4-5a3d5c6f7e80")),
    responses(
        (status = 200, description = "The integrations that are left, oldest first.", body = Vec<IntegrationResponse>),
        ObjectErrors,
    ),
)]
pub(crate) async fn delete(
    Administrator(caller): Administrator,
    ObjectName(id): ObjectName,
) -> Result<Json<Vec<IntegrationResponse>>, ApiError> {
    caller
        .broker
        .delete_integration(caller.environment(), read_id(&id)?)
        .await?;
    listed(&caller, |_| true).await
}

/// Make an integration the primary one
///
/// Refused: only mail and SMS integrations have a primary one, and Tieline has chat only.
#[utoipa::path(
    post,
    path = "/v1/integrations/{integrationId}/set-primary",
    operation_id = "setPrimaryIntegration",
    tag = "Integrations",
    security(("ApiKey" = [])),
    params(("integrationId" = String, Path, description = "The integration's `_id`.", example = "0198f3a2-7c11-7d7e-b0a4-5a3d5c6f7e80")),
    responses(
        (status = 400, description = "Chat integrations have no primary one: `primary_not_supported`.", body = ErrorBody),
        ObjectErrors,
    ),
)]
pub(crate) async fn set_primary(
    Administrator(caller): Administrator,
    ObjectName(id): ObjectName,
) -> Result<(), ApiError> {
    let integration = caller
        .broker
        .get_integration(caller.environment(), read_id(&id)?)
        .await?;
    let message = format!(
        "Channel chat of integration {} does not support primary",
        integration.identifier
    );
    Err(ApiError::new(Reason::PrimaryNotSupported, message))
}

async fn answer(
    broker: &Broker,
    integration: Integration,
) -> Result<IntegrationResponse, ApiError> {
    let organization = organization_of(broker, integration.environment_id).await?;
    Ok(IntegrationResponse::new(integration, organization))
}

/// An id that no integration can have is one that no integration has.
fn read_id(id: &str) -> Result<IntegrationId, UseCaseError> {
    id.parse().map_err(|_| Reason::NotFound.into())
}
