//! The first page: what this sandbox offers.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use crate::directory::{Tenant, Workspace};
use crate::page::page;
use crate::world::World;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new().route("/", get(index))
}

#[derive(Debug, Template)]
#[template(path = "index.html")]
struct Index<'a> {
    origin: &'a str,
    slack: String,
    entra: String,
    graph: String,
    bot_framework: String,
    workspaces: &'a [Workspace],
    tenants: &'a [Tenant],
}

async fn index(State(world): State<Arc<World>>) -> Response {
    let index = Index {
        origin: &world.origin,
        slack: world.slack_base(),
        entra: world.entra_base(),
        graph: world.graph_base(),
        bot_framework: world.bot_framework_base(),
        workspaces: &world.workspaces,
        tenants: &world.tenants,
    };
    page(StatusCode::OK, &index)
}
