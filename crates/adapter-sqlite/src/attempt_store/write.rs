//! Writing attempts.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use tieline_domain::{
    attempt::{AttemptStatus, ConnectAttempt},
    connection::ConnectionIdentifier,
    reason::Reason,
    subscriber::SubscriberId,
};

use crate::column::{keys_to_json, to_json};

/// Inserts an attempt unless its id is taken; answers whether it did.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    attempt: &ConnectAttempt,
) -> Result<bool, sqlx::Error> {
    let result = sqlx::query(
        "INSERT INTO connect_attempts
             (id, environment_id, integration_id, integration_identifier, provider,
              purpose, subscriber_id, context_keys, mode, status, reason, provider_error,
              connection_identifier, workspace_name, steps, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(attempt.id.0)
    .bind(attempt.environment_id.0)
    .bind(attempt.integration_id.0)
    .bind(&attempt.integration_identifier)
    .bind(attempt.provider.as_str())
    .bind(attempt.purpose.as_str())
    .bind(attempt.subscriber_id.as_ref().map(SubscriberId::as_str))
    .bind(keys_to_json(&attempt.context_keys))
    .bind(attempt.mode.as_str())
    .bind(attempt.status.as_str())
    .bind(attempt.reason.map(Reason::code))
    .bind(&attempt.provider_error)
    .bind(
        attempt
            .connection_identifier
            .as_ref()
            .map(ConnectionIdentifier::as_str),
    )
    .bind(&attempt.workspace_name)
    .bind(to_json(&attempt.steps))
    .bind(attempt.created_at.as_microsecond())
    .bind(attempt.updated_at.as_microsecond())
    .execute(connection)
    .await?;
    Ok(result.rows_affected() > 0)
}

/// Writes all that moves in an attempt, if its stored status is `from` or need not be any;
/// answers whether there was such a one.
pub(crate) async fn update(
    connection: &mut SqliteConnection,
    attempt: &ConnectAttempt,
    from: Option<AttemptStatus>,
) -> Result<bool, sqlx::Error> {
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new("UPDATE connect_attempts SET ");
    let connection_identifier = attempt.connection_identifier.clone().map(String::from);
    let mut columns = query.separated(", ");
    columns
        .push("status = ")
        .push_bind_unseparated(attempt.status.as_str());
    columns
        .push("reason = ")
        .push_bind_unseparated(attempt.reason.map(Reason::code));
    columns
        .push("provider_error = ")
        .push_bind_unseparated(&attempt.provider_error);
    columns
        .push("connection_identifier = ")
        .push_bind_unseparated(connection_identifier);
    columns
        .push("workspace_name = ")
        .push_bind_unseparated(&attempt.workspace_name);
    columns
        .push("steps = ")
        .push_bind_unseparated(to_json(&attempt.steps));
    columns
        .push("updated_at = ")
        .push_bind_unseparated(attempt.updated_at.as_microsecond());
    query
        .push(" WHERE environment_id = ")
        .push_bind(attempt.environment_id.0);
    query.push(" AND id = ").push_bind(attempt.id.0);
    if let Some(from) = from {
        query.push(" AND status = ").push_bind(from.as_str());
    }
    Ok(query.build().execute(connection).await?.rows_affected() > 0)
}
