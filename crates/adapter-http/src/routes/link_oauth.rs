//! `POST /v1/integrations/channel-endpoints/oauth`: linking a person, and the older route that does
//! either job.

use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tieline_domain::{
    connection::ConnectionIdentifier,
    reason::Reason,
    subscriber::SubscriberId,
    usecase::{MintConnectUrl, MintLinkUrl},
};
use utoipa::ToSchema;

use crate::{
    auth::{Caller, Connector},
    body::JsonBody,
    context_body::{ContextsBody, context_schema},
    error::{ApiError, ErrorBody, ValidationErrorBody},
    fields::Fields,
    idempotency::IdempotencyKey,
    routes::{
        connect_oauth::{
            OauthUrlResponse, context_proof, keep,
            request::{ConnectOauthRequest, ConnectionModeBody},
        },
        schema::BodyErrors,
    },
};

pub(crate) const LINK_PATH: &str = "/v1/integrations/channel-endpoints/oauth";
pub(crate) const CHAT_PATH: &str = "/v1/integrations/chat/oauth";

/// Whom to link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LinkOauthRequest {
    /// The subscriber to whom the person is linked.
    #[schema(min_length = 1, max_length = 255, example = "subscriber-123")]
    subscriber_id: String,
    /// The integration through which to link.
    #[schema(min_length = 1, max_length = 128, example = "slack")]
    integration_identifier: String,
    /// The connection to which the link belongs; the person must be of its workspace.
    #[schema(
        min_length = 1,
        max_length = 128,
        pattern = "^[A-Za-z0-9._-]+$",
        example = "slack-connection-abc123"
    )]
    connection_identifier: Option<String>,
    /// The contexts of the link.
    #[schema(schema_with = context_schema)]
    context: Option<ContextsBody>,
    /// Proof of the context, for integrations whose credential `hmac` is true, which refuse a
    /// request without: HMAC-SHA256 in hexadecimal digits of `context`, just as it is sent, in the
    /// canonical form of RFC 8785 (`{}` without a context), under any live API key of the
    /// environment.
    #[schema(
        max_length = 128,
        example = "20fce94cf98c39ebc56e5f494f5b4afcce6a5e29bcf47e1879835b354cafdda0"
    )]
    context_hash: Option<String>,
    /// Slack: the user scopes to ask for; without it `identity.basic`. Microsoft Teams: ignored.
    #[schema(max_items = 100, example = json!(["identity.basic"]))]
    user_scope: Option<Vec<String>>,
}

/// What to connect or whom to link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChatOauthRequest {
    /// `connect` (the default) or `link_user`.
    mode: Option<ChatOauthMode>,
    /// The subscriber.
    #[schema(min_length = 1, max_length = 255, example = "subscriber-123")]
    subscriber_id: Option<String>,
    /// The integration.
    #[schema(min_length = 1, max_length = 128, example = "slack")]
    integration_identifier: String,
    /// The identifier that the connection will get; with `link_user`, the connection to link to.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._-]+$")]
    connection_identifier: Option<String>,
    /// The contexts.
    #[schema(schema_with = context_schema)]
    context: Option<ContextsBody>,
    /// Slack, `connect`: the bot scopes to ask for.
    #[schema(max_items = 100)]
    scope: Option<Vec<String>>,
    /// Slack, `link_user`: the user scopes to ask for.
    #[schema(max_items = 100)]
    user_scope: Option<Vec<String>>,
    /// How the connection is scoped.
    connection_mode: Option<ConnectionModeBody>,
    /// Whether the person who consents is linked.
    auto_link_user: Option<bool>,
}

/// Which of the two jobs.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChatOauthMode {
    /// Connect a workspace or tenant.
    #[default]
    Connect,
    /// Link a person.
    LinkUser,
}

/// Make a URL that links a person
///
/// Answers the URL of a provider's page. Whoever opens it and agrees is linked, as an endpoint, to
/// the subscriber; nothing is connected. Linking the same person again makes no second endpoint.
/// The URL works once and for five minutes.
#[utoipa::path(
    post,
    path = "/v1/integrations/channel-endpoints/oauth",
    operation_id = "generateLinkUserOAuthUrl",
    tag = "Connecting",
    security(("ApiKey" = [])),
    params((
        "idempotency-key" = Option<String>, Header, max_length = 255,
        description = "Makes a repetition safe: the same key with the same body gets the same answer.",
    )),
    request_body(
        content = inline(LinkOauthRequest),
        description = "Whom to link.",
        example = json!({ "subscriberId": "subscriber-123", "integrationIdentifier": "slack" }),
    ),
    responses(
        (status = 201, description = "The URL.", body = OauthUrlResponse, headers(
            ("connect-attempt-id" = String, description = "The id under which `/v1/connect-attempts/{id}` will show the attempt once the person comes back."),
        )),
        (status = 400, body = ErrorBody, description = "The request cannot be met: `scope_invalid`, \
            `oauth_not_supported`, `url_too_long`, `malformed_json`, `idempotency_key_invalid`."),
        (status = 404, body = ErrorBody, description = "`integration_not_found`, \
            `credentials_missing`, `subscriber_not_found` or `connection_not_found`."),
        (status = 422, body = ValidationErrorBody, description = "A field is unknown or malformed \
            (`validation_failed`), or the idempotency key was used with another body \
            (`idempotency_key_reused`)."),
        BodyErrors,
    ),
)]
pub(crate) async fn link(
    Connector(caller): Connector,
    key: Option<IdempotencyKey>,
    body: Result<JsonBody<LinkOauthRequest>, ApiError>,
) -> Response {
    let answer = async {
        let body = body?;
        let context_proof = context_proof(&body, body.value.context_hash.as_deref());
        let JsonBody { value, text } = body;
        let request = MintLinkUrl {
            context_proof,
            ..value.try_into()?
        };
        let Caller { broker, .. } = &caller;
        let minted = broker.mint_link_url(caller.environment(), request).await?;
        keep(&caller, key.as_ref(), LINK_PATH, LINK_PATH, &text, minted).await
    };
    echoed(key.as_ref(), answer.await)
}

/// Make a URL that connects or links
///
/// The older route for both jobs: `mode` says which.
#[utoipa::path(
    post,
    path = "/v1/integrations/chat/oauth",
    operation_id = "generateChatOAuthUrl",
    tag = "Connecting",
    security(("ApiKey" = [])),
    params((
        "idempotency-key" = Option<String>, Header, max_length = 255,
        description = "Makes a repetition safe: the same key with the same body gets the same answer.",
    )),
    request_body(
        content = inline(ChatOauthRequest),
        description = "What to connect or whom to link.",
        example = json!({ "subscriberId": "subscriber-123", "integrationIdentifier": "slack", "mode": "link_user" }),
    ),
    responses(
        (status = 201, description = "The URL.", body = OauthUrlResponse, headers(
            ("connect-attempt-id" = String, description = "The id under which `/v1/connect-attempts/{id}` will show the attempt once the person comes back."),
        )),
        (status = 400, body = ErrorBody, description = "The request cannot be met: see `code`."),
        (status = 404, body = ErrorBody, description = "`integration_not_found`, \
            `credentials_missing`, `subscriber_not_found` or `connection_not_found`."),
        (status = 409, body = ErrorBody, description = "The connection identifier belongs to another \
            owner or integration: `connection_identifier_taken`."),
        (status = 422, body = ValidationErrorBody, description = "A field is unknown or malformed \
            (`validation_failed`), or the idempotency key was used with another body \
            (`idempotency_key_reused`)."),
        BodyErrors,
    ),
)]
#[deprecated = "the two routes that do one job each say what they do"]
pub(crate) async fn chat(
    Connector(caller): Connector,
    key: Option<IdempotencyKey>,
    body: Result<JsonBody<ChatOauthRequest>, ApiError>,
) -> Response {
    let answer = either(&caller, key.as_ref(), body).await;
    echoed(key.as_ref(), answer)
}

async fn either(
    caller: &Caller,
    key: Option<&IdempotencyKey>,
    body: Result<JsonBody<ChatOauthRequest>, ApiError>,
) -> Result<Response, ApiError> {
    let JsonBody { value, text } = body?;
    let (environment, broker) = (caller.environment(), &caller.broker);
    let minted = match value.mode.unwrap_or_default() {
        ChatOauthMode::Connect => {
            let request: MintConnectUrl = ConnectOauthRequest::from(value).try_into()?;
            broker.mint_connect_url(environment, request).await?
        }
        ChatOauthMode::LinkUser => {
            let request: MintLinkUrl = LinkOauthRequest::try_from(value)?.try_into()?;
            broker.mint_link_url(environment, request).await?
        }
    };
    keep(caller, key, CHAT_PATH, CHAT_PATH, &text, minted).await
}

fn echoed(key: Option<&IdempotencyKey>, answer: Result<Response, ApiError>) -> Response {
    match key {
        Some(key) => key.echo(answer),
        None => answer.into_response(),
    }
}

impl TryFrom<LinkOauthRequest> for MintLinkUrl {
    type Error = ApiError;

    fn try_from(body: LinkOauthRequest) -> Result<Self, ApiError> {
        let mut fields = Fields::default();
        fields.context_hash(body.context_hash.as_deref());
        let subscriber_id = fields.check(
            "subscriberId",
            Some(body.subscriber_id),
            SubscriberId::parse,
        );
        let connection_identifier = fields.check(
            "connectionIdentifier",
            body.connection_identifier,
            ConnectionIdentifier::parse,
        );
        let contexts = fields.contexts(body.context);
        let scopes = fields.scopes("userScope", body.user_scope);
        let integration_identifier = fields.identifier(body.integration_identifier);
        fields.refuse()?;
        Ok(Self {
            integration_identifier,
            subscriber_id: subscriber_id.ok_or(Reason::Internal)?,
            connection_identifier,
            contexts,
            context_proof: None,
            scopes,
        })
    }
}

impl TryFrom<ChatOauthRequest> for LinkOauthRequest {
    type Error = ApiError;

    fn try_from(body: ChatOauthRequest) -> Result<Self, ApiError> {
        let message = "subscriberId is required for link_user mode";
        let missing = || ApiError::new(Reason::SubscriberRequired, message);
        Ok(Self {
            subscriber_id: body.subscriber_id.ok_or_else(missing)?,
            integration_identifier: body.integration_identifier,
            connection_identifier: body.connection_identifier,
            context: body.context,
            context_hash: None,
            user_scope: body.user_scope,
        })
    }
}

impl From<ChatOauthRequest> for ConnectOauthRequest {
    fn from(body: ChatOauthRequest) -> Self {
        Self {
            subscriber_id: body.subscriber_id,
            integration_identifier: body.integration_identifier,
            connection_identifier: body.connection_identifier,
            context: body.context,
            context_hash: None,
            scope: body.scope,
            connection_mode: body.connection_mode,
            auto_link_user: body.auto_link_user,
        }
    }
}
