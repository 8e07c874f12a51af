//! The token endpoint.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;

use crate::config::EntraApp;
use crate::entra::problem::Problem;
use crate::entra::registration::UNKNOWN_CLIENT;
use crate::entra::tenant_path::TenantPath;
use crate::entra::{client_credentials, code_grant, refresh_grant};
use crate::fault::{AskedIdTokenFault, IdTokenFault};
use crate::http::{Credentials, CredentialsError, FORM, Params, credentials, has_content_type};
use crate::world::World;

/// A request of an authenticated client.
#[derive(Debug)]
pub(crate) struct TokenRequest<'a> {
    pub(crate) world: &'a World,
    pub(crate) path: TenantPath<'a>,
    pub(crate) app: EntraApp,
    pub(crate) params: Params,
    pub(crate) fault: Option<IdTokenFault>,
}

pub(crate) async fn token(
    State(world): State<Arc<World>>,
    Path(segment): Path<String>,
    fault: Option<Extension<AskedIdTokenFault>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fault = fault.map(|Extension(AskedIdTokenFault(fault))| fault);
    read(&world, &segment, &headers, &body)
        .map(|request| TokenRequest { fault, ..request })
        .and_then(|request| grant(&request))
        .unwrap_or_else(|problem| problem.reply(&world))
}

fn grant(request: &TokenRequest<'_>) -> Result<Response, Problem> {
    match request.params.get("grant_type") {
        Some("authorization_code") => code_grant::redeem(request),
        Some("refresh_token") => refresh_grant::refresh(request),
        Some("client_credentials") => client_credentials::issue(request),
        Some(_) => {
            let text = "The grant_type is not supported.";
            Err(Problem::new("unsupported_grant_type", 70_003, text))
        }
        None => Err(missing("The request body must contain grant_type.")),
    }
}

fn read<'a>(
    world: &'a World,
    segment: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<TokenRequest<'a>, Problem> {
    if headers.contains_key(header::ORIGIN) {
        let text = "Tokens issued for the Single-Page Application client-type may be redeemed by \
                    cross-origin requests, those of this client may not.";
        return Err(Problem::new("invalid_request", 9_002_326, text));
    }
    if !has_content_type(headers, FORM) {
        return Err(missing("The request body must be a form."));
    }
    let params = Params::of_form(body);
    if params.repeated().is_some() {
        return Err(missing("A parameter occurs more than once."));
    }
    let path = TenantPath::read(&world.tenants, segment)?;
    let app = authenticate(world, headers, &params, path)?;
    Ok(TokenRequest {
        world,
        path,
        app,
        params,
        fault: None,
    })
}

fn authenticate(
    world: &World,
    headers: &HeaderMap,
    params: &Params,
    path: TenantPath<'_>,
) -> Result<EntraApp, Problem> {
    let Credentials { id, secret } = credentials(headers, params).map_err(|error| match error {
        CredentialsError::Missing => missing("The request body must contain client_id."),
        CredentialsError::MalformedBasic | CredentialsError::TwoMethods => {
            missing("The client credentials are malformed or given twice.")
        }
    })?;
    let mut entra = world.entra();
    // Who asks for the app itself is looked up in the directory before the secret is looked at.
    if let (Some("client_credentials"), Some(tenant)) = (params.get("grant_type"), path.one()) {
        if !entra.finds_app(&id, &tenant.id) {
            return Err(UNKNOWN_CLIENT);
        }
        entra.check_enabled(&id, &tenant.id)?;
    }
    let app = entra.app(&id).ok_or(UNKNOWN_CLIENT)?;
    match secret {
        None => {
            let text = "The request must contain client_secret or client_assertion.";
            Err(Problem::new("invalid_client", 7_000_218, text))
        }
        Some(secret) if secret != app.client_secret => {
            let text = "An invalid client secret was provided.";
            Err(Problem::new("invalid_client", 7_000_215, text))
        }
        Some(_) if entra.has_expired_secret(&id) => {
            let text = "The provided client secret keys are expired.";
            Err(Problem::new("invalid_client", 7_000_222, text))
        }
        Some(_) => Ok(app.clone()),
    }
}

pub(crate) fn missing(text: &'static str) -> Problem {
    Problem::new("invalid_request", 900_144, text)
}
