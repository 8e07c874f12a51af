//! Appending to the log.

use sqlx::{FromRow, SqliteConnection};
use tieline_domain::{
    audit::{AuditEntry, AuditEvent, AuditHead},
    id::EnvironmentId,
    ports::StoreError,
};

use super::row::of;
use crate::{column::to_json, database::Access, error::unavailable};

/// Whoever writes has the lock of the whole file from the beginning, so that nobody else's event
/// comes between reading the head and writing what follows it.
pub(super) async fn append(access: &Access, entry: AuditEntry) -> Result<AuditEvent, StoreError> {
    let mut tx = access.begin_write().await?;
    let head = head(&mut tx, entry.environment_id).await?;
    let event = entry.after(head);
    insert(&mut tx, &event).await.map_err(unavailable)?;
    tx.commit().await.map_err(unavailable)?;
    Ok(event)
}

#[derive(FromRow)]
struct HeadRow {
    sequence: i64,
    hash: Vec<u8>,
}

async fn head(
    db: &mut SqliteConnection,
    environment: EnvironmentId,
) -> Result<AuditHead, StoreError> {
    let row: Option<HeadRow> = sqlx::query_as(
        "SELECT sequence, hash FROM audit_events WHERE environment_id = ?
         ORDER BY sequence DESC LIMIT 1",
    )
    .bind(environment.0)
    .fetch_optional(db)
    .await
    .map_err(unavailable)?;
    let Some(row) = row else {
        return Ok(AuditHead::default());
    };
    Ok(AuditHead {
        sequence: of("sequence").generation(row.sequence)?,
        hash: of("hash").bytes(&row.hash)?,
    })
}

async fn insert(db: &mut SqliteConnection, event: &AuditEvent) -> Result<(), sqlx::Error> {
    let entry = &event.entry;
    sqlx::query(
        "INSERT INTO audit_events
             (id, environment_id, sequence, created_at, actor, action, subject, details, previous,
              hash)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(entry.id)
    .bind(entry.environment_id.0)
    .bind(event.sequence.cast_signed())
    .bind(entry.at.as_microsecond())
    .bind(entry.actor.to_string())
    .bind(entry.action.as_str())
    .bind(&entry.subject)
    .bind(to_json(&entry.details))
    .bind(event.previous.as_slice())
    .bind(event.hash.as_slice())
    .execute(db)
    .await?;
    Ok(())
}
