//! `check`: asking the provider about credentials before anything is written. It takes as long as
//! the provider does, so it comes before any transaction.

use tieline_domain::id::EnvironmentId;

use super::{
    body::{CreateIntegrationRequest, UpdateIntegrationRequest},
    read_id,
};
use crate::{api::Api, body::JsonBody, error::ApiError};

/// The same request, if it does not want a check or the provider takes the credentials.
pub(super) async fn new(
    api: &Api,
    environment: EnvironmentId,
    body: Result<JsonBody<CreateIntegrationRequest>, ApiError>,
) -> Result<JsonBody<CreateIntegrationRequest>, ApiError> {
    let body = body?;
    if body.value.check == Some(true) {
        let new = body.value.clone().read(environment)?;
        let asked = api
            .broker
            .check_credentials(&new.provider, &new.credentials);
        asked.await?;
    }
    Ok(body)
}

/// The same for a change of the integration of this id.
pub(super) async fn change(
    api: &Api,
    environment: EnvironmentId,
    id: &str,
    body: Result<JsonBody<UpdateIntegrationRequest>, ApiError>,
) -> Result<JsonBody<UpdateIntegrationRequest>, ApiError> {
    let body = body?;
    if body.value.check == Some(true) {
        let change = body.value.clone().read(environment)?;
        let new = change.credentials.as_ref();
        let asked = api
            .broker
            .check_credentials_of(environment, read_id(id)?, new);
        asked.await?;
    }
    Ok(body)
}
