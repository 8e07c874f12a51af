//! Writing revocations.

use jiff::Timestamp;
use tieline_domain::revocation::Revocation;

use crate::{column::to_json, database::Session};

pub(super) async fn insert(
    session: &mut Session,
    revocation: &Revocation,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO revocations
             (id, environment_id, connection_identifier, integration_id, integration_identifier,
              provider, workspace_id, workspace_name, bot_user_id, items, secrets, tries, due_at,
              created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text::json, $11, $12, $13, $14, $15)",
        revocation.id.0,
        revocation.environment_id.0,
        revocation.connection_identifier.as_str(),
        revocation.integration_id.0,
        revocation.integration_identifier,
        revocation.provider.as_str(),
        revocation.workspace.id,
        revocation.workspace.name.as_deref(),
        revocation.workspace.bot_user_id.as_deref(),
        to_json(&revocation.items),
        revocation.secrets.as_ref().map(|secrets| &*secrets.0),
        i64::from(revocation.tries),
        revocation.due_at.map(Timestamp::as_microsecond),
        revocation.created_at.as_microsecond(),
        revocation.updated_at.as_microsecond()
    )
    .execute(session)
    .await?;
    Ok(())
}

/// Writes what moves in a revocation that nobody took since it was read; answers whether it did.
pub(super) async fn update(
    session: &mut Session,
    revocation: &Revocation,
) -> Result<bool, sqlx::Error> {
    let result = sqlx::query!(
        "UPDATE revocations SET items = $1::text::json, secrets = $2, due_at = $3, updated_at = $4
         WHERE environment_id = $5 AND id = $6 AND tries = $7",
        to_json(&revocation.items),
        revocation.secrets.as_ref().map(|secrets| &*secrets.0),
        revocation.due_at.map(Timestamp::as_microsecond),
        revocation.updated_at.as_microsecond(),
        revocation.environment_id.0,
        revocation.id.0,
        i64::from(revocation.tries)
    )
    .execute(session)
    .await?;
    Ok(result.rows_affected() > 0)
}
