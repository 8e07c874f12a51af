//! Writing connections with what belongs to them, in one transaction. Whatever returns early drops
//! it, and with it all that was written.

use tieline_domain::{
    connection::ChannelConnection,
    ports::{ConnectionWrite, RecordConnection, RecordError},
};

use crate::{
    attempt_store,
    connection_store::{credential, write},
    database::{Access, Session},
    endpoint_store,
    error::record_error,
};

/// Records what a finished flow leaves behind.
pub(super) async fn record(access: &Access, record: &RecordConnection) -> Result<(), RecordError> {
    let mut session = access.begin_write().await?;
    let connection = &record.connection;
    write_connection(&mut session, record.write, connection).await?;
    for endpoint in &record.endpoints {
        if !endpoint_store::upsert(&mut session, connection.id, endpoint)
            .await
            .map_err(record_error)?
        {
            return Err(RecordError::Raced);
        }
    }
    if !attempt_store::update(&mut session, &record.attempt, None)
        .await
        .map_err(record_error)?
    {
        return Err(attempt_store::no_such_attempt().into());
    }
    session.commit().await.map_err(record_error)
}

/// Writes a connection that no flow brought.
pub(super) async fn record_alone(
    access: &Access,
    how: ConnectionWrite,
    connection: &ChannelConnection,
) -> Result<(), RecordError> {
    let mut session = access.begin_write().await?;
    write_connection(&mut session, how, connection).await?;
    session.commit().await.map_err(record_error)
}

async fn write_connection(
    session: &mut Session,
    how: ConnectionWrite,
    connection: &ChannelConnection,
) -> Result<(), RecordError> {
    let written = match how {
        ConnectionWrite::Insert => insert(session, connection).await?,
        ConnectionWrite::Replace => replace(session, connection).await.map_err(record_error)?,
    };
    if written {
        Ok(())
    } else {
        Err(RecordError::Raced)
    }
}

async fn insert(
    session: &mut Session,
    connection: &ChannelConnection,
) -> Result<bool, RecordError> {
    if write::insert(session, connection)
        .await
        .map_err(record_error)?
    {
        let credentials = credential::insert(session, connection).await;
        return credentials.map(|()| true).map_err(record_error);
    }
    if write::identifier_is_anothers(session, connection)
        .await
        .map_err(record_error)?
    {
        return Err(RecordError::IdentifierTaken);
    }
    Ok(false)
}

async fn replace(
    session: &mut Session,
    connection: &ChannelConnection,
) -> Result<bool, sqlx::Error> {
    let replaced = write::replace(session, connection).await?;
    if replaced {
        credential::replace(session, connection).await?;
    }
    Ok(replaced)
}
