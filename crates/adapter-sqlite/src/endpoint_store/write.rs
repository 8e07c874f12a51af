//! Writing endpoints, within the transaction that writes their connection.

use sqlx::SqliteConnection;
use tieline_domain::{endpoint::ChannelEndpoint, id::ConnectionId};

use crate::column::{keys_to_json, to_json};

/// Inserts an endpoint of a connection, or gives the one with its id the new address and secret.
/// Answers `false` if that one lies in another connection.
pub(crate) async fn upsert(
    db: &mut SqliteConnection,
    connection: ConnectionId,
    endpoint: &ChannelEndpoint,
) -> Result<bool, sqlx::Error> {
    let result = sqlx::query(
        "INSERT INTO endpoints
             (id, environment_id, identifier, integration_id, connection_id, subscriber_id,
              context_keys, kind, address, address_key, secret, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE
         SET kind = excluded.kind, address = excluded.address,
             address_key = excluded.address_key, secret = excluded.secret,
             updated_at = excluded.updated_at
         WHERE endpoints.environment_id = excluded.environment_id
             AND endpoints.connection_id = excluded.connection_id",
    )
    .bind(endpoint.id.0)
    .bind(endpoint.environment_id.0)
    .bind(&endpoint.identifier)
    .bind(endpoint.integration_id.0)
    .bind(connection.0)
    .bind(endpoint.subscriber_id.as_str())
    .bind(keys_to_json(&endpoint.context_keys))
    .bind(endpoint.address.kind.as_str())
    .bind(to_json(&endpoint.address.public))
    .bind(&endpoint.address.key)
    .bind(endpoint.secret.as_ref().map(|secret| &secret.0))
    .bind(endpoint.created_at.as_microsecond())
    .bind(endpoint.updated_at.as_microsecond())
    .execute(db)
    .await?;
    Ok(result.rows_affected() > 0)
}
