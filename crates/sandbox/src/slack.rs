//! The Slack side: "Installing with OAuth" and the methods around it
//! (docs.slack.dev).

mod access;
mod authorize;
mod consent;
mod decision;
pub(crate) mod events;
mod installations;
mod method;
mod owner;
mod redirect_uri;
mod reply;
mod request;
mod state;
mod token_methods;
mod webhook;

use std::sync::Arc;

use axum::Router;
use axum::routing::{any, get, post};

pub use events::{EventFlaw, EventOrder, SlackEvent, SlackEventKind, SlackEvents};
pub(crate) use state::SlackState;
pub use state::Uninstallers;

use crate::directory::Workspace;
use crate::slack::owner::Owner;
use crate::world::World;

/// The form of Slack's consent page, which posts to
/// `{slack}/oauth/v2/authorize/decision`.
///
/// Hidden inputs of the names in [`CARRIED`](Self::CARRIED) hold the original
/// query; without them the form is refused. All else may be left out or empty.
#[derive(Debug, Clone, Copy)]
pub struct SlackForm;

impl SlackForm {
    /// The id of a workspace (`T…`) or of an organization (`E…`), where the
    /// latter installs to the whole organization. Empty: the first workspace.
    pub const WORKSPACE: &'static str = "workspace";
    /// The id of a member. Empty: the first member of what was chosen.
    pub const PERSON: &'static str = "person";
    /// The id of a channel, offered when `incoming-webhook` is asked for.
    /// Empty: the first channel of what was chosen.
    pub const CHANNEL: &'static str = "channel";
    /// [`ALLOW`](Self::ALLOW) or [`CANCEL`](Self::CANCEL); required.
    pub const DECISION: &'static str = "decision";
    /// Grants what is asked.
    pub const ALLOW: &'static str = "allow";
    /// Sends the browser back with `error=access_denied`.
    pub const CANCEL: &'static str = "cancel";
    /// The parameters of the authorize request that the form carries along.
    pub const CARRIED: [&'static str; 8] = [
        "client_id",
        "scope",
        "user_scope",
        "redirect_uri",
        "state",
        "team",
        "code_challenge",
        "code_challenge_method",
    ];
}

/// What people call a workspace or an organization; empty if there is none.
pub(crate) fn name_of(workspaces: &[Workspace], id: &str) -> String {
    let owner = Owner::find(workspaces, Some(id));
    owner.map_or_else(String::new, |owner| owner.name().to_owned())
}

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/oauth/v2/authorize", get(authorize::authorize))
        .route("/oauth/v2/authorize/decision", post(decision::decide))
        .route("/api/{method}", any(method::call))
        .route("/services/{team}/{hook}/{secret}", post(webhook::receive))
}
