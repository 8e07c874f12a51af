//! Writing revocations.

use jiff::Timestamp;
use sqlx::SqliteConnection;
use tieline_domain::revocation::Revocation;

use crate::column::to_json;

pub(super) async fn insert(
    db: &mut SqliteConnection,
    revocation: &Revocation,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO revocations
             (id, environment_id, connection_identifier, integration_id, integration_identifier,
              provider, workspace_id, workspace_name, bot_user_id, items, secrets, tries, due_at,
              created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(revocation.id.0)
    .bind(revocation.environment_id.0)
    .bind(revocation.connection_identifier.as_str())
    .bind(revocation.integration_id.0)
    .bind(&revocation.integration_identifier)
    .bind(revocation.provider.as_str())
    .bind(&revocation.workspace.id)
    .bind(&revocation.workspace.name)
    .bind(&revocation.workspace.bot_user_id)
    .bind(to_json(&revocation.items))
    .bind(revocation.secrets.as_ref().map(|secrets| &secrets.0))
    .bind(revocation.tries)
    .bind(revocation.due_at.map(Timestamp::as_microsecond))
    .bind(revocation.created_at.as_microsecond())
    .bind(revocation.updated_at.as_microsecond())
    .execute(db)
    .await?;
    Ok(())
}

/// Writes what moves in a revocation that nobody took since it was read; answers whether it did.
pub(super) async fn update(
    db: &mut SqliteConnection,
    revocation: &Revocation,
) -> Result<bool, sqlx::Error> {
    let result = sqlx::query(
        "UPDATE revocations SET items = ?, secrets = ?, due_at = ?, updated_at = ?
         WHERE environment_id = ? AND id = ? AND tries = ?",
    )
    .bind(to_json(&revocation.items))
    .bind(revocation.secrets.as_ref().map(|secrets| &secrets.0))
    .bind(revocation.due_at.map(Timestamp::as_microsecond))
    .bind(revocation.updated_at.as_microsecond())
    .bind(revocation.environment_id.0)
    .bind(revocation.id.0)
    .bind(revocation.tries)
    .execute(db)
    .await?;
    Ok(result.rows_affected() > 0)
}
