//! Writing the connection itself.

use jiff::Timestamp;
use sqlx::SqliteConnection;
use tieline_domain::{connection::ChannelConnection, subscriber::SubscriberId};

use crate::column::keys_to_json;

/// Inserts a connection unless one of its unique keys is taken; answers whether it did.
pub(super) async fn insert(
    db: &mut SqliteConnection,
    connection: &ChannelConnection,
) -> Result<bool, sqlx::Error> {
    let ChannelConnection { health, upkeep, .. } = connection;
    let failure = health.failure.as_ref();
    let result = sqlx::query(
        "INSERT INTO connections
             (id, environment_id, identifier, integration_id, subscriber_id, context_keys,
              workspace_id, workspace_name, bot_user_id, generation, health_standing,
              failure_reason, failure_provider_error, health_since, proved_at, due_at, failures,
              lease_epoch, leased_until, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING",
    )
    .bind(connection.id.0)
    .bind(connection.environment_id.0)
    .bind(connection.identifier.as_str())
    .bind(connection.integration_id.0)
    .bind(
        connection
            .owner
            .subscriber_id
            .as_ref()
            .map(SubscriberId::as_str),
    )
    .bind(keys_to_json(&connection.owner.context_keys))
    .bind(&connection.workspace.id)
    .bind(&connection.workspace.name)
    .bind(&connection.workspace.bot_user_id)
    .bind(connection.generation.cast_signed())
    .bind(health.standing.as_str())
    .bind(failure.map(|failure| failure.reason.code()))
    .bind(failure.and_then(|failure| failure.provider_error.as_deref()))
    .bind(health.since.as_microsecond())
    .bind(health.proved_at.map(Timestamp::as_microsecond))
    .bind(upkeep.due_at.map(Timestamp::as_microsecond))
    .bind(upkeep.failures)
    .bind(upkeep.epoch.cast_signed())
    .bind(upkeep.leased_until.map(Timestamp::as_microsecond))
    .bind(connection.created_at.as_microsecond())
    .bind(connection.updated_at.as_microsecond())
    .execute(db)
    .await?;
    Ok(result.rows_affected() > 0)
}

/// Writes a connection over its own row if that is one generation older; answers whether it was.
pub(super) async fn replace(
    db: &mut SqliteConnection,
    connection: &ChannelConnection,
) -> Result<bool, sqlx::Error> {
    let ChannelConnection { health, upkeep, .. } = connection;
    let failure = health.failure.as_ref();
    let result = sqlx::query(
        "UPDATE connections
         SET workspace_id = ?, workspace_name = ?, bot_user_id = ?, generation = ?,
             health_standing = ?, failure_reason = ?, failure_provider_error = ?,
             health_since = ?, proved_at = ?, due_at = ?, failures = 0,
             lease_epoch = lease_epoch + 1, leased_until = NULL, updated_at = ?
         WHERE environment_id = ? AND id = ? AND generation = ?",
    )
    .bind(&connection.workspace.id)
    .bind(&connection.workspace.name)
    .bind(&connection.workspace.bot_user_id)
    .bind(connection.generation.cast_signed())
    .bind(health.standing.as_str())
    .bind(failure.map(|failure| failure.reason.code()))
    .bind(failure.and_then(|failure| failure.provider_error.as_deref()))
    .bind(health.since.as_microsecond())
    .bind(health.proved_at.map(Timestamp::as_microsecond))
    .bind(upkeep.due_at.map(Timestamp::as_microsecond))
    .bind(connection.updated_at.as_microsecond())
    .bind(connection.environment_id.0)
    .bind(connection.id.0)
    .bind(connection.generation.cast_signed() - 1)
    .execute(db)
    .await?;
    Ok(result.rows_affected() > 0)
}

/// Whether the connection's identifier belongs to one of another integration or owner.
pub(super) async fn identifier_is_anothers(
    db: &mut SqliteConnection,
    connection: &ChannelConnection,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT 1 FROM connections WHERE environment_id = ? AND identifier = ?
             AND NOT (integration_id = ? AND subscriber_id IS ? AND context_keys = ?)
         )",
    )
    .bind(connection.environment_id.0)
    .bind(connection.identifier.as_str())
    .bind(connection.integration_id.0)
    .bind(
        connection
            .owner
            .subscriber_id
            .as_ref()
            .map(SubscriberId::as_str),
    )
    .bind(keys_to_json(&connection.owner.context_keys))
    .fetch_one(db)
    .await
}
