//! `/v1/channel-connections/{identifier}/token`: a token that is good for as long as it is needed.

use axum::{Extension, Json, extract::State};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use tieline_domain::{
    api_key::ApiKeyRight,
    connection::CredentialKind,
    provider::GrantedCredential,
    usecase::{DEFAULT_MIN_VALID_FOR, MAX_MIN_VALID_FOR, TokenRequest},
};
use utoipa::ToSchema;

use super::{read_identifier, shown::Token};
use crate::{
    api::SharedApi,
    auth::Reader,
    body::JsonBody,
    error::{ApiError, instant},
    fields::Fields,
    load::Place,
    object_name::ObjectName,
    routes::schema::TokenErrors,
};

/// Which token is wanted, and for how long.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct IssueTokenRequest {
    /// For how many seconds the token is to be good at least, 0 to 43,200 (12 hours). One that is
    /// not is refreshed first. Where the provider's tokens live shorter, a fresh one is the answer.
    #[schema(value_type = Option<u32>, minimum = 0, maximum = 43_200, default = 60, example = 300)]
    min_valid_for: Option<i64>,
    /// Whose token; without it the app's own, else the person's.
    kind: Option<TokenKindBody>,
}

/// Whose token.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TokenKindBody {
    /// The app's own, for the whole workspace or tenant.
    Bot,
    /// The person's who installed the app.
    User,
}

/// A token to call the provider with.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenResponse {
    /// The token itself.
    #[schema(value_type = String, example = "xoxb-…")]
    access_token: Token,
    /// How to present it (RFC 6750): always `Bearer`.
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Whose it is.
    kind: TokenKindBody,
    /// What it may do; empty where that is not known.
    #[schema(example = json!(["chat:write", "channels:read"]))]
    scopes: Vec<String>,
    /// When it dies; null for one that lives until it is revoked.
    #[schema(format = DateTime, required)]
    expires_at: Option<String>,
}

/// Get a token of a channel connection
///
/// A token to call the provider with, good for `minValidFor` seconds at least. One that is not is
/// refreshed first, however many ask at once by one of them; so ask here each time that you call
/// the provider, and keep no token for longer than you asked. Microsoft Teams: a token of your app
/// for Microsoft Graph in the connection's tenant. A token that lives on is answered although its
/// refresh failed.
///
/// The API key needs the right `tokens:read`. Who took which token is in the audit log. The answer
/// is kept nowhere, so this takes no `idempotency-key`: a repetition is answered the same token for
/// as long as it is good.
#[utoipa::path(
    post,
    path = "/v1/channel-connections/{identifier}/token",
    operation_id = "issueChannelConnectionToken",
    tag = "Channel connections",
    security(("ApiKey" = [])),
    params(("identifier" = String, Path, description = "The connection's identifier.", example = "chconn-4fp9x2m0q7ab")),
    request_body(
        content = inline(Option<IssueTokenRequest>),
        description = "Which token, and for how long; may be left out.",
        example = json!({ "minValidFor": 300 }),
    ),
    responses(
        (status = 200, description = "The token.", body = TokenResponse, headers(
            ("cache-control" = String, description = "`no-store`."),
        )),
        TokenErrors,
    ),
)]
pub(crate) async fn issue(
    State(api): State<SharedApi>,
    Extension(place): Extension<Place>,
    Reader(caller): Reader,
    ObjectName(identifier): ObjectName,
    body: Result<Option<JsonBody<IssueTokenRequest>>, ApiError>,
) -> Result<Json<TokenResponse>, ApiError> {
    caller.demand(ApiKeyRight::ReadTokens)?;
    let body = body?.unwrap_or_default().value;
    let environment = caller.environment();
    let request = TokenRequest {
        min_valid_for: body.read_min_valid_for()?,
        kind: body.kind.map(CredentialKind::from),
        identifier: read_identifier(identifier)?,
    };
    let broker = caller.broker;
    // A refresh that began must end, whether or not anybody waits for it.
    let work = async move { broker.vend_token(environment, request).await };
    Ok(Json(api.to_its_end(place, work).await?.into()))
}

impl IssueTokenRequest {
    fn read_min_valid_for(&self) -> Result<SignedDuration, ApiError> {
        let wanted = self.min_valid_for.map(SignedDuration::from_secs);
        let wanted = wanted.unwrap_or(DEFAULT_MIN_VALID_FOR);
        let mut fields = Fields::default();
        if !(SignedDuration::ZERO..=MAX_MIN_VALID_FOR).contains(&wanted) {
            let most = MAX_MIN_VALID_FOR.as_secs();
            let rule = format!("must be a whole number of seconds from 0 to {most}");
            fields.add("minValidFor", &rule);
        }
        fields.finish(wanted)
    }
}

impl From<GrantedCredential> for TokenResponse {
    fn from(credential: GrantedCredential) -> Self {
        Self {
            access_token: Token::Clear(credential.access_token),
            token_type: "Bearer",
            kind: credential.kind.into(),
            scopes: credential.scopes,
            expires_at: credential.expires_at.map(instant),
        }
    }
}

impl From<TokenKindBody> for CredentialKind {
    fn from(kind: TokenKindBody) -> Self {
        match kind {
            TokenKindBody::Bot => Self::Bot,
            TokenKindBody::User => Self::User,
        }
    }
}

impl From<CredentialKind> for TokenKindBody {
    fn from(kind: CredentialKind) -> Self {
        match kind {
            CredentialKind::Bot => Self::Bot,
            CredentialKind::User => Self::User,
        }
    }
}
