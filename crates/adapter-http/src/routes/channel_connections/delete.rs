//! `DELETE /v1/channel-connections/{identifier}`: the end of a connection, here and at its provider.

use std::time::Duration;

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use tieline_domain::revocation::Revocation;
use tokio::time::timeout;
use tracing::Instrument;

use super::read_identifier;
use crate::{
    api::{Api, SharedApi},
    auth::{Administrator, Caller},
    error::{ApiError, log_failure},
    load::Place,
    object_name::ObjectName,
    prefer::Preference,
    routes::{revocations::RevocationResponse, schema::ObjectErrors},
};

/// The header that names the receipt.
const RECEIPT: HeaderName = HeaderName::from_static("revocation-id");

/// How long an answer waits for the provider: less than any request may take, since the connection
/// is gone by then and the answer has to say so.
const PATIENCE: Duration = Duration::from_secs(20);

/// Delete a channel connection
///
/// With its endpoints, and at its provider too. It is gone here at once, whatever the provider says;
/// what the provider gave is taken back there as far as that can be done from outside, and tried
/// again for some days where it cannot be reached. Slack: the app is uninstalled, and its tokens are
/// revoked. What only an administrator there can end is named, with how.
///
/// The header `revocation-id` names the receipt, which `/v1/revocations/{id}` shows. With
/// `Prefer: return=representation` (RFC 7240) it is the answer.
#[utoipa::path(
    delete,
    path = "/v1/channel-connections/{identifier}",
    operation_id = "deleteChannelConnection",
    tag = "Channel connections",
    security(("ApiKey" = [])),
    params(
        ("identifier" = String, Path, description = "The connection's identifier.", example = "chconn-4fp9x2m0q7ab"),
        ("prefer" = Option<String>, Header, description = "`return=representation` for the receipt."),
    ),
    responses(
        (status = 204, description = "It is gone.", headers(
            ("revocation-id" = String, description = "The receipt's id, for `/v1/revocations/{id}`."),
        )),
        (status = 200, description = "It is gone, and this is the receipt: with `Prefer: return=representation`.", body = RevocationResponse, headers(
            ("revocation-id" = String, description = "The receipt's id, for `/v1/revocations/{id}`."),
            ("preference-applied" = String, description = "`return=representation`."),
        )),
        ObjectErrors,
    ),
)]
pub(crate) async fn delete(
    State(api): State<SharedApi>,
    Extension(place): Extension<Place>,
    Administrator(caller): Administrator,
    ObjectName(identifier): ObjectName,
    preference: Preference,
) -> Result<Response, ApiError> {
    let receipt = end(&api, place, caller, identifier).await?;
    let id = HeaderValue::try_from(receipt.id.to_string());
    let mut response = if preference.wants_representation() {
        let applied = Preference::applied();
        (applied, Json(RevocationResponse::from(receipt))).into_response()
    } else {
        StatusCode::NO_CONTENT.into_response()
    };
    if let Ok(id) = id {
        response.headers_mut().insert(RECEIPT, id);
    }
    Ok(response)
}

/// Deletes the connection, and has the provider asked on a task of its own; answers the receipt
/// with what the provider said, or as it began where that takes long.
async fn end(
    api: &Api,
    place: Place,
    caller: Caller,
    identifier: String,
) -> Result<Revocation, ApiError> {
    let identifier = read_identifier(identifier)?;
    let (tasks, environment, broker) = (api.tasks.clone(), caller.environment(), caller.broker);
    let held = place.clone();
    let begun = api.to_its_end(place, async move {
        let begun = broker.delete_connection(environment, &identifier).await?;
        let receipt = begun.clone();
        let trying = async move {
            let _held = held;
            broker.try_revocation(begun).await
        };
        Ok((receipt, tasks.spawn(trying.in_current_span())))
    });
    let (begun, trying) = begun.await?;
    Ok(match timeout(PATIENCE, trying).await {
        Ok(Ok(Ok(tried))) => tried,
        Ok(Ok(Err(error))) => {
            log_failure(&error);
            begun
        }
        Ok(Err(_)) | Err(_) => begun,
    })
}
