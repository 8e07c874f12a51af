//! Writing health and upkeep. Each statement looks whether the connection is as it was read, once
//! more when it had to wait for whoever was writing it.

use jiff::Timestamp;
use tieline_domain::connection::{ChannelConnection, Lease};

use crate::database::Session;

/// Begins an epoch in somebody's hands; answers whether the connection was free and as it was read.
pub(super) async fn lease(
    session: &mut Session,
    connection: &ChannelConnection,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, sqlx::Error> {
    let result = sqlx::query!(
        "UPDATE connections
         SET lease_epoch = lease_epoch + 1, leased_until = $1,
             due_at = CASE WHEN due_at > $1 THEN $1 ELSE due_at END
         WHERE environment_id = $2 AND id = $3 AND generation = $4 AND lease_epoch = $5
             AND (leased_until IS NULL OR leased_until <= $6)",
        until.as_microsecond(),
        connection.environment_id.0,
        connection.id.0,
        connection.generation.cast_signed(),
        connection.upkeep.epoch.cast_signed(),
        now.as_microsecond()
    )
    .execute(session)
    .await?;
    Ok(result.rows_affected() > 0)
}

/// Whether the connection is given back with tokens that are new.
pub(super) fn is_renewed(lease: &Lease, connection: &ChannelConnection) -> bool {
    connection.generation == lease.generation + 1
}

/// Gives a connection back, without its tokens; answers whether the lease is of use still.
pub(super) async fn settle(
    session: &mut Session,
    lease: &Lease,
    connection: &ChannelConnection,
) -> Result<bool, sqlx::Error> {
    let ChannelConnection { health, upkeep, .. } = connection;
    let failure = health.failure.as_ref();
    let renewed = is_renewed(lease, connection).then_some(connection);
    let result = sqlx::query!(
        "UPDATE connections
         SET health_standing = $1, failure_reason = $2, failure_provider_error = $3,
             health_since = $4, proved_at = $5, due_at = $6, failures = $7, leased_until = NULL,
             generation = coalesce($8, generation), updated_at = coalesce($9, updated_at)
         WHERE environment_id = $10 AND id = $11 AND generation = $12 AND lease_epoch = $13",
        health.standing.as_str(),
        failure.map(|failure| failure.reason.code()),
        failure.and_then(|failure| failure.provider_error.as_deref()),
        health.since.as_microsecond(),
        health.proved_at.map(Timestamp::as_microsecond),
        upkeep.due_at.map(Timestamp::as_microsecond),
        i64::from(upkeep.failures),
        renewed.map(|renewed| renewed.generation.cast_signed()),
        renewed.map(|renewed| renewed.updated_at.as_microsecond()),
        connection.environment_id.0,
        connection.id.0,
        lease.generation.cast_signed(),
        lease.epoch.cast_signed()
    )
    .execute(session)
    .await?;
    Ok(result.rows_affected() > 0)
}

/// Writes health and due time, and begins an epoch in nobody's hands; answers whether the
/// connection was as it was read.
pub(super) async fn mark(
    session: &mut Session,
    connection: &ChannelConnection,
) -> Result<bool, sqlx::Error> {
    let ChannelConnection { health, upkeep, .. } = connection;
    let failure = health.failure.as_ref();
    let result = sqlx::query!(
        "UPDATE connections
         SET health_standing = $1, failure_reason = $2, failure_provider_error = $3,
             health_since = $4, proved_at = $5, due_at = $6, lease_epoch = lease_epoch + 1,
             leased_until = NULL
         WHERE environment_id = $7 AND id = $8 AND generation = $9 AND lease_epoch = $10",
        health.standing.as_str(),
        failure.map(|failure| failure.reason.code()),
        failure.and_then(|failure| failure.provider_error.as_deref()),
        health.since.as_microsecond(),
        health.proved_at.map(Timestamp::as_microsecond),
        upkeep.due_at.map(Timestamp::as_microsecond),
        connection.environment_id.0,
        connection.id.0,
        connection.generation.cast_signed(),
        upkeep.epoch.cast_signed()
    )
    .execute(session)
    .await?;
    Ok(result.rows_affected() > 0)
}
