//! The consent page.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::http::Params;
use crate::page::{Consent, page, refusal};
use crate::slack::SlackForm;
use crate::slack::consent::selects;
use crate::slack::request::AuthorizeRequest;
use crate::world::World;

pub(crate) async fn authorize(
    State(world): State<Arc<World>>,
    RawQuery(query): RawQuery,
) -> Response {
    let params = Params::of_form(query.unwrap_or_default().as_bytes());
    let request = AuthorizeRequest::read(&params, &world.slack());
    match request {
        Ok(request) => consent_page(&world, &params, &request),
        Err((code, detail)) => refusal("Slack", code, detail),
    }
}

fn consent_page(world: &World, params: &Params, request: &AuthorizeRequest) -> Response {
    let mut scopes = vec![
        ("As a bot it may", request.bot_scopes.clone()),
        ("On your behalf it may", request.user_scopes.clone()),
    ];
    scopes.retain(|(_, names)| !names.is_empty());
    let consent = Consent {
        provider: "Slack",
        title: "Install this app to Slack?".to_owned(),
        client_id: &request.client_id,
        return_to: request.target.to_string(),
        action: format!("{}/oauth/v2/authorize/decision", world.slack_base()),
        hidden: params.keep(&SlackForm::CARRIED),
        scopes,
        selects: selects(request, &world.workspaces),
    };
    page(StatusCode::OK, &consent)
}
