//! `oauth.v2.access`: exchange of a code, and refresh; `oauth.v2.exchange`.

use axum::Json;
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::config::SlackApp;
use crate::http::{Credentials, CredentialsError, credentials};
use crate::record::TokenKind;
use crate::slack::installations::{Holder, Issued, Kind};
use crate::slack::method::{Call, Outcome};
use crate::slack::owner::Owner;
use crate::slack::reply::{self, Exchanged, Webhook};
use crate::slack::state::{Code, SlackState};
use crate::world::World;

pub(crate) fn access(world: &World, call: &Call) -> Outcome {
    call.require_post()?;
    let mut slack = world.slack();
    let app = authenticate_client(&slack, call)?;
    let reply = match call.params.get("grant_type") {
        None | Some("authorization_code") => exchange(world, &mut slack, &app, call)?,
        Some("refresh_token") => refresh(world, &mut slack, &app, call)?,
        Some(_) => return Err("invalid_grant_type"),
    };
    Ok(Json(reply).into_response())
}

/// A pair that rotates in place of a token that never expires ("oauth.v2.exchange
/// method").
pub(crate) fn exchange_long_lived(world: &World, call: &Call) -> Outcome {
    let mut slack = world.slack();
    let app = authenticate_client(&slack, call)?;
    if !app.rotation {
        return Err("token_rotation_not_enabled");
    }
    let value = call.params.get("token").ok_or("invalid_token")?;
    let now = world.clock.seconds();
    let pair = slack.installations.exchange(&app.client_id, value, now)?;
    Ok(Json(tell(world, &pair)?).into_response())
}

/// The app whose secret was presented.
pub(crate) fn authenticate_client(
    slack: &SlackState,
    call: &Call,
) -> Result<SlackApp, &'static str> {
    let Credentials { id, secret } =
        credentials(&call.headers, &call.params).map_err(|error| match error {
            CredentialsError::Missing => "invalid_client_id",
            CredentialsError::MalformedBasic | CredentialsError::TwoMethods => "invalid_arguments",
        })?;
    let app = slack.app(&id).ok_or("invalid_client_id")?;
    if secret.as_deref() == Some(&app.client_secret) {
        Ok(app.clone())
    } else {
        Err("bad_client_secret")
    }
}

fn exchange(
    world: &World,
    slack: &mut SlackState,
    app: &SlackApp,
    call: &Call,
) -> Result<Value, &'static str> {
    let now = world.clock.seconds();
    let value = call.params.get("code").ok_or("invalid_code")?;
    let code = slack
        .codes
        .get(value)
        .filter(|code| code.client_id == app.client_id);
    let code = code.ok_or("invalid_code")?.clone();
    if let Some(tokens) = &code.spent_on {
        // Two holders of one code: one of them stole it.
        for token in tokens {
            slack.installations.revoke_pair(token);
        }
        return Err("code_already_used");
    }
    if code.expires_at <= now {
        return Err("invalid_code");
    }
    if code.redirect_uri.as_deref() != call.params.get("redirect_uri") {
        return Err("bad_redirect_uri");
    }
    check_pkce(slack, &code, call.params.get("code_verifier"))?;
    install(world, slack, app, value, &code)
}

fn check_pkce(slack: &SlackState, code: &Code, verifier: Option<&str>) -> Result<(), &'static str> {
    let used = code.challenge.is_some() || verifier.is_some();
    if used && !slack.has_pkce(&code.client_id) {
        return Err("pkce_not_allowed");
    }
    let derived = verifier.map(|it| URL_SAFE_NO_PAD.encode(Sha256::digest(it.as_bytes())));
    if derived == code.challenge {
        Ok(())
    } else {
        Err("invalid_code_verifier")
    }
}

fn install(
    world: &World,
    slack: &mut SlackState,
    app: &SlackApp,
    value: &str,
    code: &Code,
) -> Result<Value, &'static str> {
    let owner = Owner::find(&world.workspaces, Some(&code.consented.owner));
    let owner = owner.ok_or("team_access_not_granted")?;
    let now = world.clock.seconds();
    let bot_user = reply::bot_user_id(&app.client_id, owner.id());
    let mut issue = |kind, user: &str, scopes: &[String]| {
        (!scopes.is_empty()).then(|| {
            let holder = holder(app, owner, kind, user);
            slack.installations.grant(&holder, scopes);
            let issued = slack.installations.issue(&holder, app.rotation, now);
            note(world, &holder, &issued);
            issued
        })
    };
    let exchanged = Exchanged {
        owner,
        client_id: &app.client_id,
        person: &code.consented.person,
        bot: issue(Kind::Bot, &bot_user, &code.bot_scopes),
        user: issue(Kind::User, &code.consented.person, &code.user_scopes),
        webhook: code
            .consented
            .channel
            .as_ref()
            .map(|it| Webhook::new(owner, it)),
    };
    if let Some(webhook) = &exchanged.webhook {
        slack
            .installations
            .add_hook(&webhook.path, &app.client_id, owner.id());
    }
    let tokens = [&exchanged.bot, &exchanged.user].into_iter().flatten();
    let tokens = tokens.map(|issued| issued.access_token.clone()).collect();
    if let Some(code) = slack.codes.get_mut(value) {
        code.spent_on = Some(tokens);
    }
    Ok(exchanged.reply(&world.slack_base()))
}

fn refresh(
    world: &World,
    slack: &mut SlackState,
    app: &SlackApp,
    call: &Call,
) -> Result<Value, &'static str> {
    let value = call
        .params
        .get("refresh_token")
        .ok_or("invalid_refresh_token")?;
    let now = world.clock.seconds();
    let pair = slack.installations.refresh(&app.client_id, value, now)?;
    tell(world, &pair)
}

/// The reply about a pair that was not made of a code.
fn tell(world: &World, (holder, issued): &(Holder, Issued)) -> Result<Value, &'static str> {
    let owner = Owner::find(&world.workspaces, Some(&holder.owner));
    let owner = owner.ok_or("team_access_not_granted")?;
    note(world, holder, issued);
    Ok(reply::refreshed(owner, holder, issued))
}

/// Remembers what was issued, so that the record can name it.
fn note(world: &World, holder: &Holder, issued: &Issued) {
    let whose = [&holder.client_id, &holder.owner, &holder.user].map(String::as_str);
    let (access, refresh) = match holder.kind {
        Kind::Bot => (TokenKind::SlackBot, TokenKind::SlackBotRefresh),
        Kind::User => (TokenKind::SlackUser, TokenKind::SlackUserRefresh),
    };
    world.marks.note(&issued.access_token, access, whose);
    if let Some((refresh_token, _)) = &issued.rotation {
        world.marks.note(refresh_token, refresh, whose);
    }
}

fn holder(app: &SlackApp, owner: Owner<'_>, kind: Kind, user: &str) -> Holder {
    Holder {
        client_id: app.client_id.clone(),
        owner: owner.id().to_owned(),
        kind,
        user: user.to_owned(),
    }
}
