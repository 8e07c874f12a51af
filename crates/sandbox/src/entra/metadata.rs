//! What a verifier fetches: the discovery document and the keys.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::entra::tenant_path::TenantPath;
use crate::keys::rogue_key;
use crate::world::World;

/// `OpenID` Connect Discovery, section 3. Without a concrete tenant the issuer
/// is Entra's template, literally `{tenantid}`.
pub(crate) async fn discovery(
    State(world): State<Arc<World>>,
    Path(segment): Path<String>,
) -> Response {
    let path = match TenantPath::read(&world.tenants, &segment) {
        Ok(path) => path,
        Err(problem) => return problem.reply(&world),
    };
    let base = world.entra_base();
    let issuer = path.one().map_or("{tenantid}", |tenant| tenant.id.as_str());
    Json(json!({
        "issuer": format!("{base}/{issuer}/v2.0"),
        "authorization_endpoint": format!("{base}/{segment}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{base}/{segment}/oauth2/v2.0/token"),
        "jwks_uri": format!("{base}/{segment}/discovery/v2.0/keys"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "code_challenge_methods_supported": ["plain", "S256"],
    }))
    .into_response()
}

pub(crate) async fn keys(State(world): State<Arc<World>>, Path(segment): Path<String>) -> Response {
    match TenantPath::read(&world.tenants, &segment) {
        Ok(_) => Json(world.keys.document(&world.entra_base())).into_response(),
        Err(problem) => problem.reply(&world),
    }
}

/// The attacker's key set.
pub(crate) async fn rogue_keys() -> Json<Value> {
    Json(json!({ "keys": [rogue_key().jwk()] }))
}
