//! `/v1/providers/…`: what providers send by themselves, signed by them.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use tieline_domain::{ports::Delivery, provider::ProviderId, reason::Reason};

use super::schema::EventErrors;
use crate::{
    api::{Api, SharedApi},
    body::bytes_of,
    error::ApiError,
    object_name::ObjectName,
};

/// The most bytes that a delivery may have: what a provider tells of its people can be long.
const MAX_DELIVERY: usize = 256 * 1024;

/// Take an event of Slack
///
/// The Request URL of the app's Event Subscriptions. It needs the integration's `signingSecret`,
/// with which Slack signs what it sends; for as long as the secret is being replaced,
/// `signingSecretPrevious` is taken as well. Nothing else is believed. Tieline follows
/// `app_uninstalled` and `tokens_revoked`: the connections to that workspace are marked as revoked,
/// or asked about at once where the event does not say for certain; other events are answered and
/// left alone. Repeated events do nothing again, and one that is older than a connection's tokens
/// says nothing of it. The order does not matter.
#[utoipa::path(
    post,
    path = "/v1/providers/slack/{integrationIdentifier}/events",
    operation_id = "receiveSlackEvent",
    tag = "Events of providers",
    security(()),
    params(("integrationIdentifier" = String, Path, description = "The integration's identifier; of several environments that have one of it, those whose secret fits.", example = "slack")),
    request_body(
        content = Value,
        description = "What Slack sends.",
        example = json!({
            "type": "event_callback",
            "api_app_id": "A0123456789",
            "team_id": "T0123456789",
            "event": { "type": "app_uninstalled" },
            "event_id": "Ev0123456789",
            "event_time": 1_750_000_000,
        }),
    ),
    responses(
        (status = 200, content_type = "text/plain", description = "It is taken. To `url_verification` the answer is the challenge.", body = String, example = ""),
        EventErrors,
    ),
)]
pub(crate) async fn slack(
    State(api): State<SharedApi>,
    ObjectName(integration): ObjectName,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, ApiError> {
    receive(&api, "slack", &integration, &headers, request).await
}

/// Take an activity of Teams
///
/// The messaging endpoint of the bot, or what a bot passes on of it: body and `Authorization`
/// unchanged. Bot Framework signs what it sends with a token that names the bot, which is the
/// integration's `botAppId` or else its `clientId`. Of what it tells Tieline follows installations
/// that come and go: the connections to that tenant are asked about at once, since neither says
/// anything of the tenant's consent.
#[utoipa::path(
    post,
    path = "/v1/providers/msteams/{integrationIdentifier}/activities",
    operation_id = "receiveTeamsActivity",
    tag = "Events of providers",
    security(()),
    params(("integrationIdentifier" = String, Path, description = "The integration's identifier; of several environments that have one of it, those whose bot is meant.", example = "msteams")),
    request_body(
        content = Value,
        description = "What Bot Framework sends.",
        example = json!({
            "type": "installationUpdate",
            "action": "remove",
            "id": "f:0123456789",
            "timestamp": "2026-01-02T12:00:00Z",
            "serviceUrl": "https://smba.trafficmanager.net/teams/",
            "channelId": "msteams",
            "channelData": { "tenant": { "id": "9f2b1c6e-0d5a-4f43-9a51-6f0f6ed0a1c2" } },
        }),
    ),
    responses(
        (status = 200, content_type = "text/plain", description = "It is taken.", body = String, example = ""),
        EventErrors,
    ),
)]
pub(crate) async fn msteams(
    State(api): State<SharedApi>,
    ObjectName(integration): ObjectName,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, ApiError> {
    receive(&api, "msteams", &integration, &headers, request).await
}

async fn receive(
    api: &Api,
    provider: &str,
    integration: &str,
    headers: &HeaderMap,
    request: Request,
) -> Result<Response, ApiError> {
    let provider = ProviderId::parse(provider).map_err(|_| Reason::NotFound)?;
    let delivery = Delivery {
        headers: texts(headers),
        body: bytes_of(request, MAX_DELIVERY).await?.into(),
    };
    let answer = api
        .broker
        .receive_event(&provider, integration, &delivery)
        .await?;
    let text = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((text, answer.unwrap_or_default()).into_response())
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        Some((name.to_string(), value.to_str().ok()?.to_owned()))
    };
    headers.iter().filter_map(text).collect()
}
