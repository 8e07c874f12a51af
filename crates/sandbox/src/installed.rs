//! The page on which a person sees where apps are installed, and removes them,
//! as an administrator does on pages of the real providers.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::botframework::{self, BotActivity};
use crate::http::{Params, redirect_to};
use crate::page::{page, refusal};
use crate::slack::{self, events};
use crate::world::World;

/// The form of the page, which posts to `/installed/remove`.
#[derive(Debug, Clone, Copy)]
pub struct RemovalForm;

impl RemovalForm {
    /// The client id of the app.
    pub const APP: &'static str = "app";
    /// The id of the workspace or organization (`T…`, `E…`), or of the tenant.
    pub const PLACE: &'static str = "place";
}

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/installed", get(show))
        .route("/installed/remove", post(remove))
}

#[derive(Debug, Template)]
#[template(path = "installed.html")]
struct Installed {
    installations: Vec<Installation>,
}

/// An app in a workspace, an organization or a tenant.
#[derive(Debug)]
struct Installation {
    app: String,
    place: String,
    name: String,
}

async fn show(State(world): State<Arc<World>>) -> Response {
    let of_slack = world.slack().installations.places();
    let of_slack = of_slack.into_iter().map(|(app, place)| Installation {
        name: slack::name_of(&world.workspaces, &place),
        app,
        place,
    });
    let of_entra = world.entra().consents();
    let of_entra = of_entra.into_iter().map(|(app, place)| Installation {
        name: tenant_name(&world, &place),
        app,
        place,
    });
    let installations = of_slack.chain(of_entra).collect();
    page(StatusCode::OK, &Installed { installations })
}

/// The app goes, and is told so: by Slack, or as a bot by the Bot Framework.
async fn remove(State(world): State<Arc<World>>, headers: HeaderMap, body: Bytes) -> Response {
    if is_from_elsewhere(&headers) {
        return (StatusCode::FORBIDDEN, "only the sandbox's own page removes").into_response();
    }
    let params = Params::of_form(&body);
    let (Some(app), Some(place)) = (params.get(RemovalForm::APP), params.get(RemovalForm::PLACE))
    else {
        let detail = "The form names no app, or no place.";
        return refusal("a provider", "invalid_arguments", detail);
    };
    if world.entra().has_consent(app, place) {
        world.entra().withdraw_consent(app, place);
        let removed = BotActivity::uninstalled(app, place);
        let letter = botframework::letter(&world, &removed);
        world.outbox.send(Vec::from_iter(letter));
    } else {
        events::uninstall(&world, &mut world.slack(), app, place);
    }
    redirect_to("/installed")
}

/// Browsers say of a request whose page has sent it (Fetch Metadata, W3C). Its
/// `Origin` says nothing here: pages that send no referrer send none either.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site");
    site.is_some_and(|site| site != "same-origin")
}

fn tenant_name(world: &World, id: &str) -> String {
    let mut tenants = world.tenants.iter();
    let tenant = tenants.find(|tenant| tenant.id == id);
    tenant.map_or_else(String::new, |tenant| tenant.name.clone())
}
