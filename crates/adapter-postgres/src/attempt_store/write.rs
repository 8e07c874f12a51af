//! Writing attempts.

use tieline_domain::{
    attempt::{AttemptStatus, ConnectAttempt},
    connection::ConnectionIdentifier,
    reason::Reason,
    subscriber::SubscriberId,
};

use crate::{
    column::{key_texts, to_json},
    database::Session,
};

/// Inserts an attempt unless its id is taken; answers whether it did. Waits for whoever is
/// inserting the same.
pub(super) async fn insert(
    session: &mut Session,
    attempt: &ConnectAttempt,
) -> Result<bool, sqlx::Error> {
    let result = sqlx::query!(
        "INSERT INTO connect_attempts
             (id, environment_id, integration_id, integration_identifier, provider,
              purpose, subscriber_id, context_keys, mode, status, reason, provider_error,
              connection_identifier, workspace_name, steps, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
                 $15::text::jsonb, $16, $17)
         ON CONFLICT (id) DO NOTHING",
        attempt.id.0,
        attempt.environment_id.0,
        attempt.integration_id.0,
        attempt.integration_identifier,
        attempt.provider.as_str(),
        attempt.purpose.as_str(),
        attempt.subscriber_id.as_ref().map(SubscriberId::as_str),
        &key_texts(&attempt.context_keys),
        attempt.mode.as_str(),
        attempt.status.as_str(),
        attempt.reason.map(Reason::code),
        attempt.provider_error.as_deref(),
        attempt
            .connection_identifier
            .as_ref()
            .map(ConnectionIdentifier::as_str),
        attempt.workspace_name.as_deref(),
        to_json(&attempt.steps),
        attempt.created_at.as_microsecond(),
        attempt.updated_at.as_microsecond()
    )
    .execute(session)
    .await?;
    Ok(result.rows_affected() > 0)
}

/// Writes all that moves in an attempt, if its stored status is `from` or need not be any;
/// answers whether there was such a one.
pub(crate) async fn update(
    session: &mut Session,
    attempt: &ConnectAttempt,
    from: Option<AttemptStatus>,
) -> Result<bool, sqlx::Error> {
    let result = sqlx::query!(
        "UPDATE connect_attempts
         SET status = $1, reason = $2, provider_error = $3, connection_identifier = $4,
             workspace_name = $5, steps = $6::text::jsonb, updated_at = $7
         WHERE environment_id = $8 AND id = $9 AND ($10::text IS NULL OR status = $10)",
        attempt.status.as_str(),
        attempt.reason.map(Reason::code),
        attempt.provider_error.as_deref(),
        attempt
            .connection_identifier
            .as_ref()
            .map(ConnectionIdentifier::as_str),
        attempt.workspace_name.as_deref(),
        to_json(&attempt.steps),
        attempt.updated_at.as_microsecond(),
        attempt.environment_id.0,
        attempt.id.0,
        from.map(AttemptStatus::as_str)
    )
    .execute(session)
    .await?;
    Ok(result.rows_affected() > 0)
}
