//! `GET /v1/integrations/chat/oauth/callback`: where the providers send people back to, and the
//! page that they see in the end.

use std::time::Duration;

use axum::{
    Extension,
    extract::{RawQuery, State},
    http::{HeaderValue, Method, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use tieline_domain::{
    attempt::ConnectAttempt,
    broker::Broker,
    id::FlowId,
    reason::Reason,
    usecase::{Progress, UseCaseError},
};

use crate::{
    api::SharedApi,
    error::log_failure,
    load::Place,
    object_name::ObjectName,
    page::{self, Fault},
    request::RequestId,
    visitor::Visitor,
};

mod query;

/// Where a flow's end is shown.
pub(crate) const SHOW_PATH: &str = "/connect/{id}";

/// How long a person is kept waiting: less than any request may take, so that they see a page.
const PATIENCE: Duration = Duration::from_secs(25);

/// End a flow
///
/// The provider sends the person here. Tieline claims the flow, asks the provider, stores the
/// connection, and sends the person on: to the integration's `redirectUrl` where it has one (with
/// `status`, `code` and `connectionIdentifier` in the query), else to a page of its own. Microsoft
/// Teams: first to the sign-in which proves the tenant. A state works once; whoever comes later is
/// shown what became of it.
#[utoipa::path(
    get,
    path = "/v1/integrations/chat/oauth/callback",
    operation_id = "completeConnect",
    tag = "Connecting",
    security(()),
    params(
        ("state" = Option<String>, Query, description = "The state of the minted URL."),
        ("code" = Option<String>, Query, description = "The authorization code."),
        ("tenant" = Option<String>, Query, description = "Microsoft: the tenant that consented, until proved otherwise."),
        ("admin_consent" = Option<String>, Query, description = "Microsoft: `True`."),
        ("error" = Option<String>, Query, description = "Why the provider refused; wins over everything beside it."),
        ("error_description" = Option<String>, Query, description = "The same in words."),
    ),
    responses(
        (status = 303, description = "The flow ended or goes on elsewhere.", headers(
            ("location" = String, description = "The product's own page, ours, or the sign-in page."),
        )),
        (status = 400, content_type = "text/html", description = "The state is missing, altered or expired, or the query malformed.", body = String),
        (status = 429, content_type = "text/html", description = "Too many pages were opened from one address.", body = String),
        (status = 500, content_type = "text/html", description = "Something failed on our side.", body = String),
        (status = 503, content_type = "text/html", description = "The database is away or too much is asked at once, and nothing was spent, or the provider takes its time: loading the page again goes on.", body = String),
    ),
)]
pub(crate) async fn complete(
    _: Visitor,
    State(api): State<SharedApi>,
    Extension(place): Extension<Place>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    method: Method,
    RawQuery(raw): RawQuery,
) -> Response {
    // Link scanners ask with HEAD: they must not spend the state.
    if method == Method::HEAD {
        return page::secured(StatusCode::OK.into_response());
    }
    let answer = match query::parse(raw.as_deref().unwrap_or_default()) {
        Ok(callback) => {
            let broker = api.broker.clone();
            let work = api.to_its_end(place, async move { run(&broker, callback).await });
            let ended = tokio::time::timeout(PATIENCE, work).await;
            ended.unwrap_or(Err(Reason::InProgress.into()))
        }
        Err(reason) => Err(reason.into()),
    };
    match answer {
        Ok(location) => redirect(&location),
        Err(error) => refuse(&error, request_id),
    }
}

async fn run(
    broker: &Broker,
    callback: tieline_domain::usecase::Callback,
) -> Result<String, UseCaseError> {
    match broker.complete_connect(callback).await? {
        Progress::SignIn(url) => Ok(url),
        Progress::Attempt(attempt) => {
            log(&attempt);
            Ok(next_page(broker, &attempt).await)
        }
    }
}

/// The product's own page, else ours. Ours is named relative to the callback, so that it is found
/// under whatever path the public URL has.
async fn next_page(broker: &Broker, attempt: &ConnectAttempt) -> String {
    let product = broker.return_url(attempt).await.unwrap_or_else(|error| {
        log_failure(&error);
        None
    });
    let own = format!("../../../../connect/{}", attempt.id);
    product.map_or(own, String::from)
}

fn log(attempt: &ConnectAttempt) {
    let (code, told) = (
        attempt.reason.map(Reason::code),
        attempt.provider_error.as_deref(),
    );
    let (id, status) = (attempt.id, attempt.status);
    tracing::info!(flow = %id, %status, code, provider_error = told, "a flow came back");
}

fn redirect(location: &str) -> Response {
    let response = match HeaderValue::from_str(location) {
        Ok(_) => Redirect::to(location).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    page::secured(response)
}

fn refuse(error: &UseCaseError, reference: String) -> Response {
    let reason = error.reason();
    match error {
        UseCaseError::Refused(_) => tracing::info!(code = reason.code(), "a callback was refused"),
        error => log_failure(error),
    }
    page::fault(&Fault { reason, reference })
}

/// Show how a flow ended
///
/// The page at the end of a flow: names the environment and the workspace, or says what went
/// wrong, who can mend it and how.
#[utoipa::path(
    get,
    path = "/connect/{id}",
    operation_id = "showConnectResult",
    tag = "Connecting",
    security(()),
    params(("id" = String, Path, description = "The attempt's id.", example = "0198f3a2-7c11-7d7e-b0a4-5a3d5c6f7e80")),
    responses(
        (status = 200, content_type = "text/html", description = "It is connected, or just being connected.", body = String),
        (status = 400, content_type = "text/html", description = "It ended without a connection.", body = String),
        (status = 404, content_type = "text/html", description = "There is no such attempt.", body = String),
        (status = 409, content_type = "text/html", description = "The connection identifier belongs to another owner or integration.", body = String),
        (status = 429, content_type = "text/html", description = "Too many pages were opened from one address.", body = String),
        (status = 500, content_type = "text/html", description = "Something failed on our side.", body = String),
        (status = 502, content_type = "text/html", description = "The provider failed.", body = String),
        (status = 503, content_type = "text/html", description = "The database is away, or too much is asked at once.", body = String),
    ),
)]
pub(crate) async fn show(
    _: Visitor,
    State(api): State<SharedApi>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    ObjectName(id): ObjectName,
) -> Response {
    let shown = match id.parse::<FlowId>() {
        Ok(id) => api.broker.show_attempt(id).await,
        Err(_) => Err(Reason::AttemptUnknown.into()),
    };
    match shown {
        Ok(shown) => page::result(&shown),
        Err(error) => refuse(&error, request_id),
    }
}
