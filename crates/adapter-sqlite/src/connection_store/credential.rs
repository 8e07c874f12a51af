//! Writing a connection's credentials.

use jiff::Timestamp;
use sqlx::SqliteConnection;
use tieline_domain::connection::{ChannelConnection, SealedCredential};

use crate::column::to_json;

/// Puts the connection's credentials in the place of those that are stored.
pub(crate) async fn replace(
    db: &mut SqliteConnection,
    connection: &ChannelConnection,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM connection_credentials WHERE environment_id = ? AND connection_id = ?",
    )
    .bind(connection.environment_id.0)
    .bind(connection.id.0)
    .execute(&mut *db)
    .await?;
    for credential in &connection.credentials {
        insert(db, connection, credential).await?;
    }
    Ok(())
}

async fn insert(
    db: &mut SqliteConnection,
    connection: &ChannelConnection,
    credential: &SealedCredential,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO connection_credentials
             (environment_id, connection_id, kind, access_token, refresh_token, scopes, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(connection.environment_id.0)
    .bind(connection.id.0)
    .bind(credential.kind.as_str())
    .bind(&credential.access_token.0)
    .bind(credential.refresh_token.as_ref().map(|token| &token.0))
    .bind(to_json(&credential.scopes))
    .bind(credential.expires_at.map(Timestamp::as_microsecond))
    .execute(db)
    .await?;
    Ok(())
}
