//! The `id_token` ("ID token claims reference", learn.microsoft.com).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::directory::find_user;
use crate::entra::id_token_fault as faulty;
use crate::entra::state::Code;
use crate::fault::IdTokenFault;
use crate::keys;
use crate::world::World;

const LIFE: i64 = 3600;

/// A token about the person who signed in, if `openid` was asked for.
pub(crate) fn id_token(world: &World, code: &Code, fault: Option<IdTokenFault>) -> Option<String> {
    if !has_scope(code, "openid") || fault == Some(IdTokenFault::Missing) {
        return None;
    }
    let mut claims = claims(world, code)?;
    let key = world.keys.current();
    let Some(fault) = fault else {
        return Some(keys::signed(&key, &claims));
    };
    faulty::spoil_claims(&mut claims, fault, world, &code.subject.tenant);
    Some(faulty::sign(&claims, fault, world, &key))
}

fn claims(world: &World, code: &Code) -> Option<Value> {
    let (tenant, user) = find_user(&world.tenants, &code.subject.user)?;
    let now = world.clock.seconds();
    let mut claims = json!({
        "iss": format!("{}/{}/v2.0", world.entra_base(), tenant.id),
        "aud": code.client_id,
        "iat": now,
        "nbf": now,
        "exp": now + LIFE,
        "sub": pairwise(&code.client_id, &tenant.id, &user.id),
        "tid": tenant.id,
        "ver": "2.0",
    });
    if let Some(nonce) = &code.nonce {
        claims["nonce"] = json!(nonce);
    }
    if has_scope(code, "profile") {
        claims["oid"] = json!(user.id);
        claims["name"] = json!(user.name);
        claims["preferred_username"] = json!(user.username);
    }
    Some(claims)
}

fn has_scope(code: &Code, scope: &str) -> bool {
    code.subject.scopes.iter().any(|known| known == scope)
}

/// The same person has another `sub` at each app (`OpenID` Connect Core, section
/// 8.1).
fn pairwise(client_id: &str, tenant: &str, user: &str) -> String {
    let hash = Sha256::digest(format!("{client_id}|{tenant}|{user}").as_bytes());
    URL_SAFE_NO_PAD.encode(hash)
}
