//! Recording what a finished flow leaves behind, in one transaction.

use sqlx::SqliteConnection;
use tieline_domain::{
    connection::ChannelConnection,
    ports::{ConnectionWrite, RecordConnection, RecordError},
};

use crate::{
    attempt_store,
    connection_store::{credential, write},
    database::Pools,
    endpoint_store,
    error::{is_foreign_key_violation, is_unique_violation, unavailable},
};

pub(super) async fn record(pools: &Pools, record: &RecordConnection) -> Result<(), RecordError> {
    // Whatever returns early drops the transaction, and with it all that was written.
    let mut tx = pools.begin_write().await?;
    let connection = &record.connection;
    write_connection(&mut tx, record.write, connection).await?;
    credential::replace(&mut tx, connection)
        .await
        .map_err(record_error)?;
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

async fn write_connection(
    db: &mut SqliteConnection,
    how: ConnectionWrite,
    connection: &ChannelConnection,
) -> Result<(), RecordError> {
    let written = match how {
        ConnectionWrite::Insert => write::insert(db, connection).await,
        ConnectionWrite::Replace => write::replace(db, connection).await,
    };
    if written.map_err(record_error)? {
        return Ok(());
    }
    let is_taken = how == ConnectionWrite::Insert
        && write::identifier_is_anothers(db, connection)
            .await
            .map_err(record_error)?;
    Err(if is_taken {
        RecordError::IdentifierTaken
    } else {
        RecordError::Raced
    })
}

fn record_error(error: sqlx::Error) -> RecordError {
    if is_unique_violation(&error) {
        RecordError::Raced
    } else if is_foreign_key_violation(&error) {
        // Environments and integrations are never deleted; of all that is referred to, only a
        // subscriber can be missing.
        RecordError::SubscriberGone
    } else {
        unavailable(error).into()
    }
}
