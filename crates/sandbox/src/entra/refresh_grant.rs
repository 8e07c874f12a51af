//! A refresh token for tokens. The old one stays good.

use axum::response::Response;

use crate::entra::code_grant::{issue, no_store};
use crate::entra::problem::Problem;
use crate::entra::state::BAD_REFRESH_TOKEN;
use crate::entra::token::{TokenRequest, missing};

pub(crate) fn refresh(request: &TokenRequest<'_>) -> Result<Response, Problem> {
    let value = request.params.get("refresh_token");
    let value = value.ok_or(missing("The request must contain refresh_token."))?;
    let now = request.world.clock.seconds();
    let client_id = &request.app.client_id;
    let mut entra = request.world.entra();
    let subject = entra.refreshable(client_id, value, now)?;
    if !request.path.includes(&subject.tenant) {
        return Err(BAD_REFRESH_TOKEN);
    }
    entra.check_enabled(client_id, &subject.tenant)?;
    let (reply, _) = issue(request, &mut entra, &subject, now);
    Ok(no_store(&reply))
}
