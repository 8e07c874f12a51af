//! Writing connections with what belongs to them, in one transaction. Whatever returns early drops
//! it, and with it all that was written.

use sqlx::SqliteConnection;
use tieline_domain::{
    connection::ChannelConnection,
    ports::{ConnectionWrite, RecordConnection, RecordError},
};

use crate::{
    attempt_store,
    connection_store::{credential, write},
    database::Access,
    endpoint_store,
    error::record_error,
    integration_store,
};

/// Records what a finished flow leaves behind.
pub(super) async fn record(access: &Access, record: &RecordConnection) -> Result<(), RecordError> {
    let mut tx = access.begin_write().await?;
    let connection = &record.connection;
    write_connection(&mut tx, record.write, connection).await?;
    for endpoint in &record.endpoints {
        if !endpoint_store::upsert(&mut tx, connection.id, endpoint)
            .await
            .map_err(record_error)?
        {
            return Err(RecordError::Raced);
        }
    }
    if !attempt_store::update(&mut tx, &record.attempt, None)
        .await
        .map_err(record_error)?
    {
        return Err(attempt_store::no_such_attempt().into());
    }
    tx.commit().await.map_err(record_error)
}

/// Writes a connection that no flow brought.
pub(super) async fn record_alone(
    access: &Access,
    how: ConnectionWrite,
    connection: &ChannelConnection,
) -> Result<(), RecordError> {
    let mut tx = access.begin_write().await?;
    write_connection(&mut tx, how, connection).await?;
    tx.commit().await.map_err(record_error)
}

async fn write_connection(
    db: &mut SqliteConnection,
    how: ConnectionWrite,
    connection: &ChannelConnection,
) -> Result<(), RecordError> {
    let written = match how {
        ConnectionWrite::Insert => insert(db, connection).await?,
        ConnectionWrite::Replace => write::replace(db, connection).await.map_err(record_error)?,
    };
    if !written {
        return Err(RecordError::Raced);
    }
    credential::replace(db, connection)
        .await
        .map_err(record_error)
}

async fn insert(
    db: &mut SqliteConnection,
    connection: &ChannelConnection,
) -> Result<bool, RecordError> {
    let (environment, integration) = (connection.environment_id, connection.integration_id);
    if !integration_store::exists(db, environment, integration)
        .await
        .map_err(record_error)?
    {
        return Ok(false);
    }
    if write::insert(db, connection).await.map_err(record_error)? {
        return Ok(true);
    }
    if write::identifier_is_anothers(db, connection)
        .await
        .map_err(record_error)?
    {
        return Err(RecordError::IdentifierTaken);
    }
    Ok(false)
}
