//! What is checked first: without it there is nowhere to redirect to.

use url::Url;

use crate::entra::problem::{Problem, Refused};
use crate::http::Params;
use crate::world::World;

/// A known client and one of its own redirect URIs.
#[derive(Debug, Clone)]
pub(crate) struct Registered {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) target: Url,
}

impl Registered {
    /// The redirect URI must equal a registered one, case included ("Redirect
    /// URI restrictions and limitations", learn.microsoft.com).
    pub(crate) fn read(world: &World, params: &Params) -> Result<Self, Problem> {
        if params.repeated().is_some() {
            let text = "A parameter occurs more than once.";
            return Err(Problem::new("invalid_request", 900_144, text));
        }
        let client_id = params.get("client_id").ok_or(Problem::new(
            "invalid_request",
            900_144,
            "The request must contain client_id.",
        ))?;
        let redirect_uri = params.get("redirect_uri").unwrap_or_default();
        let entra = world.entra();
        let app = entra.app(client_id).ok_or(UNKNOWN_CLIENT)?;
        let known = app.redirect_uris.iter().any(|known| known == redirect_uri);
        let target = Url::parse(redirect_uri)
            .ok()
            .filter(|_| known)
            .ok_or(Problem::new(
                "invalid_request",
                50_011,
                "The redirect_uri does not match one that is registered for the application.",
            ))?;
        Ok(Self {
            client_id: client_id.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            target,
        })
    }

    pub(crate) fn refuse(&self, params: &Params, problem: Problem) -> Refused {
        Refused::Redirect {
            target: Box::new(self.target.clone()),
            state: params.get("state").map(str::to_owned),
            problem,
        }
    }
}

/// No such application, or none in this directory.
pub(crate) const UNKNOWN_CLIENT: Problem = Problem::new(
    "unauthorized_client",
    700_016,
    "The application was not found in the directory. Nobody there has installed it or \
     consented to it.",
);

/// An administrator of the directory has switched the application off.
pub(crate) const DISABLED: Problem = Problem::new(
    "unauthorized_client",
    7_000_112,
    "The application is disabled in the directory.",
);

/// The person said no.
pub(crate) const DECLINED: Problem = Problem::new(
    "access_denied",
    65_004,
    "The user declined to consent to access the app.",
);

/// The person is of another directory.
pub(crate) const FOREIGN_USER: Problem = Problem::new(
    "access_denied",
    50_020,
    "The user account does not exist in this tenant and cannot access the application there.",
);

/// The form was filled in by something other than the page.
pub(crate) const NO_DECISION: Problem = Problem::new(
    "invalid_request",
    900_144,
    "The decision must be allow or cancel.",
);
