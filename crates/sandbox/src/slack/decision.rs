//! What the person decided.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;

use crate::http::{Params, redirect_with};
use crate::page::refusal;
use crate::record::TokenKind;
use crate::slack::SlackForm;
use crate::slack::owner::Owner;
use crate::slack::request::{AuthorizeRequest, Refused};
use crate::slack::state::Consented;
use crate::world::World;

pub(crate) async fn decide(State(world): State<Arc<World>>, body: Bytes) -> Response {
    let params = Params::of_form(&body);
    match decision(&world, &params) {
        Ok(response) => response,
        Err((code, detail)) => refusal("Slack", code, detail),
    }
}

fn decision(world: &World, params: &Params) -> Result<Response, Refused> {
    let request = AuthorizeRequest::read(params, &world.slack())?;
    let answer = match params.get(SlackForm::DECISION) {
        Some(SlackForm::ALLOW) => {
            let consented = consented(world, params, &request)?;
            ("code", issue_code(world, consented, &request))
        }
        Some(SlackForm::CANCEL) => ("error", "access_denied".to_owned()),
        _ => return Err(("invalid_arguments", "The decision must be allow or cancel.")),
    };
    let pairs = [
        (answer.0, answer.1.as_str()),
        ("state", request.state.as_str()),
    ];
    Ok(redirect_with(&request.target, &pairs))
}

fn issue_code(world: &World, consented: Consented, request: &AuthorizeRequest) -> String {
    let now = world.clock.seconds();
    let (owner, person) = (consented.owner.clone(), consented.person.clone());
    let code = world.slack().issue_code(consented, request, now);
    let whose = [&request.client_id, &owner, &person].map(String::as_str);
    world.marks.note(&code, TokenKind::SlackCode, whose);
    code
}

fn consented(
    world: &World,
    params: &Params,
    request: &AuthorizeRequest,
) -> Result<Consented, Refused> {
    let owner = Owner::find(&world.workspaces, params.get(SlackForm::WORKSPACE)).ok_or((
        "team_not_found",
        "There is no such workspace or organization.",
    ))?;
    let person = owner.person(params.get(SlackForm::PERSON)).ok_or((
        "user_not_found",
        "That person is no member of what you chose.",
    ))?;
    let channel = if request.wants_webhook() {
        let chosen = owner.channel(params.get(SlackForm::CHANNEL));
        Some(chosen.cloned().ok_or((
            "channel_not_found",
            "That channel is not part of what you chose.",
        ))?)
    } else {
        None
    };
    Ok(Consented {
        owner: owner.id().to_owned(),
        person: person.id.clone(),
        channel,
    })
}
