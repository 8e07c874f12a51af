//! `/v1/environments`: the environments of an organization, for its admins.

use axum::{Json, http::StatusCode};
use serde::{Deserialize, Serialize};
use tieline_domain::environment::Environment;
use utoipa::ToSchema;

use crate::{
    auth::Administrator,
    body::JsonBody,
    error::{ApiError, instant},
    routes::{
        api_keys::NewApiKeyResponse,
        schema::{KeyedErrors, WriteErrors},
    },
};

/// An environment to be made.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateEnvironmentRequest {
    /// What people call it; the person who connects sees it. Unique in the organization.
    #[schema(min_length = 1, max_length = 100, example = "Production")]
    name: String,
}

/// One isolated set of integrations, subscribers, contexts, connections and keys.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EnvironmentResponse {
    /// Its id.
    #[schema(format = Uuid)]
    id: String,
    /// The organization's id.
    #[schema(format = Uuid)]
    organization_id: String,
    /// What people call it.
    #[schema(example = "Production")]
    name: String,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
}

/// An environment with its first key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewEnvironmentResponse {
    #[serde(flatten)]
    #[schema(inline)]
    environment: EnvironmentResponse,
    /// An admin key of the new environment, which is shown this once.
    api_key: NewApiKeyResponse,
}

/// List the environments
///
/// Those of the API key's organization, oldest first.
#[utoipa::path(
    get,
    path = "/v1/environments",
    operation_id = "listEnvironments",
    tag = "Environments",
    security(("ApiKey" = [])),
    responses(
        (status = 200, description = "The environments.", body = Vec<EnvironmentResponse>),
        KeyedErrors,
    ),
)]
pub(crate) async fn list(
    Administrator(caller): Administrator,
) -> Result<Json<Vec<EnvironmentResponse>>, ApiError> {
    let all = caller
        .broker
        .environments_beside(caller.environment())
        .await?;
    Ok(Json(
        all.into_iter().map(EnvironmentResponse::from).collect(),
    ))
}

/// Make an environment
///
/// In the API key's organization, with a first admin key of its own: a key speaks for one
/// environment only. The key is shown this once, so this takes no `idempotency-key`.
#[utoipa::path(
    post,
    path = "/v1/environments",
    operation_id = "createEnvironment",
    tag = "Environments",
    security(("ApiKey" = [])),
    request_body(
        content = inline(CreateEnvironmentRequest),
        description = "The environment.",
        example = json!({ "name": "Production" }),
    ),
    responses(
        (status = 201, description = "The environment and its first key.", body = NewEnvironmentResponse),
        WriteErrors,
    ),
)]
pub(crate) async fn create(
    Administrator(caller): Administrator,
    body: JsonBody<CreateEnvironmentRequest>,
) -> Result<(StatusCode, Json<NewEnvironmentResponse>), ApiError> {
    let (made, key, text) = caller
        .broker
        .create_environment_beside(caller.environment(), &body.value.name)
        .await?;
    let response = NewEnvironmentResponse {
        environment: made.into(),
        api_key: (key, text).into(),
    };
    Ok((StatusCode::CREATED, Json(response)))
}

impl From<Environment> for EnvironmentResponse {
    fn from(environment: Environment) -> Self {
        Self {
            id: environment.id.to_string(),
            organization_id: environment.organization_id.to_string(),
            name: environment.name,
            created_at: instant(environment.created_at),
        }
    }
}
