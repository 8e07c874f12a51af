//! `POST /v1/integrations/channel-connections/oauth`: the main job.

use axum::{
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use jiff::SignedDuration;
use serde::Serialize;
use tieline_domain::{
    context::ContextProof,
    usecase::{MintConnectUrl, MintedUrl},
};
use utoipa::ToSchema;

use crate::{
    auth::{Caller, Connector},
    body::{JsonBody, JsonText},
    error::{ApiError, ErrorBody, ValidationErrorBody},
    idempotency::{Answer, IdempotencyKey, KeyedRequest},
    routes::schema::BodyErrors,
};

pub(crate) mod request;

use request::ConnectOauthRequest;

pub(crate) const PATH: &str = "/v1/integrations/channel-connections/oauth";

/// The header that names the connect attempt which a URL will lead to.
const ATTEMPT_HEADER: &str = "connect-attempt-id";

/// How much longer than its URL an answer is repeated.
const REPLAY_MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// A URL to open.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OauthUrlResponse {
    /// The provider's consent page: show it to the person who is to connect their workspace or
    /// tenant. Works once, for five minutes. Slack:
    /// `https://slack.com/oauth/v2/authorize?…`; Microsoft Teams:
    /// `https://login.microsoftonline.com/…/v2.0/adminconsent?…`.
    #[schema(
        example = "https://slack.com/oauth/v2/authorize?client_id=1.2&scope=chat%3Awrite&redirect_uri=https%3A%2F%2Fconnect.example%2Fv1%2Fintegrations%2Fchat%2Foauth%2Fcallback&state=AQJmMc"
    )]
    url: String,
}

impl OauthUrlResponse {
    #[expect(
        clippy::needless_bitwise_bool,
        reason = "without branches many bytes are looked at in one step"
    )]
    fn to_json(&self) -> String {
        let has_to_be_escaped = |byte: u8| (byte < b' ') | (byte == b'"') | (byte == b'\\');
        let url = &self.url;
        // RFC 3986 knows none of them: this is what serde writes, byte by byte.
        if !url
            .bytes()
            .fold(false, |any, byte| any | has_to_be_escaped(byte))
        {
            return [r#"{"url":""#, url, r#""}"#].concat();
        }
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Make a URL that connects a workspace or tenant
///
/// Answers the URL of the provider's consent page for one of your integrations. Whoever opens it
/// installs your app into their Slack workspace, or consents for their Microsoft Teams tenant;
/// Tieline ends the flow at its callback and stores the channel connection. The URL works once and
/// for five minutes.
///
/// With `connectionMode` `subscriber` (the default when a `subscriberId` is given) the connection
/// belongs to that subscriber; with `shared` it belongs to the `context` and to no subscriber.
/// With `autoLinkUser` the person who consents is linked, as an endpoint of the connection, to the
/// subscriber: at Slack from the same answer, at Microsoft Teams from the sign-in that follows the
/// consent.
///
/// Nothing is stored by this call, except contexts that are new. A repetition under the same
/// `idempotency-key` gets the same URL, as long as it lives; where the operator has Redis keep it
/// and Redis loses it or is too slow, another URL that does the same.
#[utoipa::path(
    post,
    path = "/v1/integrations/channel-connections/oauth",
    operation_id = "generateConnectOAuthUrl",
    tag = "Connecting",
    security(("ApiKey" = [])),
    params((
        "idempotency-key" = Option<String>, Header, max_length = 255,
        description = "Makes a repetition safe: the same key with the same body gets the same answer.",
        example = "3c1f0d9e-6a52-4b7a-9b1d-2f6f0a1c7d11",
    )),
    request_body(
        content = inline(ConnectOauthRequest),
        description = "What to connect, and for whom.",
        examples(
            ("Slack, for a subscriber" = (value = json!({
                "subscriberId": "subscriber-123", "integrationIdentifier": "slack",
            }))),
            ("Slack, shared by a context" = (value = json!({
                "integrationIdentifier": "slack",
                "context": { "tenant": "org-acme" },
                "connectionMode": "shared",
                "connectionIdentifier": "slack-connection-abc123",
                "scope": ["chat:write", "chat:write.public", "channels:read"],
            }))),
            ("Microsoft Teams" = (value = json!({
                "subscriberId": "subscriber-123",
                "integrationIdentifier": "msteams",
                "context": { "tenant": { "id": "org-acme", "data": { "plan": "pro" } } },
                "autoLinkUser": true,
            }))),
        ),
    ),
    responses(
        (status = 201, description = "The URL.", body = OauthUrlResponse, headers(
            ("connect-attempt-id" = String, description = "The id under which `/v1/connect-attempts/{id}` will show the attempt once the person comes back."),
        )),
        (status = 400, body = ErrorBody, description = "The request cannot be met: `context_required`, `context_hash_required`, `context_hash_invalid`, \
            `subscriber_required`, `owner_required`, `scope_invalid`, `oauth_not_supported`, \
            `url_too_long`, `malformed_json`, `malformed_request`, `idempotency_key_invalid`."),
        (status = 404, body = ErrorBody, description = "`integration_not_found`, `credentials_missing` \
            or `subscriber_not_found`."),
        (status = 409, body = ErrorBody, description = "The connection identifier belongs to another \
            owner or integration: `connection_identifier_taken`."),
        (status = 422, body = ValidationErrorBody, description = "A field is unknown or malformed \
            (`validation_failed`), or the idempotency key was used with another body \
            (`idempotency_key_reused`)."),
        BodyErrors,
    ),
)]
pub(crate) async fn mint(
    Connector(caller): Connector,
    key: Option<IdempotencyKey>,
    body: Result<JsonBody<ConnectOauthRequest>, ApiError>,
) -> Response {
    let answer = answer(&caller, key.as_ref(), body).await;
    match key {
        Some(key) => key.echo(answer),
        None => answer.into_response(),
    }
}

async fn answer(
    caller: &Caller,
    key: Option<&IdempotencyKey>,
    body: Result<JsonBody<ConnectOauthRequest>, ApiError>,
) -> Result<Response, ApiError> {
    let body = body?;
    let context_proof = context_proof(&body, body.value.context_hash.as_deref());
    let JsonBody { value, text } = body;
    let request = MintConnectUrl {
        context_proof,
        ..value.try_into()?
    };
    let Caller { broker, .. } = caller;
    let minted = broker
        .mint_connect_url(caller.environment(), request)
        .await?;
    keep(caller, key, PATH, PATH, &text, minted).await
}

/// The proof of the context that a body names.
pub(super) fn context_proof<T>(body: &JsonBody<T>, hash: Option<&str>) -> Option<ContextProof> {
    let hash = hash?.to_owned();
    Some(ContextProof {
        canonical: body.text.canonical_member("context"),
        hash,
    })
}

/// The answer with a minted URL, kept under its key if it has one for as long as the URL lives,
/// and a little longer.
pub(super) async fn keep(
    caller: &Caller,
    key: Option<&IdempotencyKey>,
    route: &str,
    target: &str,
    body: &JsonText,
    minted: MintedUrl,
) -> Result<Response, ApiError> {
    let replayed_until = minted.expires_at + REPLAY_MARGIN;
    let Some(key) = key else {
        return Ok(Answer::from(minted).into_response());
    };
    let request = KeyedRequest {
        environment: caller.environment(),
        method: &Method::POST,
        route,
        target,
        body,
    };
    let (broker, store) = (&caller.broker, &*caller.broker.replays);
    key.keep(broker, store, &request, minted.into(), replayed_until)
        .await
}

impl From<MintedUrl> for Answer {
    fn from(minted: MintedUrl) -> Self {
        let body = OauthUrlResponse { url: minted.url };
        Self {
            status: StatusCode::CREATED.as_u16(),
            body: body.to_json(),
            headers: vec![(ATTEMPT_HEADER.to_owned(), minted.flow_id.to_string())],
        }
    }
}
