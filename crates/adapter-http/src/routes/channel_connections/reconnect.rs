//! `/v1/channel-connections/{identifier}/reconnect`: a URL that renews a connection.

use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::read_identifier;
use crate::{
    auth::{Caller, Connector},
    body::JsonBody,
    error::ApiError,
    fields::Fields,
    idempotency::IdempotencyKey,
    object_name::ObjectName,
    routes::{
        connect_oauth::{OauthUrlResponse, keep},
        schema::ReconnectErrors,
    },
};

pub(crate) const PATH: &str = "/v1/channel-connections/{identifier}/reconnect";

/// What to ask for.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ReconnectRequest {
    /// Slack: the bot scopes to ask for; without it, what the integration asks for today. Microsoft
    /// Teams: ignored.
    #[schema(max_items = 100, example = json!(["chat:write", "channels:read"]))]
    scope: Option<Vec<String>>,
}

/// Make a URL that renews a channel connection
///
/// Answers the URL of the provider's consent page. Whoever opens it and consents gives the
/// connection new tokens, whatever became of those it has: it keeps its identifier, its owner, its
/// contexts and its endpoints. It stays with its workspace or tenant: a consent for another one is
/// refused (`account_mismatch`), and what was issued for that is given back. The URL works once and
/// for five minutes; nothing changes before somebody consented.
///
/// Use it for a connection whose `status` is `reauth_required` or `revoked`, or that has
/// `missingScopes`.
#[utoipa::path(
    post,
    path = "/v1/channel-connections/{identifier}/reconnect",
    operation_id = "reconnectChannelConnection",
    tag = "Channel connections",
    security(("ApiKey" = [])),
    params(
        ("identifier" = String, Path, description = "The connection's identifier.", example = "chconn-4fp9x2m0q7ab"),
        (
            "idempotency-key" = Option<String>, Header, max_length = 255,
            description = "Makes a repetition safe: for as long as the URL lives, the same key with the same request gets the same URL.",
            example = "3c1f0d9e-6a52-4b7a-9b1d-2f6f0a1c7d11",
        ),
    ),
    request_body(
        content = inline(Option<ReconnectRequest>),
        description = "What to ask for; may be left out.",
        example = json!({ "scope": ["chat:write", "channels:read"] }),
    ),
    responses(
        (status = 201, description = "The URL.", body = OauthUrlResponse, headers(
            ("connect-attempt-id" = String, description = "The id under which `/v1/connect-attempts/{id}` will show the attempt once the person comes back."),
        )),
        ReconnectErrors,
    ),
)]
pub(crate) async fn reconnect(
    Connector(caller): Connector,
    ObjectName(identifier): ObjectName,
    key: Option<IdempotencyKey>,
    body: Result<Option<JsonBody<ReconnectRequest>>, ApiError>,
) -> Response {
    let answer = answer(&caller, identifier, key.as_ref(), body).await;
    match key {
        Some(key) => key.echo(answer),
        None => answer.into_response(),
    }
}

async fn answer(
    caller: &Caller,
    identifier: String,
    key: Option<&IdempotencyKey>,
    body: Result<Option<JsonBody<ReconnectRequest>>, ApiError>,
) -> Result<Response, ApiError> {
    let JsonBody { value, text } = body?.unwrap_or_default();
    let mut fields = Fields::default();
    let scopes = fields.scopes("scope", value.scope);
    fields.refuse()?;
    let target = PATH.replace("{identifier}", &identifier);
    let identifier = read_identifier(identifier)?;
    let (environment, broker) = (caller.environment(), &caller.broker);
    let minted = broker
        .mint_reconnect_url(environment, &identifier, scopes.as_deref())
        .await?;
    keep(caller, key, PATH, &target, &text, minted).await
}
