//! `auth.test`, `auth.revoke` and `apps.uninstall`.

use axum::Json;
use axum::response::IntoResponse;
use serde_json::json;

use crate::slack::access::authenticate_client;
use crate::slack::events;
use crate::slack::installations::{Kind, Token};
use crate::slack::method::{Call, Outcome};
use crate::slack::owner::Owner;
use crate::world::World;

/// Who the token speaks for ("auth.test method"); its scopes are in a header.
pub(crate) fn test(world: &World, call: &Call) -> Outcome {
    let token = live_token(world, call)?;
    let owner = Owner::find(&world.workspaces, Some(&token.holder.owner));
    let owner = owner.ok_or("invalid_auth")?;
    let person = owner.person(Some(&token.holder.user));
    let mut reply = json!({
        "ok": true,
        "url": format!("{}/", world.slack_base()),
        "team": owner.name(),
        "team_id": owner.id(),
        "user": person.map_or("sandbox_bot", |person| &person.name),
        "user_id": token.holder.user,
        "is_enterprise_install": matches!(owner, Owner::Organization(..)),
    });
    if token.holder.kind == Kind::Bot {
        reply["bot_id"] = json!(format!("B{}", token.holder.user.trim_start_matches('U')));
    }
    if let Some(organization) = owner.organization() {
        reply["enterprise_id"] = json!(organization.id);
    }
    Ok(([("x-oauth-scopes", token.scope)], Json(reply)).into_response())
}

/// Ends one token, and the authorization with it unless the token rotates; with
/// `test=1` it only says what it would do ("auth.revoke method").
pub(crate) fn revoke(world: &World, call: &Call) -> Outcome {
    live_token(world, call)?;
    let revoked = call
        .params
        .get("test")
        .is_none_or(|test| !matches!(test, "1" | "true"));
    if revoked {
        events::end_authorization(world, &mut world.slack(), call.token()?);
    }
    Ok(Json(json!({ "ok": true, "revoked": revoked })).into_response())
}

/// Ends every token of the installation ("apps.uninstall method").
pub(crate) fn uninstall(world: &World, call: &Call) -> Outcome {
    call.require_post()?;
    let token = live_token(world, call)?;
    let mut slack = world.slack();
    let app = authenticate_client(&slack, call)?;
    if token.holder.client_id != app.client_id {
        return Err("client_id_token_mismatch");
    }
    if !slack.may_uninstall(&token.holder) {
        return Err("no_permission");
    }
    events::uninstall(world, &mut slack, &app.client_id, &token.holder.owner);
    Ok(Json(json!({ "ok": true })).into_response())
}

fn live_token(world: &World, call: &Call) -> Result<Token, &'static str> {
    let now = world.clock.seconds();
    world
        .slack()
        .installations
        .authenticate(call.token()?, now)
        .cloned()
}
