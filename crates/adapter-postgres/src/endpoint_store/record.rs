//! Writing endpoints that come without a connection of their own, in one transaction. Whatever
//! returns early drops it, and with it all that was written.

use tieline_domain::{attempt::ConnectAttempt, endpoint::ChannelEndpoint, ports::RecordError};

use crate::{
    attempt_store,
    database::{Access, Session},
    endpoint_store::write,
    error::record_error,
};

pub(super) async fn insert(access: &Access, endpoint: &ChannelEndpoint) -> Result<(), RecordError> {
    let mut session = access.begin_write().await?;
    insert_new(&mut session, endpoint).await?;
    session.commit().await.map_err(record_error)
}

/// Records what a flow that links a person leaves behind.
pub(super) async fn record(
    access: &Access,
    endpoint: &ChannelEndpoint,
    attempt: &ConnectAttempt,
) -> Result<(), RecordError> {
    let mut session = access.begin_write().await?;
    let replaced = write::replace(&mut session, endpoint).await;
    if !replaced.map_err(record_error)? {
        insert_new(&mut session, endpoint).await?;
    }
    if !attempt_store::update(&mut session, attempt, None)
        .await
        .map_err(record_error)?
    {
        return Err(attempt_store::no_such_attempt().into());
    }
    session.commit().await.map_err(record_error)
}

async fn insert_new(session: &mut Session, endpoint: &ChannelEndpoint) -> Result<(), RecordError> {
    let connection = match &endpoint.connection_identifier {
        None => None,
        Some(identifier) => {
            let found = write::connection_id(session, endpoint, identifier).await;
            Some(found.map_err(record_error)?.ok_or(RecordError::Raced)?)
        }
    };
    if write::insert(session, connection, endpoint)
        .await
        .map_err(record_error)?
    {
        return Ok(());
    }
    let is_taken = write::identifier_is_taken(session, endpoint).await;
    Err(if is_taken.map_err(record_error)? {
        RecordError::IdentifierTaken
    } else {
        RecordError::Raced
    })
}
