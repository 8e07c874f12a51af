//! Admin consent, version 2 ("Admin consent on the Microsoft identity
//! platform"). No code, no nonce, no PKCE: what comes back proves nothing.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::directory::{Tenant, TenantUser, find_user};
use crate::entra::EntraForm;
use crate::entra::problem::{Problem, Refused};
use crate::entra::registration::{DECLINED, FOREIGN_USER, NO_DECISION, Registered};
use crate::entra::session::{remember, remembered};
use crate::entra::tenant_path::TenantPath;
use crate::http::{Params, redirect_with};
use crate::page::{Choice, Consent, Group, Select, page};
use crate::world::World;

pub(crate) async fn show(
    State(world): State<Arc<World>>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let params = Params::of_form(query.unwrap_or_default().as_bytes());
    match read(&world, &tenant, &params) {
        Ok((path, registered)) => {
            let last = remembered(&headers, path.tenants()).map(|(tenant, _)| tenant.id.as_str());
            consent_page(&world, &tenant, path, &registered, &params, last)
        }
        Err(problem) => problem.page(),
    }
}

pub(crate) async fn decide(
    State(world): State<Arc<World>>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = Params::of_form(&body);
    decision(&world, &tenant, &headers, &params)
        .unwrap_or_else(|refused| refused.answer(&world, true))
}

fn read<'a>(
    world: &'a World,
    tenant: &str,
    params: &Params,
) -> Result<(TenantPath<'a>, Registered), Problem> {
    let path = TenantPath::read(&world.tenants, tenant)?;
    if matches!(path, TenantPath::Common(_)) {
        let text = "Admin consent is for organizations; common cannot be used here.";
        return Err(Problem::new("invalid_request", 50_194, text));
    }
    let registered = Registered::read(world, params)?;
    let scope = params.get("scope").unwrap_or_default();
    if !is_default_scope(world, scope) {
        let text = "The scope is not valid: only {graph}/.default asks for what is registered.";
        return Err(Problem::new("invalid_scope", 70_011, text));
    }
    Ok((path, registered))
}

/// Everything in the registration, which is the only way to application
/// permissions; of this cloud's Graph or of the sandbox's own.
pub(crate) fn is_default_scope(world: &World, scope: &str) -> bool {
    let resource = scope.strip_suffix("/.default");
    resource.is_some_and(|it| it == "https://graph.microsoft.com" || it == world.graph_base())
}

fn decision(
    world: &World,
    tenant: &str,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Response, Refused> {
    let (path, registered) = read(world, tenant, params).map_err(Refused::Page)?;
    match params.get(EntraForm::DECISION) {
        Some(EntraForm::ALLOW) => {}
        Some(EntraForm::CANCEL) => return Err(registered.refuse(params, DECLINED)),
        _ => return Err(Refused::Page(NO_DECISION)),
    }
    let (tenant, user) =
        chosen(path, headers, params).ok_or_else(|| registered.refuse(params, FOREIGN_USER))?;
    if !user.admin {
        let text = "This application needs admin approval: only an administrator of the \
                    organization can grant it.";
        return Err(Refused::Page(Problem::new("access_denied", 90_094, text)));
    }
    world.entra().consent(&registered.client_id, &tenant.id);
    Ok(remember(granted(&registered, tenant, params), &user.id))
}

/// The tenant and its user that the form names, or their defaults.
fn chosen<'a>(
    path: TenantPath<'a>,
    headers: &HeaderMap,
    params: &Params,
) -> Option<(&'a Tenant, &'a TenantUser)> {
    let tenants = path.tenants();
    let person = params.get(EntraForm::PERSON);
    let tenant = match (params.get(EntraForm::TENANT), person) {
        (Some(id), _) => tenants.iter().find(|tenant| tenant.id == id)?,
        (None, Some(person)) => find_user(tenants, person)?.0,
        (None, None) => remembered(headers, tenants)
            .map_or_else(|| tenants.first(), |(tenant, _)| Some(tenant))?,
    };
    let mut users = tenant.users.iter();
    let user = match person {
        Some(person) => users.find(|user| user.id == person)?,
        None => users.find(|user| user.admin)?,
    };
    Some((tenant, user))
}

fn granted(registered: &Registered, tenant: &Tenant, params: &Params) -> Response {
    let mut pairs = vec![
        ("admin_consent", "True"),
        ("tenant", tenant.id.as_str()),
        ("scope", params.get("scope").unwrap_or_default()),
    ];
    pairs.extend(params.get("state").map(|state| ("state", state)));
    redirect_with(&registered.target, &pairs)
}

fn consent_page(
    world: &World,
    segment: &str,
    path: TenantPath<'_>,
    registered: &Registered,
    params: &Params,
    last: Option<&str>,
) -> Response {
    let tenant = Choice::of_tenants(path.tenants(), last);
    let consent = Consent {
        provider: "Microsoft Entra",
        title: "Accept this app for your organization?".to_owned(),
        client_id: &registered.client_id,
        return_to: registered.target.to_string(),
        action: format!(
            "{}/{segment}/v2.0/adminconsent/decision",
            world.entra_base()
        ),
        hidden: params.keep(&EntraForm::CARRIED),
        scopes: vec![(
            "It may",
            vec![params.get("scope").unwrap_or_default().to_owned()],
        )],
        selects: vec![
            Select {
                name: EntraForm::TENANT,
                label: "Organization",
                default: None,
                groups: vec![Group {
                    label: "Tenants".to_owned(),
                    choices: tenant,
                }],
            },
            Select {
                name: EntraForm::PERSON,
                label: "You are",
                default: Some("the first administrator listed there"),
                groups: Group::of_users(path.tenants(), None),
            },
        ],
    };
    page(StatusCode::OK, &consent)
}
