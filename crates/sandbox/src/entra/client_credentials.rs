//! App-only tokens ("OAuth 2.0 client credentials flow", learn.microsoft.com).

use axum::response::Response;
use serde_json::{Value, json};

use crate::directory::Tenant;
use crate::entra::admin_consent::is_default_scope;
use crate::entra::code_grant::no_store;
use crate::entra::problem::Problem;
use crate::entra::state::AccessToken;
use crate::entra::token::{TokenRequest, missing};
use crate::keys;
use crate::random;
use crate::record::TokenKind;

/// "Access tokens in the Microsoft identity platform": about an hour.
const LIFE: i64 = 3599;

pub(crate) fn issue(request: &TokenRequest<'_>) -> Result<Response, Problem> {
    let tenant = request.path.one().ok_or(Problem::new(
        "invalid_request",
        50_059,
        "An app-only token needs a concrete tenant, neither common nor organizations.",
    ))?;
    let scope = request
        .params
        .get("scope")
        .ok_or(missing("The request must contain scope."))?;
    if !is_default_scope(request.world, scope) {
        let text = "The scope is not valid: client credentials take one {resource}/.default.";
        return Err(Problem::new("invalid_scope", 1_002_012, text));
    }
    let client_id = &request.app.client_id;
    let now = request.world.clock.seconds();
    let mut entra = request.world.entra();
    // Where the app is at home it gets a token without anybody's consent, but no permission.
    let roles = if entra.has_consent(client_id, &tenant.id) {
        entra.roles(client_id, &tenant.id).to_vec()
    } else {
        Vec::new()
    };
    let claims = claims(request, tenant, &roles, now);
    let access_token = keys::signed(&request.world.keys.current(), &claims);
    let token = AccessToken {
        tenant: tenant.id.clone(),
        user: None,
        permissions: roles,
        expires_at: now + LIFE,
    };
    entra.insert_access_token(&access_token, token);
    let whose = [client_id, tenant.id.as_str(), ""];
    request
        .world
        .marks
        .note(&access_token, TokenKind::EntraApp, whose);
    // No scope and no refresh token: a client can always ask again.
    Ok(no_store(&json!({
        "token_type": "Bearer",
        "expires_in": LIFE,
        "ext_expires_in": LIFE,
        "access_token": access_token,
    })))
}

/// Without roles the claim is missing, not empty.
fn claims(request: &TokenRequest<'_>, tenant: &Tenant, roles: &[String], now: i64) -> Value {
    let mut claims = json!({
        "aud": "https://graph.microsoft.com",
        "iss": format!("{}/{}/v2.0", request.world.entra_base(), tenant.id),
        "iat": now,
        "nbf": now,
        "exp": now + LIFE,
        "tid": tenant.id,
        "azp": request.app.client_id,
        "idtyp": "app",
        "uti": random::token(16),
        "ver": "2.0",
    });
    if !roles.is_empty() {
        claims["roles"] = json!(roles);
    }
    claims
}
