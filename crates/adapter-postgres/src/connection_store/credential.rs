//! Writing a connection's credentials.

use jiff::Timestamp;
use tieline_domain::connection::{ChannelConnection, SealedCredential};

use crate::{column::to_json, database::Session};

/// Puts the connection's credentials in the place of those that are stored.
pub(crate) async fn replace(
    session: &mut Session,
    connection: &ChannelConnection,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM connection_credentials WHERE environment_id = $1 AND connection_id = $2",
        connection.environment_id.0,
        connection.id.0
    )
    .execute(&mut *session)
    .await?;
    insert(session, connection).await
}

/// Writes the credentials of a connection that has none.
pub(super) async fn insert(
    session: &mut Session,
    connection: &ChannelConnection,
) -> Result<(), sqlx::Error> {
    for credential in &connection.credentials {
        insert_one(session, connection, credential).await?;
    }
    Ok(())
}

async fn insert_one(
    session: &mut Session,
    connection: &ChannelConnection,
    credential: &SealedCredential,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO connection_credentials
             (environment_id, connection_id, kind, access_token, refresh_token, scopes, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6::text::json, $7)",
        connection.environment_id.0,
        connection.id.0,
        credential.kind.as_str(),
        credential.access_token.0,
        credential.refresh_token.as_ref().map(|token| &*token.0),
        to_json(&credential.scopes),
        credential.expires_at.map(Timestamp::as_microsecond)
    )
    .execute(session)
    .await?;
    Ok(())
}
