//! The little of Microsoft Graph that a connection needs.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use serde_json::{Value, json};

use crate::directory::{Tenant, TenantUser};
use crate::entra::AccessToken;
use crate::http::bearer;
use crate::random;
use crate::record::ErrorCode;
use crate::world::World;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/v1.0/organization", get(organization))
        .route("/v1.0/me", get(me))
        .route("/v1.0/users/{id}", get(user))
}

/// Graph's error: status, code, message ("Microsoft Graph error responses",
/// learn.microsoft.com).
type GraphError = (StatusCode, &'static str, &'static str);

const FORBIDDEN: GraphError = (
    StatusCode::FORBIDDEN,
    "Authorization_RequestDenied",
    "The token does not carry a permission for this.",
);
const NOT_FOUND: GraphError = (
    StatusCode::NOT_FOUND,
    "Request_ResourceNotFound",
    "There is no such resource.",
);

async fn organization(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    let found = authenticate(&world, &headers).and_then(|(token, tenant)| {
        if token.permissions.is_empty() {
            return Err(FORBIDDEN);
        }
        let domains = json!([{ "name": tenant.domain, "isDefault": true }]);
        Ok(json!({ "value": [
            { "id": tenant.id, "displayName": tenant.name, "verifiedDomains": domains },
        ] }))
    });
    answer(found)
}

async fn me(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    let found = authenticate(&world, &headers).and_then(|(token, tenant)| {
        let text = "/me is only valid with delegated authentication.";
        let user = token
            .user
            .as_deref()
            .ok_or((StatusCode::BAD_REQUEST, "BadRequest", text))?;
        if !has(&token, "User.Read") {
            return Err(FORBIDDEN);
        }
        describe(tenant, user)
    });
    answer(found)
}

async fn user(
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let found = authenticate(&world, &headers).and_then(|(token, tenant)| {
        let own = token.user.as_deref() == Some(&id) && has(&token, "User.Read");
        if own || has(&token, "User.Read.All") || has(&token, "User.ReadBasic.All") {
            describe(tenant, &id)
        } else {
            Err(FORBIDDEN)
        }
    });
    answer(found)
}

fn authenticate<'a>(
    world: &'a World,
    headers: &HeaderMap,
) -> Result<(AccessToken, &'a Tenant), GraphError> {
    let token = bearer(headers)
        .and_then(|token| world.entra().access_token(token, world.clock.seconds()))
        .ok_or((
            StatusCode::UNAUTHORIZED,
            "InvalidAuthenticationToken",
            "The access token is missing, unknown or expired.",
        ))?;
    let tenant = world
        .tenants
        .iter()
        .find(|it| it.id == token.tenant)
        .ok_or(NOT_FOUND)?;
    Ok((token, tenant))
}

/// A scope may be written with its resource in front.
fn has(token: &AccessToken, permission: &str) -> bool {
    token
        .permissions
        .iter()
        .any(|held| held.rsplit('/').next() == Some(permission))
}

/// By object id or user principal name.
fn describe(tenant: &Tenant, id: &str) -> Result<Value, GraphError> {
    let is_meant = |user: &&TenantUser| user.id == id || user.username.eq_ignore_ascii_case(id);
    let user = tenant.users.iter().find(is_meant).ok_or(NOT_FOUND)?;
    Ok(json!({
        "id": user.id,
        "displayName": user.name,
        "userPrincipalName": user.username,
        "mail": user.username,
    }))
}

fn answer(found: Result<Value, GraphError>) -> Response {
    match found {
        Ok(found) => Json(found).into_response(),
        Err((status, code, message)) => {
            let inner = json!({ "request-id": random::guid() });
            let error = json!({ "code": code, "message": message, "innerError": inner });
            let code = Extension(ErrorCode(code.to_owned()));
            (status, code, Json(json!({ "error": error }))).into_response()
        }
    }
}
