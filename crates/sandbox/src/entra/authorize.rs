//! The sign-in page.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::directory::{Tenant, TenantUser, find_user};
use crate::entra::EntraForm;
use crate::entra::problem::{Problem, Refused};
use crate::entra::registration::{DECLINED, FOREIGN_USER, NO_DECISION};
use crate::entra::session::{remember, remembered};
use crate::entra::sign_in_request::SignInRequest;
use crate::http::{Params, redirect_with};
use crate::page::{Consent, Group, Select, page};
use crate::record::TokenKind;
use crate::world::World;

pub(crate) async fn show(
    State(world): State<Arc<World>>,
    Path(segment): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let params = Params::of_form(query.unwrap_or_default().as_bytes());
    answer(&world, &segment, &headers, &params)
        .unwrap_or_else(|refused| refused.answer(&world, false))
}

pub(crate) async fn decide(
    State(world): State<Arc<World>>,
    Path(segment): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = Params::of_form(&body);
    decision(&world, &segment, &headers, &params)
        .unwrap_or_else(|refused| refused.answer(&world, false))
}

fn answer(
    world: &World,
    segment: &str,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Response, Refused> {
    let request = SignInRequest::read(world, segment, params)?;
    let last = remembered(headers, request.path.tenants());
    if !request.silent {
        let hinted = params
            .get("login_hint")
            .and_then(|hint| by_username(&request, hint));
        let selected = hinted.or(last).map(|(_, user)| user.id.as_str());
        return Ok(sign_in_page(world, segment, &request, params, selected));
    }
    let text = "A silent sign-in was asked for, but nobody is signed in.";
    let nobody = Problem::new("login_required", 50_058, text);
    let (tenant, user) = last.ok_or_else(|| request.registered.refuse(params, nobody))?;
    signed_in(world, &request, params, tenant, user)
}

fn decision(
    world: &World,
    segment: &str,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Response, Refused> {
    let request = SignInRequest::read(world, segment, params)?;
    match params.get(EntraForm::DECISION) {
        Some(EntraForm::ALLOW) => {}
        Some(EntraForm::CANCEL) => return Err(request.registered.refuse(params, DECLINED)),
        _ => return Err(Refused::Page(NO_DECISION)),
    }
    let tenants = request.path.tenants();
    let chosen = match params.get(EntraForm::PERSON) {
        Some(person) => find_user(tenants, person),
        None => remembered(headers, tenants).or_else(|| first(tenants)),
    };
    let (tenant, user) = chosen.ok_or_else(|| request.registered.refuse(params, FOREIGN_USER))?;
    signed_in(world, &request, params, tenant, user)
}

fn first(tenants: &[Tenant]) -> Option<(&Tenant, &TenantUser)> {
    let tenant = tenants.first()?;
    Some((tenant, tenant.users.first()?))
}

fn by_username<'a>(
    request: &SignInRequest<'a>,
    hint: &str,
) -> Option<(&'a Tenant, &'a TenantUser)> {
    request.path.tenants().iter().find_map(|tenant| {
        let user = tenant
            .users
            .iter()
            .find(|it| it.username.eq_ignore_ascii_case(hint))?;
        Some((tenant, user))
    })
}

fn signed_in(
    world: &World,
    request: &SignInRequest<'_>,
    params: &Params,
    tenant: &Tenant,
    user: &TenantUser,
) -> Result<Response, Refused> {
    let now = world.clock.seconds();
    let client_id = &request.registered.client_id;
    let mut entra = world.entra();
    entra
        .check_enabled(client_id, &tenant.id)
        .map_err(Refused::Page)?;
    let code = entra.issue_code(request, &tenant.id, &user.id, now);
    let whose = [client_id, &tenant.id, &user.id].map(String::as_str);
    world.marks.note(&code, TokenKind::EntraCode, whose);
    let mut pairs = vec![("code", code.as_str())];
    pairs.extend(params.get("state").map(|state| ("state", state)));
    let back = redirect_with(&request.registered.target, &pairs);
    Ok(remember(back, &user.id))
}

fn sign_in_page(
    world: &World,
    segment: &str,
    request: &SignInRequest<'_>,
    params: &Params,
    selected: Option<&str>,
) -> Response {
    let consent = Consent {
        provider: "Microsoft Entra",
        title: "Sign in and accept this app?".to_owned(),
        client_id: &request.registered.client_id,
        return_to: request.registered.target.to_string(),
        action: format!(
            "{}/{segment}/oauth2/v2.0/authorize/decision",
            world.entra_base()
        ),
        hidden: params.keep(&EntraForm::CARRIED),
        scopes: vec![("It may", request.scopes.clone())],
        selects: vec![Select {
            name: EntraForm::PERSON,
            label: "You are",
            default: None,
            groups: Group::of_users(request.path.tenants(), selected),
        }],
    };
    page(StatusCode::OK, &consent)
}
