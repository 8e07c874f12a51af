//! Writing the connection itself.

use jiff::Timestamp;
use tieline_domain::{
    connection::{ChannelConnection, Owner},
    subscriber::SubscriberId,
};

use crate::{
    column::{hash, key_texts},
    database::Session,
};

/// What stands for an owner: equal for equal owners only.
pub(super) fn owner_hash(owner: &Owner) -> Vec<u8> {
    hash(&(&owner.subscriber_id, &owner.context_keys))
}

/// Inserts a connection unless one of its unique keys is taken; answers whether it did.
pub(super) async fn insert(
    session: &mut Session,
    connection: &ChannelConnection,
) -> Result<bool, sqlx::Error> {
    let ChannelConnection {
        owner,
        health,
        upkeep,
        ..
    } = connection;
    let failure = health.failure.as_ref();
    let result = sqlx::query!(
        "INSERT INTO connections
             (id, environment_id, identifier, integration_id, subscriber_id, context_keys,
              owner_hash, workspace_id, workspace_name, bot_user_id, generation, health_standing,
              failure_reason, failure_provider_error, health_since, proved_at, due_at, failures,
              lease_epoch, leased_until, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                 $19, $20, $21, $22)
         ON CONFLICT DO NOTHING",
        connection.id.0,
        connection.environment_id.0,
        connection.identifier.as_str(),
        connection.integration_id.0,
        owner.subscriber_id.as_ref().map(SubscriberId::as_str),
        &key_texts(&owner.context_keys),
        owner_hash(owner),
        connection.workspace.id,
        connection.workspace.name.as_deref(),
        connection.workspace.bot_user_id.as_deref(),
        connection.generation.cast_signed(),
        health.standing.as_str(),
        failure.map(|failure| failure.reason.code()),
        failure.and_then(|failure| failure.provider_error.as_deref()),
        health.since.as_microsecond(),
        health.proved_at.map(Timestamp::as_microsecond),
        upkeep.due_at.map(Timestamp::as_microsecond),
        i64::from(upkeep.failures),
        upkeep.epoch.cast_signed(),
        upkeep.leased_until.map(Timestamp::as_microsecond),
        connection.created_at.as_microsecond(),
        connection.updated_at.as_microsecond()
    )
    .execute(session)
    .await?;
    Ok(result.rows_affected() > 0)
}

/// Writes a connection over its own row if that is one generation older; answers whether it was.
pub(super) async fn replace(
    session: &mut Session,
    connection: &ChannelConnection,
) -> Result<bool, sqlx::Error> {
    let ChannelConnection { health, upkeep, .. } = connection;
    let failure = health.failure.as_ref();
    let result = sqlx::query!(
        "UPDATE connections
         SET workspace_id = $1, workspace_name = $2, bot_user_id = $3, generation = $4,
             health_standing = $5, failure_reason = $6, failure_provider_error = $7,
             health_since = $8, proved_at = $9, due_at = $10, failures = 0,
             lease_epoch = lease_epoch + 1, leased_until = NULL, updated_at = $11
         WHERE environment_id = $12 AND id = $13 AND generation = $14",
        connection.workspace.id,
        connection.workspace.name.as_deref(),
        connection.workspace.bot_user_id.as_deref(),
        connection.generation.cast_signed(),
        health.standing.as_str(),
        failure.map(|failure| failure.reason.code()),
        failure.and_then(|failure| failure.provider_error.as_deref()),
        health.since.as_microsecond(),
        health.proved_at.map(Timestamp::as_microsecond),
        upkeep.due_at.map(Timestamp::as_microsecond),
        connection.updated_at.as_microsecond(),
        connection.environment_id.0,
        connection.id.0,
        connection.generation.cast_signed() - 1
    )
    .execute(session)
    .await?;
    Ok(result.rows_affected() > 0)
}

/// Whether the connection's identifier belongs to one of another integration or owner.
pub(super) async fn identifier_is_anothers(
    session: &mut Session,
    connection: &ChannelConnection,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
             SELECT 1 FROM connections WHERE environment_id = $1 AND identifier = $2
             AND NOT (integration_id = $3 AND owner_hash = $4)
         ) AS "found!""#,
        connection.environment_id.0,
        connection.identifier.as_str(),
        connection.integration_id.0,
        owner_hash(&connection.owner)
    )
    .fetch_one(session)
    .await
}
