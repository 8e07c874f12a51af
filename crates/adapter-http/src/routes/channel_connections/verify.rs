//! `/v1/channel-connections/{identifier}/verify`: whether a connection is good.

use axum::Json;

use super::{ChannelConnectionResponse, read_identifier};
use crate::{
    auth::Connector, error::ApiError, object_name::ObjectName, routes::schema::VerifyErrors,
};

/// Verify a channel connection
///
/// Asks the provider whether the connection is good, and writes down what it heard: the
/// connection's `status` and `provedAt` are what they are after that. Slack must take each stored
/// token and name the connection's workspace, or organization, as the token's. Microsoft must give
/// the integration's app a token in the connection's tenant, with at least one application
/// permission. At other providers there is nobody to ask: the connection is answered as it is. What
/// a provider said stands for ten seconds, unless the connection's tokens or the integration's
/// credentials are replaced meanwhile.
///
/// An access token is not refreshed here: one that has expired is `token_expired`, beside a refresh
/// token, too. With a refresh token that is no end; the token is replaced soon after, and
/// `/v1/channel-connections/{identifier}/token` replaces it at once.
#[utoipa::path(
    post,
    path = "/v1/channel-connections/{identifier}/verify",
    operation_id = "verifyChannelConnection",
    tag = "Channel connections",
    security(("ApiKey" = [])),
    params(("identifier" = String, Path, description = "The connection's identifier.", example = "chconn-4fp9x2m0q7ab")),
    responses(
        (status = 200, description = "The connection, which is good.", body = ChannelConnectionResponse),
        VerifyErrors,
    ),
)]
pub(crate) async fn verify(
    Connector(caller): Connector,
    ObjectName(identifier): ObjectName,
) -> Result<Json<ChannelConnectionResponse>, ApiError> {
    let connection = caller
        .broker
        .verify_connection(caller.environment(), &read_identifier(identifier)?)
        .await?;
    ChannelConnectionResponse::shown_one(&caller, connection)
        .await
        .map(Json)
}
