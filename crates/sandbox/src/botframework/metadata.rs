//! What a bot fetches to check what it is told.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::ISSUER;
use crate::keys::{Family, key};
use crate::world::World;

/// The `OpenID` metadata document. There is nothing to sign in to.
pub(super) async fn discovery(State(world): State<Arc<World>>) -> Json<Value> {
    let base = world.bot_framework_base();
    Json(json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://invalid.botframework.com",
        "jwks_uri": format!("{base}/v1/.well-known/keys"),
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
    }))
}

/// The keys, each with the channels for which it may sign. One of them is not
/// for Teams.
pub(super) async fn keys(State(world): State<Arc<World>>) -> Json<Value> {
    let endorsed = |mut jwk: Value, channels: &[&str]| {
        jwk["endorsements"] = json!(channels);
        jwk
    };
    let teams = world.bot_keys.published().into_iter();
    let mut keys: Vec<Value> = teams
        .map(|jwk| endorsed(jwk, &["msteams", "webchat"]))
        .collect();
    let other = key(Family::OtherChannels, 0).jwk();
    keys.push(endorsed(other, &["webchat", "directline"]));
    Json(json!({ "keys": keys }))
}
