//! The Microsoft Entra side: "Admin consent on the Microsoft identity
//! platform" and the pages about its OAuth 2.0 flows (learn.microsoft.com).

mod admin_consent;
mod authorize;
mod client_credentials;
mod code_grant;
mod id_token;
mod id_token_fault;
mod metadata;
mod pkce;
mod problem;
mod refresh_grant;
mod registration;
mod session;
mod sign_in_request;
mod state;
mod tenant_path;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

pub(crate) use metadata::rogue_keys;
pub(crate) use state::{AccessToken, EntraState};

use crate::world::World;

/// The forms of Entra's pages: admin consent posts to
/// `{entra}/{tenant}/v2.0/adminconsent/decision`, sign-in to
/// `{entra}/{tenant}/oauth2/v2.0/authorize/decision`.
///
/// Hidden inputs of the names in [`CARRIED`](Self::CARRIED) hold the original
/// query; without them the form is refused. All else may be left out or empty.
#[derive(Debug, Clone, Copy)]
pub struct EntraForm;

impl EntraForm {
    /// Admin consent only: the GUID of the tenant. Empty: the tenant of the
    /// path or of the chosen person, else of whoever used this browser last,
    /// else the first.
    pub const TENANT: &'static str = "tenant";
    /// The object id of a user. Empty: for consent the first administrator of
    /// the tenant; for sign-in whoever used this browser last, else the first.
    pub const PERSON: &'static str = "person";
    /// [`ALLOW`](Self::ALLOW) or [`CANCEL`](Self::CANCEL); required.
    pub const DECISION: &'static str = "decision";
    /// Grants what is asked.
    pub const ALLOW: &'static str = "allow";
    /// Sends the browser back with `error=access_denied`.
    pub const CANCEL: &'static str = "cancel";
    /// The parameters of the original request that the forms carry along.
    pub const CARRIED: [&'static str; 11] = [
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "response_type",
        "response_mode",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "prompt",
        "login_hint",
    ];
}

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/{tenant}/v2.0/adminconsent", get(admin_consent::show))
        .route(
            "/{tenant}/v2.0/adminconsent/decision",
            post(admin_consent::decide),
        )
        .route("/{tenant}/oauth2/v2.0/authorize", get(authorize::show))
        .route(
            "/{tenant}/oauth2/v2.0/authorize/decision",
            post(authorize::decide),
        )
        .route("/{tenant}/oauth2/v2.0/token", post(token::token))
        .route("/{tenant}/discovery/v2.0/keys", get(metadata::keys))
        .route(
            "/{tenant}/v2.0/.well-known/openid-configuration",
            get(metadata::discovery),
        )
}
