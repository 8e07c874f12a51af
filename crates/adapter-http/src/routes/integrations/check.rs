//! `check`: asking the provider about credentials before anything is written. It takes as long as
//! the provider does, so it comes before any transaction.

use super::{
    body::{CreateIntegrationRequest, UpdateIntegrationRequest},
    read_id,
};
use crate::{auth::Caller, error::ApiError};

/// Passes a request that does not want a check, or whose credentials the provider takes.
pub(super) async fn new(caller: &Caller, body: &CreateIntegrationRequest) -> Result<(), ApiError> {
    if body.check == Some(true) {
        let new = body.clone().read(caller.environment())?;
        let asked = caller
            .broker
            .check_credentials(&new.provider, &new.credentials);
        asked.await?;
    }
    Ok(())
}

/// The same for a change of the integration of this id.
pub(super) async fn change(
    caller: &Caller,
    id: &str,
    body: &UpdateIntegrationRequest,
) -> Result<(), ApiError> {
    if body.check == Some(true) {
        let change = body.clone().read(caller.environment())?;
        let new = change.credentials.as_ref();
        let asked = caller
            .broker
            .check_credentials_of(caller.environment(), read_id(id)?, new);
        asked.await?;
    }
    Ok(())
}
