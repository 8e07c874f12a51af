//! What happens around every request: its id, its limit of time, its line in the log, and the
//! body of its error.

use std::{any::Any, time::Duration};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use tieline_domain::reason::Reason;
use tracing::Instrument;

use crate::{
    api::{Api, SharedApi},
    error::ApiError,
    load::{self, Refused},
    rate_limit::Quota,
    security_headers,
};

/// No answer takes longer. A callback's work goes on after it, on its own task.
const LIMIT: Duration = Duration::from_secs(30);

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request, for its handlers.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

/// Wraps a request. The log has the path and never the query: queries hold codes and states.
pub(crate) async fn wrap(
    State(api): State<SharedApi>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = request_id(&api, &request);
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map(MatchedPath::as_str);
    let began = api.broker.clock.now();
    let Some(place) = api.work.admit(&request, route, began) else {
        return refuse(&api, &request, route, &id, began);
    };
    let uri = request.uri().clone();
    let span = tracing::info_span!(
        "request",
        request_id = id.as_str(),
        method = request.method().as_str()
    );
    request.extensions_mut().insert(RequestId(id.clone()));
    let quota = Quota::default();
    request.extensions_mut().insert(quota.clone());
    // Whoever works on longer than this request does holds it as well.
    request.extensions_mut().insert(place.clone());

    let run = next.run(request).instrument(span.clone());
    let answer = tokio::time::timeout(LIMIT, run).await;
    drop(place);
    let answer = answer.unwrap_or_else(|_| ApiError::from(Reason::TimedOut).into_response());
    let mut response = finish(&api, answer, uri.path(), &id);
    quota.tell(response.headers_mut());
    add_headers(&mut response, &api, route, &id);

    let _entered = span.enter();
    tracing::info!(
        path = route.unwrap_or("unmatched"),
        status = response.status().as_u16(),
        duration_ms = api.broker.clock.now().as_millisecond() - began.as_millisecond(),
        "answered"
    );
    response
}

/// What is answered where there is no place. These have no lines of their own in the log: there
/// may be more of them than of all others.
fn refuse(api: &Api, request: &Request, route: Option<&str>, id: &str, now: Timestamp) -> Response {
    if let Some(refused) = api.work.untold(now) {
        tracing::warn!(refused, "requests were refused: too much is asked at once");
    }
    let refusal = load::refusal(request.method(), route, id);
    let mut response = finish(api, refusal, request.uri().path(), id);
    response.extensions_mut().insert(Refused);
    add_headers(&mut response, api, route, id);
    response
}

fn add_headers(response: &mut Response, api: &Api, route: Option<&str>, id: &str) {
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, HeaderValue::from_str(id).unwrap_or(EMPTY));
    security_headers::add(headers, api, route);
}

const EMPTY: HeaderValue = HeaderValue::from_static("");

/// The client's own id where it is a sane one, else a new one.
fn request_id(api: &Api, request: &Request) -> String {
    let sane = |id: &&str| {
        (1..=64).contains(&id.len())
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    let given = request
        .headers()
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok());
    given
        .filter(sane)
        .map_or_else(|| api.broker.ids.uuid().to_string(), str::to_owned)
}

/// Gives an error its body; keeps the headers that its handler set.
fn finish(api: &Api, mut response: Response, path: &str, id: &str) -> Response {
    let Some(error) = response.extensions_mut().remove::<ApiError>() else {
        return response;
    };
    let mut finished = error.respond(path, id, api.broker.clock.now());
    for (name, value) in response.headers() {
        if *name != header::CONTENT_LENGTH && *name != header::CONTENT_TYPE {
            finished.headers_mut().insert(name, value.clone());
        }
    }
    finished
}

/// What a panic in a handler becomes: the answer to one request, not the end of the process.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let told = panic.downcast_ref::<&str>().map(ToString::to_string);
    let told = told.or_else(|| panic.downcast_ref::<String>().cloned());
    tracing::error!(panic = told, "a handler panicked");
    ApiError::from(Reason::Internal).into_response()
}

/// The answer where there is no route.
pub(crate) async fn no_route() -> ApiError {
    Reason::RouteNotFound.into()
}

/// The answer where the route does not take the method.
pub(crate) async fn no_method() -> ApiError {
    Reason::MethodNotAllowed.into()
}
