//! Writing health and upkeep. Each statement looks whether the connection is as it was read.

use jiff::Timestamp;
use sqlx::SqliteConnection;
use tieline_domain::connection::{ChannelConnection, Lease};

/// Begins an epoch in somebody's hands; answers whether the connection was free and as it was read.
pub(super) async fn lease(
    db: &mut SqliteConnection,
    connection: &ChannelConnection,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, sqlx::Error> {
    let result = sqlx::query(
        "UPDATE connections
         SET lease_epoch = lease_epoch + 1, leased_until = ?1,
             due_at = CASE WHEN due_at > ?1 THEN ?1 ELSE due_at END
         WHERE environment_id = ?2 AND id = ?3 AND generation = ?4 AND lease_epoch = ?5
             AND (leased_until IS NULL OR leased_until <= ?6)",
    )
    .bind(until.as_microsecond())
    .bind(connection.environment_id.0)
    .bind(connection.id.0)
    .bind(connection.generation.cast_signed())
    .bind(connection.upkeep.epoch.cast_signed())
    .bind(now.as_microsecond())
    .execute(db)
    .await?;
    Ok(result.rows_affected() > 0)
}

/// Whether the connection is given back with tokens that are new.
pub(super) fn is_renewed(lease: &Lease, connection: &ChannelConnection) -> bool {
    connection.generation == lease.generation + 1
}

/// Gives a connection back, without its tokens; answers whether the lease is of use still.
pub(super) async fn settle(
    db: &mut SqliteConnection,
    lease: &Lease,
    connection: &ChannelConnection,
) -> Result<bool, sqlx::Error> {
    let ChannelConnection { health, upkeep, .. } = connection;
    let failure = health.failure.as_ref();
    let renewed = is_renewed(lease, connection).then_some(connection);
    let result = sqlx::query(
        "UPDATE connections
         SET health_standing = ?, failure_reason = ?, failure_provider_error = ?,
             health_since = ?, proved_at = ?, due_at = ?, failures = ?, leased_until = NULL,
             generation = coalesce(?, generation), updated_at = coalesce(?, updated_at)
         WHERE environment_id = ? AND id = ? AND generation = ? AND lease_epoch = ?",
    )
    .bind(health.standing.as_str())
    .bind(failure.map(|failure| failure.reason.code()))
    .bind(failure.and_then(|failure| failure.provider_error.as_deref()))
    .bind(health.since.as_microsecond())
    .bind(health.proved_at.map(Timestamp::as_microsecond))
    .bind(upkeep.due_at.map(Timestamp::as_microsecond))
    .bind(upkeep.failures)
    .bind(renewed.map(|renewed| renewed.generation.cast_signed()))
    .bind(renewed.map(|renewed| renewed.updated_at.as_microsecond()))
    .bind(connection.environment_id.0)
    .bind(connection.id.0)
    .bind(lease.generation.cast_signed())
    .bind(lease.epoch.cast_signed())
    .execute(db)
    .await?;
    Ok(result.rows_affected() > 0)
}

/// Writes health and due time, and begins an epoch in nobody's hands; answers whether the
/// connection was as it was read.
pub(super) async fn mark(
    db: &mut SqliteConnection,
    connection: &ChannelConnection,
) -> Result<bool, sqlx::Error> {
    let ChannelConnection { health, upkeep, .. } = connection;
    let failure = health.failure.as_ref();
    let result = sqlx::query(
        "UPDATE connections
         SET health_standing = ?, failure_reason = ?, failure_provider_error = ?,
             health_since = ?, proved_at = ?, due_at = ?, lease_epoch = lease_epoch + 1,
             leased_until = NULL
         WHERE environment_id = ? AND id = ? AND generation = ? AND lease_epoch = ?",
    )
    .bind(health.standing.as_str())
    .bind(failure.map(|failure| failure.reason.code()))
    .bind(failure.and_then(|failure| failure.provider_error.as_deref()))
    .bind(health.since.as_microsecond())
    .bind(health.proved_at.map(Timestamp::as_microsecond))
    .bind(upkeep.due_at.map(Timestamp::as_microsecond))
    .bind(connection.environment_id.0)
    .bind(connection.id.0)
    .bind(connection.generation.cast_signed())
    .bind(upkeep.epoch.cast_signed())
    .execute(db)
    .await?;
    Ok(result.rows_affected() > 0)
}
