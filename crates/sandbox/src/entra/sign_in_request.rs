//! A sign-in request, checked the same way when the page is shown and when its
//! form comes back.

use crate::entra::pkce::Challenge;
use crate::entra::problem::{Problem, Refused};
use crate::entra::registration::Registered;
use crate::entra::tenant_path::TenantPath;
use crate::http::Params;
use crate::world::World;

/// What an app asks for ("OAuth 2.0 authorization code flow",
/// learn.microsoft.com).
#[derive(Debug)]
pub(crate) struct SignInRequest<'a> {
    pub(crate) path: TenantPath<'a>,
    pub(crate) registered: Registered,
    pub(crate) scopes: Vec<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: Option<Challenge>,
    pub(crate) silent: bool,
}

impl<'a> SignInRequest<'a> {
    /// Client and redirect URI come first; once they are good, errors go back
    /// to the app.
    pub(crate) fn read(world: &'a World, segment: &str, params: &Params) -> Result<Self, Refused> {
        let path = TenantPath::read(&world.tenants, segment).map_err(Refused::Page)?;
        let registered = Registered::read(world, params).map_err(Refused::Page)?;
        match read_rest(params) {
            Ok((scopes, challenge, silent)) => {
                let nonce = params.get("nonce").map(str::to_owned);
                Ok(Self {
                    path,
                    registered,
                    scopes,
                    nonce,
                    challenge,
                    silent,
                })
            }
            Err(problem) => Err(registered.refuse(params, problem)),
        }
    }
}

type Rest = (Vec<String>, Option<Challenge>, bool);

fn read_rest(params: &Params) -> Result<Rest, Problem> {
    let invalid = |text| Problem::new("invalid_request", 900_144, text);
    match params.get("response_type") {
        Some("code") => {}
        None => return Err(invalid("The request must contain response_type.")),
        Some(_) => {
            let text = "The response_type is not supported here; code is.";
            return Err(Problem::new("unsupported_response_type", 70_005, text));
        }
    }
    if !matches!(params.get("response_mode"), None | Some("query")) {
        return Err(invalid(
            "The response_mode is not offered by the sandbox; query is.",
        ));
    }
    let scopes: Vec<String> = params
        .get("scope")
        .unwrap_or_default()
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    if scopes.is_empty() {
        return Err(invalid("The request must contain scope."));
    }
    let silent = match params.get("prompt") {
        None | Some("login" | "consent" | "select_account") => false,
        Some("none") => true,
        Some(_) => return Err(invalid("The prompt is not a known one.")),
    };
    Ok((scopes, Challenge::read(params)?, silent))
}
