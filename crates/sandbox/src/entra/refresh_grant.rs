//! A refresh token for tokens. The old one stays good.

use axum::response::Response;

use crate::entra::code_grant::{issue, no_store};
use crate::entra::problem::Problem;
use crate::entra::token::{TokenRequest, missing};

pub(crate) fn refresh(request: &TokenRequest<'_>) -> Result<Response, Problem> {
    let value = request.params.get("refresh_token");
    let value = value.ok_or(missing("The request must contain refresh_token."))?;
    let now = request.world.clock.seconds();
    let client_id = &request.app.client_id;
    let mut entra = request.world.entra();
    let subject = entra
        .refreshable(client_id, value, now)
        .filter(|subject| request.path.includes(&subject.tenant))
        .ok_or(Problem::new(
            "invalid_grant",
            70_000,
            "The refresh token is not valid.",
        ))?;
    let (reply, _) = issue(request, &mut entra, &subject, now);
    Ok(no_store(&reply))
}
