//! A code for tokens.

use axum::Json;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::entra::id_token::id_token;
use crate::entra::pkce;
use crate::entra::problem::Problem;
use crate::entra::state::{AccessToken, Code, EntraState, Subject};
use crate::entra::token::{TokenRequest, missing};
use crate::random;
use crate::record::TokenKind;

pub(crate) fn redeem(request: &TokenRequest<'_>) -> Result<Response, Problem> {
    let now = request.world.clock.seconds();
    let value = request
        .params
        .get("code")
        .ok_or(missing("The request must contain code."))?;
    let mut entra = request.world.entra();
    let code = check(request, &mut entra, value, now)?;
    let (mut reply, tokens) = issue(request, &mut entra, &code.subject, now);
    if let Some(code) = entra.codes.get_mut(value) {
        code.spent_on = Some(tokens);
    }
    drop(entra);
    if let Some(id_token) = id_token(request.world, &code, request.fault) {
        reply["id_token"] = json!(id_token);
    }
    Ok(no_store(&reply))
}

/// The code, if this client may redeem it here and now.
fn check(
    request: &TokenRequest<'_>,
    entra: &mut EntraState,
    value: &str,
    now: i64,
) -> Result<Code, Problem> {
    let invalid = |number, text| Problem::new("invalid_grant", number, text);
    let code = entra
        .codes
        .get(value)
        .filter(|code| code.client_id == request.app.client_id);
    let code = code
        .cloned()
        .ok_or(invalid(70_000, "The code is not valid."))?;
    if !request.path.includes(&code.subject.tenant) {
        return Err(invalid(70_000, "The code was issued for another tenant."));
    }
    entra.check_enabled(&code.client_id, &code.subject.tenant)?;
    if let Some(tokens) = &code.spent_on {
        // Two holders of one code: one of them stole it (RFC 6749, section 4.1.2).
        entra.revoke(tokens);
        return Err(invalid(54_005, "The code was already redeemed."));
    }
    if code.expires_at <= now {
        return Err(invalid(70_008, "The code has expired."));
    }
    if request.params.get("redirect_uri") != Some(&code.redirect_uri) {
        let text = "The redirect_uri is not the one of the authorization request.";
        return Err(invalid(500_112, text));
    }
    pkce::verify(code.challenge.as_ref(), request.params.get("code_verifier"))?;
    Ok(code)
}

/// A reply without `id_token`, and the tokens in it. Access tokens for Graph
/// are opaque: whoever parses one shall fail.
pub(crate) fn issue(
    request: &TokenRequest<'_>,
    entra: &mut EntraState,
    subject: &Subject,
    now: i64,
) -> (Value, Vec<String>) {
    let client_id = request.app.client_id.as_str();
    let whose = [client_id, &subject.tenant, &subject.user];
    let marks = &request.world.marks;
    let access_token = format!("EwB{}", random::token(180));
    // "Access tokens in the Microsoft identity platform": 60 to 90 minutes.
    let expires_in = 3600 + i64::from(random::below(1800));
    let token = AccessToken {
        tenant: subject.tenant.clone(),
        user: Some(subject.user.clone()),
        permissions: subject.scopes.clone(),
        expires_at: now + expires_in,
    };
    entra.insert_access_token(&access_token, token);
    marks.note(&access_token, TokenKind::EntraUser, whose);
    let shown = |scope: &&String| scope.as_str() != "offline_access";
    let scopes: Vec<&str> = subject
        .scopes
        .iter()
        .filter(shown)
        .map(String::as_str)
        .collect();
    let mut reply = json!({
        "token_type": "Bearer",
        "scope": scopes.join(" "),
        "expires_in": expires_in,
        "ext_expires_in": expires_in,
        "access_token": access_token,
    });
    let mut tokens = vec![access_token];
    if subject.scopes.iter().any(|scope| scope == "offline_access") {
        let refresh_token = entra.issue_refresh_token(client_id, subject, now);
        marks.note(&refresh_token, TokenKind::EntraRefresh, whose);
        reply["refresh_token"] = json!(refresh_token);
        tokens.push(refresh_token);
    }
    (reply, tokens)
}

/// Tokens are not for caches (RFC 6749, section 5.1).
pub(crate) fn no_store(reply: &Value) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(reply)).into_response()
}
