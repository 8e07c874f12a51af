//! The routes. One file a resource; this one puts them together.

use axum::{Router, middleware};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{Api, SharedApi},
    openapi, request,
};

mod api_keys;
mod audit_events;
pub(crate) mod callback;
pub(crate) mod channel_connections;
pub(crate) mod channel_endpoints;
mod connect_attempts;
pub(crate) mod connect_oauth;
pub(crate) mod contexts;
mod environments;
mod events;
pub(crate) mod health;
mod integrations;
pub(crate) mod link_oauth;
mod revocations;
mod schema;
pub(crate) mod subscribers;

/// All routes, ready to be served. No header decides where anybody is sent: no `Host`, no
/// `X-Forwarded-*`. What a trusted proxy tells of its client counts for limits alone.
pub fn router(api: Api) -> Router {
    let api = SharedApi::from(api);
    let (router, document) = documented().split_for_parts();
    // Both in one layer, the outer one first: each by itself would have every request put into one
    // more box.
    let around = (
        middleware::from_fn_with_state(api.clone(), request::wrap),
        CatchPanicLayer::custom(request::panicked),
    );
    router
        .merge(openapi::routes(document))
        .fallback(request::no_route)
        .method_not_allowed_fallback(request::no_method)
        .layer(around)
        .with_state(api)
}

/// The routes with their documentation: what is served is what is documented.
#[expect(
    deprecated,
    reason = "the older routes are served as long as clients have them"
)]
pub(crate) fn documented() -> OpenApiRouter<SharedApi> {
    let mut documented = OpenApiRouter::with_openapi(openapi::skeleton())
        .routes(routes!(connect_oauth::mint))
        .routes(routes!(link_oauth::link))
        .routes(routes!(link_oauth::chat))
        .routes(routes!(callback::complete))
        .routes(routes!(callback::show))
        .routes(routes!(integrations::list, integrations::create))
        .routes(routes!(integrations::list_active))
        .routes(routes!(integrations::update, integrations::delete))
        .routes(routes!(integrations::set_primary))
        .routes(routes!(subscribers::list, subscribers::create))
        .routes(routes!(
            subscribers::get,
            subscribers::change,
            subscribers::delete
        ))
        .routes(routes!(subscribers::v1::create))
        .routes(routes!(
            subscribers::v1::get,
            subscribers::v1::update,
            subscribers::v1::delete
        ))
        .routes(routes!(contexts::list, contexts::create))
        .routes(routes!(contexts::get, contexts::change, contexts::delete))
        .routes(routes!(connect_attempts::list))
        .routes(routes!(connect_attempts::get))
        .routes(routes!(
            channel_connections::list,
            channel_connections::create
        ))
        .routes(routes!(
            channel_connections::get,
            channel_connections::change,
            channel_connections::delete::delete
        ))
        .routes(routes!(channel_connections::token::issue))
        .routes(routes!(channel_connections::reconnect::reconnect))
        .routes(routes!(channel_connections::verify::verify))
        .routes(routes!(revocations::list))
        .routes(routes!(revocations::get))
        .routes(routes!(channel_endpoints::list, channel_endpoints::create))
        .routes(routes!(
            channel_endpoints::get,
            channel_endpoints::change,
            channel_endpoints::delete
        ))
        .routes(routes!(api_keys::list, api_keys::create))
        .routes(routes!(api_keys::rotate))
        .routes(routes!(api_keys::revoke))
        .routes(routes!(environments::list, environments::create))
        .routes(routes!(events::slack))
        .routes(routes!(events::msteams))
        .routes(routes!(audit_events::list))
        .routes(routes!(health::live))
        .routes(routes!(health::ready));
    openapi::describe_repetition(documented.get_openapi_mut());
    documented
}
