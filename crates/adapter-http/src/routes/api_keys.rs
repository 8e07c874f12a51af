//! `/v1/api-keys`: the keys of an environment, for its admins.

use std::collections::BTreeSet;

use axum::{Json, http::StatusCode};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use tieline_domain::{
    api_key::{ApiKey, ApiKeyRight, ApiKeyRole},
    id::ApiKeyId,
    reason::Reason,
    usecase::{NewApiKey, UseCaseError},
};
use utoipa::ToSchema;

use crate::{
    auth::{Administrator, Caller},
    body::JsonBody,
    error::{ApiError, instant},
    object_name::ObjectName,
    routes::schema::{KeyedErrors, ObjectErrors, WriteErrors},
};

/// For how long a replaced key lives on where the request does not say, in seconds.
const DEFAULT_OVERLAP: u32 = 24 * 60 * 60;

/// An API key to be made.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateApiKeyRequest {
    /// What you call it.
    #[schema(min_length = 1, max_length = 100, example = "Back end")]
    name: String,
    /// What it may do.
    role: ApiKeyRoleBody,
    /// What it may do besides. A key can give only rights that it has itself.
    #[serde(default)]
    rights: Vec<ApiKeyRightBody>,
}

/// For how long the replaced key is to live on.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RotateApiKeyRequest {
    /// Seconds, at most 30 days; 0 ends the old key at once.
    #[serde(default = "default_overlap")]
    #[schema(default = 86_400, maximum = 2_592_000)]
    overlap_seconds: u32,
}

fn default_overlap() -> u32 {
    DEFAULT_OVERLAP
}

/// What an API key may do. Each role includes the ones before it.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ApiKeyRoleBody {
    /// Reads.
    Read,
    /// Also makes connect and reconnect URLs, and asks providers about connections.
    Connect,
    /// Everything.
    Admin,
}

/// What an API key may do besides.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
pub(crate) enum ApiKeyRightBody {
    /// Get tokens, and see them in the clear where others see a mask.
    #[serde(rename = "tokens:read")]
    ReadTokens,
}

/// An API key, without the key itself.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiKeyResponse {
    /// Its id.
    #[schema(format = Uuid)]
    id: String,
    /// What you call it.
    #[schema(example = "Back end")]
    name: String,
    /// What it may do.
    role: ApiKeyRoleBody,
    /// What it may do besides.
    rights: Vec<ApiKeyRightBody>,
    /// Its first characters, by which you recognize it.
    #[schema(example = "tl_k3x9…")]
    hint: String,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last used, to within a minute; null for one that was not.
    #[schema(format = DateTime, required)]
    last_used_at: Option<String>,
    /// When it dies of itself, since another has taken its place; else null.
    #[schema(format = DateTime, required)]
    expires_at: Option<String>,
    /// When it was revoked; null for one that was not.
    #[schema(format = DateTime, required)]
    revoked_at: Option<String>,
}

/// An API key with the key itself, which is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewApiKeyResponse {
    #[serde(flatten)]
    #[schema(inline)]
    record: ApiKeyResponse,
    /// The key. Nobody can show it again.
    #[schema(example = "tl_k3x9…")]
    key: String,
}

/// List the API keys
///
/// Those of the environment, oldest first, dead ones included.
#[utoipa::path(
    get,
    path = "/v1/api-keys",
    operation_id = "listApiKeys",
    tag = "API keys",
    security(("ApiKey" = [])),
    responses(
        (status = 200, description = "The keys.", body = Vec<ApiKeyResponse>),
        KeyedErrors,
    ),
)]
pub(crate) async fn list(
    Administrator(caller): Administrator,
) -> Result<Json<Vec<ApiKeyResponse>>, ApiError> {
    let keys = caller.broker.list_api_keys(caller.environment()).await?;
    Ok(Json(keys.into_iter().map(ApiKeyResponse::from).collect()))
}

/// Make an API key
///
/// For this environment. The answer holds the key, which is not kept and shown this once; so this
/// takes no `idempotency-key`: where an answer was lost, revoke the key and make another.
#[utoipa::path(
    post,
    path = "/v1/api-keys",
    operation_id = "createApiKey",
    tag = "API keys",
    security(("ApiKey" = [])),
    request_body(
        content = inline(CreateApiKeyRequest),
        description = "The key.",
        example = json!({ "name": "Back end", "role": "connect" }),
    ),
    responses(
        (status = 201, description = "The key.", body = NewApiKeyResponse, links(
            ("replace" = (operation_id = "rotateApiKey", description = "Replace it.", parameters(("id" = "$response.body#/id")))),
            ("revoke" = (operation_id = "revokeApiKey", description = "Revoke it.", parameters(("id" = "$response.body#/id")))),
        )),
        WriteErrors,
    ),
)]
pub(crate) async fn create(
    Administrator(caller): Administrator,
    body: JsonBody<CreateApiKeyRequest>,
) -> Result<(StatusCode, Json<NewApiKeyResponse>), ApiError> {
    let CreateApiKeyRequest { name, role, rights } = body.value;
    let new = NewApiKey {
        name,
        role: role.into(),
        rights: rights
            .into_iter()
            .map(ApiKeyRight::from)
            .collect::<BTreeSet<_>>(),
    };
    let Caller { key, broker } = caller;
    let made = broker
        .create_api_key(key.environment_id, new, Some(&key))
        .await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// Replace an API key
///
/// Makes a key with the same name, role and rights. Both work until the overlap ends; then the old
/// one is dead.
#[utoipa::path(
    post,
    path = "/v1/api-keys/{id}/rotate",
    operation_id = "rotateApiKey",
    tag = "API keys",
    security(("ApiKey" = [])),
    params(("id" = String, Path, description = "The old key's id.", example = "0198f3a2-7c11-7d7e-b0a4-5a3d5c6f7e80")),
    request_body(
        content = inline(RotateApiKeyRequest),
        description = "For how long the old key lives on.",
        example = json!({ "overlapSeconds": 3600 }),
    ),
    responses(
        (status = 201, description = "The new key.", body = NewApiKeyResponse),
        WriteErrors,
    ),
)]
pub(crate) async fn rotate(
    Administrator(caller): Administrator,
    ObjectName(id): ObjectName,
    body: JsonBody<RotateApiKeyRequest>,
) -> Result<(StatusCode, Json<NewApiKeyResponse>), ApiError> {
    let overlap = SignedDuration::from_secs(body.value.overlap_seconds.into());
    let Caller { key, broker } = caller;
    let made = broker
        .rotate_api_key(key.environment_id, read_id(&id)?, overlap, Some(&key))
        .await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// Revoke an API key
///
/// For good; on every node within five seconds. A key can revoke itself.
#[utoipa::path(
    delete,
    path = "/v1/api-keys/{id}",
    operation_id = "revokeApiKey",
    tag = "API keys",
    security(("ApiKey" = [])),
    params(("id" = String, Path, description = "The key's id.", example = "0198f3a2-7c11-7d7e-b0a4-5a3d5c6f7e80")),
    responses((status = 204, description = "It is revoked."), ObjectErrors),
)]
pub(crate) async fn revoke(
    Administrator(caller): Administrator,
    ObjectName(id): ObjectName,
) -> Result<StatusCode, ApiError> {
    caller
        .broker
        .revoke_api_key(caller.environment(), read_id(&id)?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An id that no key can have is one that no key has.
fn read_id(id: &str) -> Result<ApiKeyId, UseCaseError> {
    id.parse().map_err(|_| Reason::NotFound.into())
}

impl From<ApiKey> for ApiKeyResponse {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name,
            role: key.role.into(),
            rights: key.rights.into_iter().map(ApiKeyRightBody::from).collect(),
            hint: key.hint,
            created_at: instant(key.created_at),
            last_used_at: key.last_used_at.map(instant),
            expires_at: key.expires_at.map(instant),
            revoked_at: key.revoked_at.map(instant),
        }
    }
}

impl From<(ApiKey, String)> for NewApiKeyResponse {
    fn from((record, key): (ApiKey, String)) -> Self {
        Self {
            record: record.into(),
            key,
        }
    }
}

impl From<ApiKeyRoleBody> for ApiKeyRole {
    fn from(role: ApiKeyRoleBody) -> Self {
        match role {
            ApiKeyRoleBody::Read => Self::Read,
            ApiKeyRoleBody::Connect => Self::Connect,
            ApiKeyRoleBody::Admin => Self::Admin,
        }
    }
}

impl From<ApiKeyRole> for ApiKeyRoleBody {
    fn from(role: ApiKeyRole) -> Self {
        match role {
            ApiKeyRole::Read => Self::Read,
            ApiKeyRole::Connect => Self::Connect,
            ApiKeyRole::Admin => Self::Admin,
        }
    }
}

impl From<ApiKeyRightBody> for ApiKeyRight {
    fn from(right: ApiKeyRightBody) -> Self {
        match right {
            ApiKeyRightBody::ReadTokens => Self::ReadTokens,
        }
    }
}

impl From<ApiKeyRight> for ApiKeyRightBody {
    fn from(right: ApiKeyRight) -> Self {
        match right {
            ApiKeyRight::ReadTokens => Self::ReadTokens,
        }
    }
}
